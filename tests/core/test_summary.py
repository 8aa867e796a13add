"""A summary keeps what matters word for word, invents nothing, and is bounded whatever it is given."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tierwise.conversation.facts import facts_in
from tierwise.conversation.summariser import Summariser
from tierwise.conversation.summary import RunningSummary, summarise
from tierwise.handoff import apply_edits, fit_window
from tierwise.signals.tokens import estimate_tokens

ROOMY = 4000


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def calls(*made: tuple[str, dict[str, Any]], start: int = 0) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"c{start + i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for i, (name, arguments) in enumerate(made)
        ],
    }


def result(content: Any, number: int = 0, **more: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text, **more}


def parcels(count: int = 12) -> list[dict[str, Any]]:
    """A shop's conversation, made up: a profile, an order, a catalogue, and a change."""
    order = {
        "order_id": "Z-40718",
        "customer": {"id": "lena_oduya_318", "mail": "lena.oduya@mail.example"},
        "lines": [
            {"sku": f"88120{i:02}", "title": f"Lamp {i}", "price": 19.5 + i, "in_stock": i % 2 == 0}
            for i in range(count)
        ],
        "status": "open",
        "placed": "2031-03-09",
    }
    return [
        user("I am Lena Oduya. Please swap the lamps of order Z-40718, and keep it below 75 EUR in all."),
        calls(("find_order", {"order": "Z-40718"})),
        result(order),
        assistant("The order holds twelve lamps. Shall I swap Lamp 3 for Lamp 5?"),
        user("Yes, do that, and send it to 14 Quince Road."),
        calls(("swap", {"order": "Z-40718", "out": "8812003", "into": "8812005"}), start=1),
        result({"ok": True, "ticket": "TK-9931"}, 1),
        assistant("I have swapped the lamps; the ticket is TK-9931."),
    ]


def test_with_room_everything_that_must_be_kept_stands_word_for_word():
    """Ids, amounts, dates, names and addresses, from people, arguments and results."""
    text = summarise(parcels(), ROOMY)

    for value in ("Lena Oduya", "Z-40718", "75 EUR", "lena_oduya_318", "lena.oduya@mail.example", "8812011", "30.5",
                  "2031-03-09", "14 Quince Road", "8812003", "8812005", "TK-9931"):  # fmt: skip
        assert value in text
    assert "I have swapped the lamps" in text
    assert "left out" not in text


def test_calls_are_named_with_their_arguments_and_lead_their_results():
    """So that the next model does not make them again, and knows where a value is from."""
    lines = summarise(parcels(), ROOMY).splitlines()

    line = next(line for line in lines if line.startswith("swap("))
    assert line.startswith("swap(order=Z-40718, out=8812003, into=8812005)")
    assert "TK-9931" in line


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_in_a_quarter_of_the_room_ids_come_before_prices(share: float):
    """What does not fit goes by rank, and is counted."""
    messages = parcels(40)
    full = summarise(messages, ROOMY)
    room = int(share * estimate_tokens(full))

    text = summarise(messages, room)

    assert estimate_tokens(text) <= room
    assert "Z-40718" in text
    assert "8812003" in text
    assert re.search(r"\(\d+ values left out\.\)\Z", text)
    kept = len(re.findall(r"\b88120\d\d\b", text)), len(re.findall(r"\b\d\d\.5\b", text))
    assert kept[0] >= kept[1]


@given(st.integers(0, 600))
@settings(max_examples=80, deadline=None)
@example(0)
@example(9)
def test_no_summary_is_longer_than_it_may_be(max_tokens: int):
    """Down to none at all."""
    assert estimate_tokens(summarise(parcels(), max_tokens)) <= max_tokens


PLAIN_TEXTS = st.sampled_from(
    [
        "Hello there",
        "Book seat 14C on 3 May.",
        "I have booked it.",
        "Which day?",
        "",
        "订单号：A-551，谢谢。",
        "x" * 300,
    ]
)
MESSAGES = st.one_of(
    st.builds(user, PLAIN_TEXTS),
    st.builds(user, st.lists(st.builds(lambda text: {"type": "text", "text": text}, PLAIN_TEXTS), max_size=2)),
    st.builds(assistant, PLAIN_TEXTS),
    st.builds(lambda n, name: calls((name, {"id": f"K{n}"}), start=n), st.integers(0, 3), st.sampled_from(["a", "b"])),
    st.builds(lambda n, v: result({"id": f"K{n}", "state": v}, n), st.integers(0, 3), st.sampled_from(["on", "OFF 7"])),
    st.builds(lambda n: result("Error: no such id K7", n), st.integers(0, 3)),
)


