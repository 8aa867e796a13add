"""A summary keeps what matters word for word, invents nothing, and is bounded whatever it is given."""

from __future__ import annotations

import re

import pytest
from shop_talk import assistant, calls, parcels, result, user

from tierwise.conversation.facts import facts_in
from tierwise.conversation.summary import RunningSummary, summarise
from tierwise.signals.tokens import estimate_tokens

ROOMY = 4000


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


def test_a_stretch_is_summed_up_on_its_own():
    """Only what is replaced is told; the call of a result before the stretch is still known by name."""
    summary = RunningSummary()
    summary.extend(parcels())

    text = summary.text(ROOMY, 6, 8)

    assert "TK-9931" in text
    assert "swap(" in text
    assert "lena_oduya_318" not in text
    assert summary.text(ROOMY, 3, 3) == ""


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


def test_of_long_texts_the_facts_behind_the_cut_are_kept():
    """A long sentence, and a long argument, are cut; their ids are not."""
    long = "and then we went on to talk about the weather " * 8
    text = summarise(
        [user(f"Well {long} until code PX-77 came up."), calls(("note", {"text": f"{long} for GH-12"}))], 300
    )

    assert "PX-77" in text
    assert "GH-12" in text
    assert long not in text
