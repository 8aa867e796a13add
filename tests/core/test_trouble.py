"""Trouble is read from the messages alone: it rises while things go wrong, and sound steps let it down."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tierwise.signals import read_step
from tierwise.signals.history import History
from tierwise.signals.trouble import MOST, promises
from tierwise.types import Signals, Step

Messages = list[dict[str, Any]]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("find", "edit")
]
BUILD_OK = "0 errors, build OK"
SOURCE = "def read(path):\n    if not path:\n        raise ValueError('Error: no path')\n    return open(path)\n"


def start() -> Messages:
    return [{"role": "system", "content": "You help."}, {"role": "user", "content": "Mend the parser."}]


def round_of(result: str, arguments: Any = None, name: str = "find", **facts: Any) -> Messages:
    """A call and its result."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "content": result, **facts},
    ]


def signals_of(messages: Messages, tools: Any = TOOLS) -> Signals:
    return read_step(Step(messages, tools)).signals


def after(*rounds: Messages) -> Signals:
    return signals_of(start() + [message for each in rounds for message in each])


def sound(n: int) -> Messages:
    return round_of(f"line {n} of the parser reads a token", f"line {n}")


def failed(n: int) -> Messages:
    return round_of(f"Error: file {'abcdefgh'[n]} does not exist", n)


@pytest.mark.parametrize("text", [BUILD_OK, SOURCE, '{"errors": 0, "ok": true}', "see errors.log for the last error"])
def test_success_that_mentions_errors_is_no_trouble(text):
    """Two such results in a row, for different calls."""
    found = after(round_of(text, 1), round_of(text + " ", 2))
    assert (found.trouble, found.failed_in_a_row) == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "facts"),
    [
        ("Error: no existe el archivo a", "Error: no se pudo conectar", {}),
        ("No se encontró el archivo", "Falló la conexión con el servidor", {}),
        ("a.txt", "b.txt", {"is_error": True}),
        ("a.txt", "b.txt", {"status": "error"}),
        ('{"error": "no such order"}', '{"ok": false}', {}),
    ],
)
def test_failures_count_in_any_language_and_by_flag_alone(first, second, facts):
    """What the text says does not matter where the host says that it failed."""
    found = after(round_of(first, 1, **facts), round_of(second, 2, **facts))
    assert (found.trouble, found.failed_in_a_row) == (2, 2)


def test_anthropic_results_count_like_openai_ones():
    """Results as parts of a user's message, flagged as errors."""
    messages = start()
    for n in range(2):
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": str(n), "name": "find", "input": {"n": n}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": str(n), "content": f"{n}.txt", "is_error": True}],
            },
        ]
    assert signals_of(messages).failed_in_a_row == 2


def test_parallel_failures_count_once():
    """Three failed results of one turn are one round."""
    round_ = round_of("Error: no such file", 1)
    found = after([round_[0], round_[1], round_[1], round_[1]])
    assert (found.trouble, found.failed_in_a_row) == (1, 1)


def test_sound_steps_let_the_level_down_one_by_one():
    """Two failures, then three sound steps."""
    levels = [after(failed(0), failed(1), *(sound(i) for i in range(n))).trouble for n in range(4)]
    assert levels == [2, 1, 0, 0]


def test_level_has_a_top():
    """Ten failures are let down as soon as four."""
    found = after(*(round_of("Error: no such file", n) for n in range(10)))
    assert found.trouble == MOST
    assert found.failed_in_a_row == 10


def test_same_error_of_the_same_tool_counts_double():
    """The model tried something else, and was told the same; numbers in it may differ."""
    same = after(round_of("Error: line 3: bad token", 1), round_of("Error: line 17: bad token", 2))
    other = after(round_of("Error: line 3: bad token", 1), round_of("Error: no such file", 2))
    assert (same.trouble, other.trouble) == (3, 2)