@given(st.lists(MESSAGES, max_size=14), st.lists(st.integers(1, 4), max_size=6), st.integers(20, 400), st.booleans())
@settings(max_examples=120, deadline=None)
def test_extended_piece_by_piece_it_is_what_it_is_in_one(messages, pieces, max_tokens, looked_at):
    """However it grows, whether read in between, and through copies."""
    whole = RunningSummary()
    whole.extend(messages)
    growing, end = RunningSummary(), 0
    for piece in [*pieces, len(messages)]:
        growing = growing.copy()
        growing.extend(messages[end : end + piece])
        end += piece
        if looked_at:
            growing.text(max_tokens)

    assert len(growing) == len(whole) == len(messages)
    assert growing.text(max_tokens) == whole.text(max_tokens)
    assert growing.text(max_tokens, 1, 5) == whole.text(max_tokens, 1, 5)


def test_copies_go_their_own_ways():
    """A branch does not show in the other."""
    trunk = RunningSummary()
    trunk.extend(parcels())
    branch = trunk.copy()
    branch.extend([user("Also order lamp 99817.")])

    assert "99817" in branch.text(ROOMY)
    assert "99817" not in trunk.text(ROOMY)


def test_a_stretch_is_summed_up_on_its_own():
    """Only what is replaced is told; the call of a result before the stretch is still known by name."""
    summary = RunningSummary()
    summary.extend(parcels())

    text = summary.text(ROOMY, 6, 8)

    assert "TK-9931" in text
    assert "swap(" in text
    assert "lena_oduya_318" not in text
    assert summary.text(ROOMY, 3, 3) == ""


def test_messages_changed_later_do_not_change_what_was_taken_in():
    """Hosts mutate their objects; only texts are referred to."""
    messages = parcels()
    summary = RunningSummary()
    summary.extend(messages)
    before = copy.deepcopy(messages)
    messages[0]["content"] = "forget it"
    messages[5]["tool_calls"][0]["function"]["arguments"] = "{}"

    assert summary.text(ROOMY) == summarise(before, ROOMY)


def test_the_latest_value_of_a_key_counts():
    """An order read before and after a change stands there once, as it now is."""
    before = {"order_id": "Q1", "status": "PENDING 1", "lines": [{"sku": "S100"}, {"sku": "S200"}]}
    after = {"order_id": "Q1", "status": "SHIPPED 2", "lines": [{"sku": "S300"}, {"sku": "S200"}]}
    text = summarise(
        [calls(("read", {"order": "Q1"})), result(before), calls(("ship", {"order": "Q1"}), start=1), result(after, 1)],
        ROOMY,
    )

    assert "SHIPPED 2" in text
    assert "S300" in text
    assert "PENDING" not in text
    assert "S100" not in text


def test_the_same_call_again_stands_for_its_older_answers_unless_it_failed():
    """A later failure does not take away what was known."""
    first, second = result("balance 120 USD", 0), result("balance 95 USD", 1)
    asked = [calls(("balance", {}), start=0), first, calls(("balance", {}), start=1)]

    assert "120 USD" not in summarise([*asked, second], ROOMY)
    text = summarise([*asked, result("Error: try later", 1)], ROOMY)
    assert "120 USD" in text
    assert "Error: try later" in text


def test_things_with_different_ids_stay_apart():
    """Two bookings of one traveller are two bookings."""
    text = summarise(
        [
            calls(("book", {"to": "OSL"}), ("book", {"to": "RIX"})),
            result({"traveller_id": "T1", "booking_id": "B-71"}, 0),
            result({"traveller_id": "T1", "booking_id": "B-72"}, 1),
        ],
        ROOMY,
    )

    assert "B-71" in text
    assert "B-72" in text


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Fly on May 26 with seat 14C for Ada Okoro.", ["May 26", "14C", "Ada Okoro"]),
        (
            "Mail a.b@mail.example or see https://shop.example/x?id=7.",
            ["a.b@mail.example", "https://shop.example/x?id=7"],
        ),
        ("It cost $1,234.50, later 99 EUR and 12%.", ["$1,234.50", "99 EUR", "12%"]),
        ("open /etc/hosts and plan_b.pdf", ["/etc/hosts", "plan_b.pdf"]),
        ("call +49 170 1234567 at 17:45", ["+49 170 1234567", "17:45"]),
        ("请把2031年5月3日的订单号77120改到上海", ["2031年5月3日", "77120"]),
        ("私は田中さんに3,000円払いました。「青い本」", ["田中さん", "3,000円", "青い本"]),
        ("예약번호 4471을 김민수님 앞으로", ["4471", "김민수님"]),
        ("الاسم: ليلى حداد", ["ليلى حداد"]),
        ("رقم الطلب ٤٥٦٧٨ من فضلك", ["٤٥٦٧٨"]),
        ("Замените билет Анны Ивановой на 12 мая за 5000 руб", ["Анны Ивановой", "12 мая", "5000 руб"]),
        ("मेरा ऑर्डर नंबर ४५६७८ है", ["४५६७८"]),
        ("Rufen Sie Frau Özdemir am 3. Mai an", ["Özdemir", "3. Mai"]),
    ],
)
def test_facts_are_found_in_any_script(text: str, facts: list[str]):
    """Each within one of the pieces found, and none of the pieces is the whole sentence."""
    found = facts_in(text)

    assert all(any(fact in piece for piece in found) for fact in facts), found
    assert text not in found


