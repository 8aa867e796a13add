"""What a step is about to do."""

from __future__ import annotations

import pytest

from tierwise.signals import read_step
from tierwise.types import Step

TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}]
ASK = {"role": "user", "content": "Find the cheapest train to Porto on Friday"}
DONE = {"role": "assistant", "content": "The 9:05 costs 12 euros. Shall I book it?"}


def call(name: str = "find", arguments: str = "{}"):
    return {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}]}  # fmt: skip


def result(content="[]", **rest):
    return {"role": "tool", "tool_call_id": "c1", "content": content, **rest}


def kind(*messages, tools=TOOLS, **rest):
    return read_step(Step(messages=messages, tools=tools, **rest)).signals.kind


def test_a_question_without_tools_is_an_answer():
    """Nothing can be called, so the model must answer."""
    assert kind(ASK, tools=()) == "answer"


def test_a_question_whose_tools_are_forbidden_is_an_answer():
    """`tool_choice="none"` is as good as no tools."""
    assert kind(ASK, tool_choice="none") == "answer"
    assert kind(ASK, tool_choice={"type": "none"}) == "answer"


def test_the_first_request_with_tools_is_an_opening():
    """A greeting that the host wrote does not make it later."""
    assert kind({"role": "system", "content": "You sell tickets."}, ASK) == "opening"
    assert kind({"role": "assistant", "content": "Hello, how can I help?"}, ASK) == "opening"


def test_a_later_request_with_tools_is_due_a_call():
    """The conversation is under way."""
    assert kind(ASK, DONE, {"role": "user", "content": "Find me a hotel near the station as well"}) == "tool_call"


@pytest.mark.parametrize("choice", ["required", "any", {"type": "function", "function": {"name": "find"}}])
def test_a_forced_call_is_a_tool_call(choice):
    """`tool_choice` may demand a call on the first request already."""
    assert kind(ASK, tool_choice=choice) == "tool_call"


def test_a_good_tool_result_is_digested():
    """Most steps of an agent read what a tool has brought."""
    assert kind(ASK, call(), result('{"trains": 3}')) == "digest"


def test_a_failed_tool_result_needs_recovery():
    """The next step must find another way."""
    assert kind(ASK, call(), result("Error: no such station")) == "recovery"


def test_the_same_call_again_needs_recovery():
    """Name and arguments are the same, so nothing new can come of it."""
    assert kind(ASK, call(), result(), call(), result()) == "recovery"
    assert kind(ASK, call(arguments='{"day": 1}'), result(), call(arguments='{"day": 2}'), result()) == "digest"


def test_a_new_request_may_call_again():
    """What was looked up for one question may be looked up for the next."""
    again = {"role": "user", "content": "Look at the same trains again, prices change by the hour"}

    assert kind(ASK, call(), result(), DONE, again, call(), result()) == "digest"


def test_a_failure_that_was_dealt_with_is_past():
    """Only the newest result counts."""
    assert kind(ASK, call(), result("Error: x"), call(arguments='{"a": 1}'), result("3 trains")) == "digest"


@pytest.mark.parametrize(
    "text", ["yes, do it", "thanks!", "and on Saturday?", "sí, por favor", "好的，继续", "no, the other one"]
)
def test_a_short_reply_follows_up(text):
    """It leans on what was said."""
    assert kind(ASK, DONE, {"role": "user", "content": text}) == "follow_up"


@pytest.mark.parametrize(
    "text",
    ["Summarize our conversation", "Fasse das bitte zusammen", "Resume la conversación", "Résume la discussion", "总结一下",
     "これまでの会話を要約してください", "Кратко изложи переписку", "Please give me a summary of it all"],
)  # fmt: skip
def test_a_request_to_condense_is_a_summary(text):
    """In several languages; the text to condense stands in the conversation."""
    assert kind(ASK, DONE, {"role": "user", "content": text}) == "summary"


def test_a_summary_that_must_first_be_fetched_is_an_opening():
    """With tools and nothing at hand, the step calls a tool."""
    assert kind({"role": "user", "content": "Summarize the newest e-mail in my inbox"}) == "opening"


def test_an_anthropic_tool_result_is_digested_too():
    """The same step in the other provider's form has the same kind."""
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "u", "name": "find", "input": {"to": "Porto"}}]}
    good = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u", "content": "3 trains"}]}
    bad = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u", "is_error": True, "content": ""}]}

    assert kind(ASK, use, good) == "digest"
    assert kind(ASK, use, bad) == "recovery"


def test_the_legacy_function_call_is_read():
    """`function_call` and `role: "function"` are the form of 2023."""
    old = {"role": "assistant", "content": None, "function_call": {"name": "find", "arguments": "{}"}}

    assert kind(ASK, old, {"role": "function", "name": "find", "content": "3 trains"}) == "digest"


def test_what_went_before_is_counted():
    """Depth, results, failures and repeats."""
    signals = read_step(Step([ASK, call(), result("Error: x"), call(), result("ok")], tools=TOOLS)).signals

    assert (signals.messages, signals.depth, signals.tool_results, signals.tool_errors, signals.repeated_calls) == (
        5,
        2,
        2,
        1,
        1,
    )
    assert not signals.last_result_failed
    assert signals.last_result_chars == 2
