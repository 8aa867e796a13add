"""Stories of agents, and the histories that come of them when a maker's real client has read each answer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from clients import HOUSES
from handing import ask, ask_streaming
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    message_chunk_to_message,
)
from servers.wire import PIXEL, MakerServer, Turn

Result = Literal["text", "nothing", "blank", "error", "picture", "parts", "lost"]
"""What a call comes to; "lost": it is never answered."""

Streamed = Literal["sum", "message", "cut"]
"""A streamed answer as its chunks add up, as the message that LangChain's agents make of that, or left before its end."""

Saying = Literal["text", "parts", "marked", "picture", "nothing"]
"""A user's message; "marked": with a mark for Anthropic's cache."""

_NAMES = ("look_up", "fetch-page", "take_screenshot")


@dataclass(frozen=True)
class Round:
    """One answer of a model, what its calls come to, and what is said then.

    Attributes:
        by_target: Made by the model that the history will be handed to; else by the maker.
        system: A system message comes after it.
    """

    turn: Turn
    results: tuple[Result, ...] = ()
    by_target: bool = False
    then: tuple[Saying, ...] = ()
    system: bool = False


@dataclass(frozen=True)
class Story:
    """An agent's run so far.

    Attributes:
        cut: So many messages are missing at its beginning, after the system's.
        version: LangChain's `output_version`: the form in which its clients keep an answer.
        streamed: How streamed answers are kept; None where they came whole.
        developer: System messages bear the role that OpenAI gave to those who build on it.
    """

    rounds: tuple[Round, ...]
    opening: Saying = "text"
    system: bool = True
    cut: int = 0
    version: str | None = None
    plain: bool = False
    streamed: Streamed | None = None
    developer: bool = False


_texts = st.sampled_from(["Looking.", "", "  \n", "第二页：b 💡", 'He said "no" {x}', "Done. "])
_versions = st.sampled_from([None, None, "v1"])
_streamed: st.SearchStrategy[Streamed | None] = st.sampled_from([None, None, "sum", "message"])
_oddly_streamed: st.SearchStrategy[Streamed | None] = st.sampled_from([None, None, "sum", "message", "cut"])
_arguments = st.fixed_dictionaries(
    {"q": st.sampled_from(["a", "", "ключ", "x" * 300])}, optional={"n": st.integers(0, 9)}
)
_calls = st.lists(st.tuples(st.sampled_from(_NAMES), _arguments), max_size=3).map(tuple)
_turns = st.builds(
    Turn,
    text=_texts,
    thinking=st.none() | st.sampled_from(["Hm.", "Let me think.\nTwo things."]),
    calls=_calls,
    redacted=st.booleans(),
    cites=st.booleans(),
    broken=st.integers(0, 7).map(lambda n: n == 0),
    id_style=st.sampled_from(["", "kimi", "counted"]),
)
_results: st.SearchStrategy[Result] = st.sampled_from(
    ["text", "text", "text", "text", "nothing", "blank", "error", "picture", "parts", "lost"]
)
_sayings: st.SearchStrategy[Saying] = st.sampled_from(["text", "text", "parts", "marked", "picture", "nothing"])


@st.composite
def _rounds(draw: st.DrawFn) -> Round:
    turn = draw(_turns)
    results = tuple(draw(_results) for _ in turn.calls)
    over = not turn.calls or "lost" in results or turn.broken
    then = draw(st.lists(_sayings, min_size=int(over), max_size=1 + int(draw(st.integers(0, 4)) == 0)))
    return Round(turn, results, draw(st.integers(0, 3)) == 0, tuple(then), draw(st.integers(0, 9)) == 0)


@st.composite
def _plain_rounds(draw: st.DrawFn, results_of: st.SearchStrategy[Result]) -> Round:
    turn = draw(_turns)
    turn = replace(turn, broken=False)
    if not turn.calls and not turn.text.strip():
        turn = replace(turn, text="That is all.")
    results = tuple(draw(results_of) for _ in turn.calls)
    return Round(turn, results, draw(st.integers(0, 3)) == 0, () if turn.calls else ("text",))


def plain_stories_of(openings: Sequence[Saying], results: Sequence[Result]) -> st.SearchStrategy[Story]:
    """Stories in which nothing goes wrong: thoughts, parallel calls, failed calls, follow-ups, two models in turns."""
    rounds = st.lists(_plain_rounds(st.sampled_from(results)), min_size=1, max_size=4).map(tuple)
    opening = st.sampled_from(openings)
    return st.builds(Story, rounds, opening, st.booleans(), version=_versions, plain=st.just(True), streamed=_streamed)