@pytest.mark.parametrize(
    "request_text",
    [
        "请把订单号77120的地址改成南京路12号，收件人王小明。",
        "من فضلك غيّر الحجز رقم ٤٥٦٧٨ إلى يوم ١٢ مايو باسم ليلى حداد.",
        "Замените билет Анны Ивановой на 12 мая.",
        "मेरा ऑर्डर ४५६७८ रद्द करें और पैसे राम को भेजें।",
    ],
)
def test_what_people_say_is_quoted_in_their_own_language(request_text: str):
    """A request of one sentence stands there whole, in a long history and a small summary."""
    filler = [message for i in range(20) for message in (calls(("look", {"page": i}), start=i), result("ok", i))]
    text = summarise([user(request_text), *filler], 220)

    assert request_text in text


def test_errors_stand_word_for_word():
    """A failing call's own words, even where little fits."""
    message = "Error: gate B7 is closed for booking 55-A until 2031-04-01"
    history = [*parcels(40), calls(("board", {"gate": "B7"}), start=9), result(message, 9)]

    assert message in summarise(history, 150)


def test_open_questions_and_calls_without_result_are_told():
    """What was asked last, and what was called and not answered."""
    text = summarise(
        [*parcels(), assistant("Which courier do you prefer?"), calls(("ask", {"n": "N-5"}), start=7)], ROOMY
    )

    assert "Which courier do you prefer?" in text
    assert "called ask(n=N-5)" in text


def test_lines_of_keys_and_values_are_read_as_records():
    """YAML as tools print it."""
    listed = "- id_: '24'\n  title: Budget talk\n  people:\n  - eve.marsh@mail.example\n  - bo@mail.example\n- id_: '31'\n  title: Retro"
    text = summarise([calls(("list", {})), result(listed)], ROOMY)

    for value in ("24", "31", "eve.marsh@mail.example", "bo@mail.example", "Budget talk"):
        assert value in text


def test_parts_of_anthropic_messages_are_calls_and_results_too():
    """`tool_use` and `tool_result` within contents."""
    text = summarise(
        [
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t1", "name": "find", "input": {"q": "R-17"}}],
            },
            user([{"type": "tool_result", "tool_use_id": "t1", "content": '{"seat": "21F"}'}]),
        ],
        ROOMY,
    )

    assert "find(q=R-17): seat 21F" in text


def words_of(messages: list[dict[str, Any]]) -> str:
    """All that the messages say, as texts, with JSON read."""
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            texts.append(value)
            with contextlib.suppress(ValueError):
                walk(json.loads(value) if value[:1] in ("{", "[") else ())
        elif isinstance(value, dict):
            for key, inner in value.items():
                texts.append(str(key))
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        else:
            texts.append(json.dumps(value))

    walk(messages)
    return "\n".join(texts)


@pytest.mark.parametrize("max_tokens", [60, 150, 300, ROOMY])
def test_nothing_is_invented(max_tokens: int):
    """Every word and figure of the summary stands in the messages, but for its own few words."""
    messages = [
        *parcels(),
        user("请把订单号77120改到上海。"),
        calls(("find", {"q": "ключ"}), start=5),
        result("нет 404", 5),
    ]
    said = words_of(messages)
    own = {"Earlier", "in", "brief", "messages", "values", "left", "out", "called", str(len(messages))}
    text = re.sub(r"\(\d+ values left out\.\)", "", summarise(messages, max_tokens))

    strange = [word for word in re.findall(r"[^\W_]+(?:[.,_@-][^\W_]+)*", text) if word not in said and word not in own]
    assert not strange