def test_repeated_call_counts_where_it_says_the_same():
    """Polling that gets another answer is no trouble; asking the same and hearing the same is."""
    stuck = after(round_of("pending", "job"), round_of("pending", "job"), round_of("pending", "job"))
    polls = after(round_of("pending", "job"), round_of("running", "job"), round_of("done", "job"))
    assert (stuck.trouble, stuck.stalled_in_a_row) == (2, 2)
    assert (polls.trouble, polls.stalled_in_a_row) == (0, 0)


def test_same_acknowledgement_of_different_actions_is_progress():
    """Three e-mails, three times "sent"; or tools that return nothing."""
    for text in ("sent", "OK", "None", ""):
        assert after(*(round_of(text, n) for n in range(4))).trouble == 0


def test_searches_that_find_nothing_or_the_same_page_stall():
    """Another query, the same long text or the same empty list."""
    for text in ("[]", "The requested page lists the opening hours of the library."):
        found = after(*(round_of(text, n) for n in range(3)))
        assert (found.trouble, found.stalled_in_a_row) == (2, 2)


def test_calls_that_alternate_count():
    """A, B, A, B, though each says something new."""
    rounds = [round_of(f"saved as version {n}", "ab"[n % 2], name="edit") for n in range(4)]
    assert after(*rounds[:3]).trouble == 0
    assert after(*rounds).trouble == 1


def test_empty_or_promising_turns_count_only_where_there_are_tools():
    """An action announced and not taken; a question, or talk without tools, is none."""
    for text, level in (("", 1), ("I see. I will now look up the order.", 1), ("Let me check - which order is it?", 0)):
        messages = [*start(), {"role": "assistant", "content": text}]
        assert signals_of(messages).trouble == level
        assert signals_of(messages, tools=()).trouble == 0


@pytest.mark.parametrize(
    "text",
    [
        "Voy a buscar el pedido.",
        "Ich werde jetzt nachsehen.",
        "Je vais vérifier.",
        "让我查一下订单",
        "I’ll check that now.",
    ],
)
def test_promises_are_known_in_other_languages(text):
    """Spanish, German, French, Chinese, and typographic apostrophes."""
    assert promises(text)


@pytest.mark.parametrize("text", ["The order was sent.", "Let me know how you would like to proceed.", "Voy bien.", ""])
def test_plain_answers_are_no_promises(text):
    """A report, a polite close."""
    assert not promises(text)


def test_service_that_is_down_for_the_moment_is_not_the_models_fault():
    """A stronger model gets the same 503."""
    found = after(*(round_of("Error: 503 Service Unavailable", n) for n in range(3)))
    assert found.trouble == 0


def test_new_request_of_the_user_eases_and_forgets_repeats():
    """What was asked before may well be asked again for the new request."""
    page = "The requested page lists the opening hours of the library."
    again = after(
        failed(0), round_of(page, 1), [{"role": "user", "content": "And the second shop?"}], round_of(page, 1)
    )
    assert again.trouble == 0


def test_copies_go_their_own_ways():
    """A branch of a history does not change the trunk."""
    trunk = History()
    trunk.extend(start() + failed(0))
    branch = trunk.copy()
    branch.extend(failed(1) + failed(2))
    assert (trunk.trouble.level, branch.trouble.level) == (1, 3)
    trunk.extend(sound(1))
    assert (trunk.trouble.level, branch.trouble.level) == (0, 3)


def test_reading_in_pieces_gives_what_reading_at_once_gives():
    """At every cut, between a call and its result too."""
    messages = (
        start() + failed(0) + failed(0) + sound(1) + [{"role": "assistant", "content": ""}] + sound(1) + failed(2)
    )
    for cut in range(len(messages)):
        pieces, whole = History(), History()
        pieces.extend(messages[:cut])
        pieces.trouble.level, pieces.trouble.cause  # noqa: B018  reading must not change what is read
        pieces = pieces.copy()
        pieces.extend(messages[cut:])
        whole.extend(messages)
        assert vars(pieces.trouble) == vars(whole.trouble)