plain_stories = plain_stories_of(("text", "parts", "picture"), ("text", "text", "text", "nothing", "error", "parts"))
simple_stories = plain_stories_of(("text",), ("text", "error"))
"""What no provider refuses from its own client."""

odd_stories = st.builds(
    Story,
    rounds=st.lists(_rounds(), min_size=1, max_size=4).map(tuple),
    opening=_sayings,
    system=st.booleans(),
    cut=st.sampled_from([0, 0, 0, 0, 1, 2]),
    version=_versions,
    streamed=_oddly_streamed,
    developer=st.integers(0, 3).map(lambda n: n == 0),
)
"""Interrupted, cut off at the beginning, empty, marked for a cache, with pictures from tools, or oddly put together."""

stories = plain_stories | odd_stories


def history_of(story: Story, maker: tuple[str, str], target: tuple[str, str]) -> list[BaseMessage]:
    """The messages that LangChain holds after a story.

    Args:
        story: What happens.
        maker: House and model that make the rounds.
        target: House and model of the rounds `by_target`.
    """
    of_role = {"__openai_role__": "developer"} if story.developer else {}  # LangChain's own word for it
    history: list[BaseMessage] = [SystemMessage("You are an agent.", additional_kwargs=of_role)] if story.system else []
    body: list[BaseMessage] = [said(story.opening)]
    for number, one in enumerate(story.rounds):
        house, model = target if one.by_target else maker
        answer = _answer(house, model, one.turn, number, story)
        body.append(answer)
        # Not every client shows every call: a result answers the call that is there.
        for call, result in zip(answer.tool_calls, one.results, strict=False):
            if result != "lost":
                body.append(result_of(cast("dict[str, Any]", call), result))
        if one.system:
            body.append(SystemMessage("Be brief.", additional_kwargs=of_role))
        body += [said(saying) for saying in one.then]
        if story.streamed == "cut" and body[-1] is answer:
            body.append(said("text"))  # who stops an answer says why
    return [*history, *body[min(story.cut, len(body) - 1) :]]


def said(saying: Saying) -> HumanMessage:
    """What a user says."""
    text = {"type": "text", "text": "Find it."}
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    contents: dict[Saying, Any] = {
        "text": "Find it, please.",
        "parts": [text, {"type": "text", "text": "Now."}],
        "marked": [{**text, "cache_control": {"type": "ephemeral"}}],
        "picture": [text, picture],
        "nothing": "",
    }
    return HumanMessage(contents[saying])


def result_of(call: dict[str, Any], result: Result) -> ToolMessage:
    """What a call (`id`, `name`, `args`) comes to."""
    picture = {"type": "image", "base64": PIXEL, "mime_type": "image/png", "source_type": "base64", "data": PIXEL}
    contents: dict[Result, Any] = {
        "nothing": "",
        "blank": " \n",
        "error": "Error: not found",
        "picture": [{"type": "text", "text": "The page:"}, picture],
        "parts": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
    }
    status = "error" if result == "error" else "success"
    content = contents.get(result, f"found {call['args']}")
    return ToolMessage(content, tool_call_id=call["id"], name=call["name"], status=status)


_servers: dict[str, MakerServer] = {}


_answers: dict[str, AIMessage] = {}


def _answer(house: str, model: str, turn: Turn, number: int, story: Story) -> AIMessage:
    """An answer as the house's real client reads it: asked for once, and ids differ within a history."""
    key = f"{house} {model} {number} {story.version} {story.streamed} {turn}"
    if key not in _answers:
        _answers[key] = _fresh_answer(house, model, turn, story.version, story.streamed)
    return copy.deepcopy(_answers[key])


def _fresh_answer(house: str, model: str, turn: Turn, version: str | None, streamed: Streamed | None) -> AIMessage:
    server = _servers.get(house)
    if server is None:
        server = _servers[house] = HOUSES[house].server(strict=False, seed=len(_servers)).__enter__()
    server.say(turn)
    if streamed is not None:
        cut = streamed == "cut"
        whole = ask_streaming(HOUSES[house], server, model, [HumanMessage("?")], version, cut=cut)
        return whole if streamed == "sum" else cast("AIMessage", message_chunk_to_message(whole))
    return ask(HOUSES[house], server, model, [HumanMessage("?")], output_version=version)


def describe(history: Sequence[BaseMessage]) -> str:
    """A history in a few lines, for an assertion."""
    return "\n".join(f"{m.type}: {str(m.content)[:160]} {getattr(m, 'tool_calls', '')}" for m in history)