@pytest.mark.parametrize(
    "content",
    [
        "x" * 600_000,
        json.dumps([{"id": f"A{i}", "note": "n" * 40} for i in range(9000)]),
        "[" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "a_" * 200_000,
        "A" + "-1" * 200_000,
        "'" * 100_000,
        "Mr. " * 50_000,
        "请" * 200_000,
        "key: value\n" * 60_000,
        "\x00\ud800\ufffe" * 1000,
        "Aa " * 100_000 + "@" * 50_000,
    ],
)
def test_huge_and_hostile_results_are_bounded(content: str):
    """Read in part, without choking; what else was said survives."""
    text = summarise([user("Keep code PX-77, please."), calls(("dump", {"of": "all"})), result(content)], 200)

    assert estimate_tokens(text) <= 200
    assert "PX-77" in text


@pytest.mark.parametrize(
    "message",
    [None, "text", 7, {}, {"role": "user"}, {"role": "tool", "content": 5}, {"role": "assistant", "tool_calls": "no"},
     {"role": "assistant", "tool_calls": [None, {"function": 3}, {"id": 1, "function": {"name": "f", "arguments": "{"}}]},
     {"role": "user", "content": [None, 3, {"type": "tool_result"}]}, {"role": 3, "content": {"text": "a"}}],
)  # fmt: skip
def test_junk_is_taken_in_calmly(message: Any):
    """It counts as a message and breaks nothing."""
    summary = RunningSummary()
    summary.extend([message, user("code PX-77")])

    assert len(summary) == 2
    assert "PX-77" in summary.text(100)


def test_taking_a_message_in_does_not_read_it_or_what_was_before(monkeypatch: pytest.MonkeyPatch):
    """Counted, not timed: each message is read once, when a summary is first asked for."""
    from tierwise.conversation import notes

    read: list[str] = []
    look = notes._read
    monkeypatch.setattr(notes, "_read", lambda entry: (read.append(entry.role), look(entry))[1])
    summary = RunningSummary()
    summary.extend(parcels())
    assert not read

    summary.text(200)
    grown = summary.copy()
    grown.extend([user("one more")])
    grown.text(200)
    summary.text(50)
    assert len(read) == len(parcels()) + 1


def test_a_plugged_in_summariser_is_asked_once_for_the_same_messages():
    """And its text is used as it is."""
    asked: list[int] = []
    summariser = Summariser(lambda messages: asked.append(len(messages)) or "In short: all is well.")

    assert summariser(parcels(), 100) == summariser(parcels(), 100) == "In short: all is well."
    assert asked == [8]


@pytest.mark.parametrize("text", [RuntimeError("no model"), None, "", "word " * 500])
def test_a_summariser_that_fails_is_replaced_with_one_warning(text: Any, caplog: pytest.LogCaptureFixture):
    """Raised, silent, empty or too long: the extractive summary stands in, and the log says so once, without text."""

    def write(messages: Any) -> Any:
        if isinstance(text, Exception):
            raise text
        return text

    summariser = Summariser(write)
    with caplog.at_level(logging.WARNING):
        first, second = summariser(parcels(), 120), summariser(parcels()[:5], 120)

    assert (first, second) == (summarise(parcels(), 120), summarise(parcels()[:5], 120))
    assert len(caplog.records) == 1
    assert "Lena" not in caplog.text
    assert "no model" not in caplog.text


def test_a_summariser_told_not_to_remember_keeps_no_text():
    """`remember_messages=False` goes through to here."""
    asked: list[int] = []
    summariser = Summariser(lambda messages: asked.append(1) or "Fine.", remember=False)

    assert summariser(parcels(), 100) == summariser(parcels(), 100) == "Fine."
    assert len(asked) == 2
    assert not summariser._texts


def test_fit_window_puts_it_in_the_place_of_what_goes():
    """A handoff's history fits and still knows the ticket; the running summary says what a fresh one says."""
    messages = [*parcels(30), user("Now tell me where the parcel for ticket is, and explain the delay to me.")]

    edits = fit_window(messages, 600, Summariser())

    sent = apply_edits(messages, edits)
    assert any("TK-9931" in str(message["content"]) for message in sent)
    assert edits == fit_window(messages, 600, Summariser().over(messages, {}))


def test_of_long_texts_the_facts_behind_the_cut_are_kept():
    """A long sentence, and a long argument, are cut; their ids are not."""
    long = "and then we went on to talk about the weather " * 8
    text = summarise(
        [user(f"Well {long} until code PX-77 came up."), calls(("note", {"text": f"{long} for GH-12"}))], 300
    )

    assert "PX-77" in text
    assert "GH-12" in text
    assert long not in text
