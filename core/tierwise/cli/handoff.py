"""`tierwise handoff`: what a provider would be sent of a history, and what was changed for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill, shorten
from typing import Annotated, Any

import typer
from rich.console import Console

from tierwise.cli.route import step_of_file
from tierwise.errors import ConfigError, StepError
from tierwise.handoff import apply_edits, edits_for
from tierwise.handoff.makers import family_of
from tierwise.tiers import Tier
from tierwise.types import Edit, Message

_LONGEST = 60


def handoff(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='JSON: OpenAI messages, or {"messages": […]}.')],
    to: Annotated[str, typer.Option("--to", metavar="PROVIDER", help="anthropic, gemini, mistral/NAME, …")],
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", metavar="N", help="Cut the oldest steps to fit so many tokens.")
    ] = None,
    thinking: Annotated[
        bool | None,
        typer.Option("--thinking/--no-thinking", help="Whether the request asks the model to think, by a switch."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print edits and messages as JSON.")] = False,
) -> None:
    """Shows what a provider would be sent of a history, and why."""
    messages = _messages(step_of_file(file)["messages"])
    if max_tokens is not None and max_tokens < 1:
        raise ConfigError(f"--max-tokens is {max_tokens!r}: give a whole number above 0")
    tier = _tier(to)
    edits = edits_for(messages, tier, thinking=thinking, max_tokens=max_tokens)
    sent = apply_edits(messages, edits)
    if as_json:
        typer.echo(json.dumps({"edits": [edit_facts(edit) for edit in edits], "messages": sent}, indent=2, default=str))
    else:
        _show(Console(highlight=False, markup=False, emoji=False), tier, messages, edits, sent)


def edit_facts(edit: Edit) -> dict[str, Any]:
    """An edit's fields that say something."""
    names = ("action", "message", "part", "field", "stop", "old", "new", "role", "copies", "reason")
    return {name: getattr(edit, name) for name in names if getattr(edit, name) not in (None, "")}


def _tier(to: str) -> Tier:
    """A tier that stands for a provider, or for one of its models: `anthropic`, `anthropic/claude-opus-4-6`."""
    provider, _, model = to.partition("/")
    tier = Tier(to, model or None, provider=provider, prices=(0, 0))
    if family_of(tier) is None:
        raise ConfigError(
            f"no rules are known for {to!r}: give a provider such as 'openai', 'anthropic', 'gemini', 'mistral', "
            "'bedrock', 'deepseek' or 'hosted_vllm', or PROVIDER/MODEL"
        )
    return tier


def _messages(found: Any) -> list[Message]:
    if not isinstance(found, list) or not all(isinstance(message, dict) for message in found):
        raise StepError("messages are a list of objects, each with a role and a content")
    return found


def _show(
    console: Console, tier: Tier, messages: Sequence[Message], edits: Sequence[Edit], sent: Sequence[Message]
) -> None:
    if not edits:
        console.print(f"{tier.name} is sent all {len(messages)} messages as they stand")
    else:
        console.print(f"{tier.name} is sent {len(sent)} messages for {len(messages)}, after {len(edits)} changes:")
    for edit in edits:
        console.print(_wrapped(console, f"{_what(edit)}: {edit.reason}"), soft_wrap=True)
    console.print("what is sent:")
    for index, message in enumerate(sent):
        console.print(_wrapped(console, f"[{index}] {_said(message)}"), soft_wrap=True)


def _what(edit: Edit) -> str:
    where = f"message {edit.message}" + ("" if edit.part is None else f", part {edit.part}")
    new = shorten(repr(edit.new), _LONGEST, placeholder="…'")
    return {
        "drop_part": f"{where} is left out",
        "rewrite_part": f"{where} becomes {new}",
        "drop_field": f"{where}: {edit.field!r} is left out",
        "fill_field": f"{where}: {edit.field!r} becomes {new}",
        "drop_message": f"{where} is left out",
        "drop_call": f"{where}: call {edit.old!r} is left out",
        "rewrite_id": f"{where}: id {edit.old!r} becomes {edit.new!r}",
        "fill_content": f"{where}'s content becomes {new}",
        "insert_message": f"before {where} the {edit.role} says {new}",
        "summarise": f"messages {edit.message} to {(edit.stop or 0) - 1} become {new}",
    }[edit.action]


def _said(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, list):
        content = " + ".join(str(part.get("text") or f"({part.get('type')})") for part in content)
    calls = [f"{call['function']['name']} as {call['id']}" for call in message.get("tool_calls") or ()]
    said = [shorten(str(content), _LONGEST, placeholder="…")] if content else []
    said += [f"calls {', '.join(calls)}"] if calls else []
    said += [f"(result of {message['tool_call_id']})"] if message.get("tool_call_id") else []
    return f"{message.get('role')}: {'; '.join(said) or '(nothing)'}"


def _wrapped(console: Console, line: str) -> str:
    return fill(line, console.width, initial_indent="  ", subsequent_indent="      ", break_long_words=False)
