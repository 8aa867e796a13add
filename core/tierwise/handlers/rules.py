r"""Answers by patterns: a message that is a pattern from its first character to its last.

    Rules([
        ReplyRule("hello", r"(hi|hello)[.!]?", reply="Hello! How can I help?"),
        ReplyRule("order", r"/order (?P<id>[\w-]+)", call=("track_order", {"order_id": "{id}"})),
    ])

A message that merely contains a pattern is somebody's sentence, and goes up: "say hello to my little friend".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tierwise.errors import ConfigError
from tierwise.handlers.calls import offered, properties_of, shaped, wrong_with
from tierwise.handlers.door import open_to_text
from tierwise.handlers.wild import may_run_wild
from tierwise.types import Abstention, Reading, Reply, Step

_MAX_PATTERN: Final = 500
_MAX_CHARS: Final = 200
"""The longest message that is matched: patterns are tried on every step, and must not run wild on a long one."""

_SLOT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class ReplyRule:
    r"""A pattern, and what it is answered with.

    Args:
        name: What the source of an answer is called.
        pattern: A regular expression, which the whole message must match; capitals and spaces around it do not count.
        reply: A text; `{name}` stands for the group `(?P<name>…)`.
        call: A tool's name and its arguments, with `{name}` as in the reply; only where the tool is offered.

    Raises:
        ConfigError: The pattern is none, is too long, could take for ever, or lacks a group that is asked for; or there is
            not exactly one of reply and call.
    """

    name: str
    pattern: str
    reply: str | None = None
    call: tuple[str, Mapping[str, Any]] | None = None
    compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.reply is None) == (self.call is None):
            raise ConfigError(f"rule {self.name!r} needs a reply or a call, and not both")
        if len(self.pattern) > _MAX_PATTERN:
            raise ConfigError(
                f"rule {self.name!r} has a pattern of {len(self.pattern)} characters: {_MAX_PATTERN} at most"
            )
        try:
            compiled = re.compile(self.pattern, re.IGNORECASE)
        except re.error as error:
            raise ConfigError(f"rule {self.name!r} has no pattern: {error}") from error
        if may_run_wild(self.pattern):
            raise ConfigError(
                f"rule {self.name!r} repeats what repeats without end, as in (a+)+: some texts would take for ever"
            )
        wanted = set(_slots(self.reply if self.call is None else self.call[1]))
        unknown = sorted(wanted - set(compiled.groupindex))
        if unknown:
            raise ConfigError(
                f"rule {self.name!r} asks for the group {unknown[0]!r}: write (?P<{unknown[0]}>…) into its pattern"
            )
        object.__setattr__(self, "compiled", compiled)


class Rules:
    """The handler. Of several rules that match, the first one answers.

    Args:
        rules: One or more.

    Raises:
        ConfigError: There are none, or two share a name.
    """

    def __init__(self, rules: Iterable[ReplyRule]) -> None:
        self.rules = tuple(rules)
        names = [rule.name for rule in self.rules]
        if not names or len(set(names)) < len(names):
            raise ConfigError("rules are one or more, each with a name of its own")

    @classmethod
    def from_config(cls, rules: Iterable[Mapping[str, Any]]) -> Rules:
        """Rules as a `tierwise.yaml` holds them.

        Raises:
            ConfigError: As for the class.
        """
        return cls(
            ReplyRule(
                rule["name"],
                rule["pattern"],
                rule.get("reply"),
                None if rule.get("call") is None else (rule["call"]["name"], rule["call"].get("values", {})),
            )
            for rule in rules
        )

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """The reply of the first rule that the whole message matches."""
        asked = open_to_text(step, reading, _MAX_CHARS)
        if isinstance(asked, str):
            return Abstention(asked)
        for rule in self.rules:
            found = rule.compiled.fullmatch(asked.text)
            if found is not None:
                return _reply(rule, {k: v or "" for k, v in found.groupdict().items()}, step)
        return Abstention("no pattern matches")


def _reply(rule: ReplyRule, groups: Mapping[str, str], step: Step) -> Reply | Abstention:
    source = f"rules#{rule.name}"
    if rule.call is None:
        return Reply(source, 1.0, _filled(rule.reply, groups))
    name, arguments = rule.call
    schema = offered(step).get(name)
    if schema is None:
        return Abstention(f"{rule.name!r} matches, but its tool is not offered")
    known = properties_of(schema)
    filled = {key: shaped(_filled(value, groups), known.get(key, {})) for key, value in arguments.items()}
    wrong = wrong_with(filled, schema)
    if wrong is not None:
        return Abstention(f"{rule.name!r} matches, but {wrong}")
    return Reply(source, 1.0, tool_calls=((name, filled),))


def _filled(value: Any, groups: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _SLOT.sub(lambda slot: groups.get(slot[1], slot[0]), value)
    if isinstance(value, Mapping):
        return {key: _filled(item, groups) for key, item in value.items()}
    return [_filled(item, groups) for item in value] if isinstance(value, list | tuple) else value


def _slots(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield from _SLOT.findall(value)
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _slots(item)
