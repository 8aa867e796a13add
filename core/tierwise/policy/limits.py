"""Which tiers may take a step at all: abilities, window, latency, floor and ceiling. Known before choosing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

from tierwise.policy.rules import Rule
from tierwise.tiers import Tier
from tierwise.types import Limits, Signals, Step

_Hardness = Literal["wish", "bound", "ability", "window"]
# When no tier is left, what is given up first. A window is given up last: the call would surely fail.
_GIVEN_UP_IN_ORDER: tuple[_Hardness, ...] = ("wish", "bound", "ability", "window")


def limits_for(
    step: Step,
    signals: Signals,
    output_tokens: int,
    ladder: Sequence[Tier],
    rules: Sequence[Rule] = (),
    max_latency_ms: float | None = None,
    factors: Mapping[str, float] | None = None,
) -> Limits:
    """The tiers that may take this step.

    Args:
        step: Its floor, ceiling, tools and required form count.
        signals: Its size, images, kind.
        output_tokens: Room to leave in the window.
        ladder: The tiers, weakest first.
        rules: Bounds set by a person; all that apply are combined.
        max_latency_ms: The longest typical latency wished for; tiers without a known one pass.
        factors: Tier name to the tokens that it counts for an estimated one; see `tierwise.policy.counting`.

    Returns:
        At least one allowed tier, in the order of the ladder. Where nothing satisfies everything, wishes are given up
        before bounds, bounds before abilities, abilities before the window, and `excluded` keeps the reasons.
    """
    found: dict[str, tuple[_Hardness, str]] = {}
    floor, ceiling = _bounds(step, signals, ladder, rules)
    for rank, tier in enumerate(ladder):
        obstacle = _obstacle(step, signals, output_tokens, tier, (factors or {}).get(tier.name, 1.0))
        if obstacle is None and not floor <= rank <= ceiling:
            obstacle = ("bound", "below the floor" if rank < floor else "above the ceiling")
        if obstacle is None and max_latency_ms is not None and (tier.latency_ms or 0.0) > max_latency_ms:
            obstacle = ("wish", f"typical latency {tier.latency_ms:g} ms is over {max_latency_ms:g} ms")
        if obstacle is not None:
            found[tier.name] = obstacle
    excluded = {name: words for name, (_, words) in found.items()}
    given_up: set[_Hardness] = set()
    allowed = tuple(tier.name for tier in ladder if tier.name not in found)
    for hardness in _GIVEN_UP_IN_ORDER:
        if allowed:
            break
        given_up.add(hardness)
        allowed = tuple(tier.name for tier in ladder if found[tier.name][0] in given_up)
    return Limits(allowed, excluded)


def _obstacle(
    step: Step, signals: Signals, output_tokens: int, tier: Tier, factor: float
) -> tuple[_Hardness, str] | None:
    need = ceil(signals.input_tokens * factor) + output_tokens
    if need > tier.context_tokens:
        return "window", f"needs {need} tokens, its window holds {tier.context_tokens}"
    if signals.tools and step.tool_choice != "none" and not tier.tools:
        return "ability", "cannot call tools"
    if signals.images and not tier.vision:
        return "ability", "cannot see images"
    if signals.structured_output and not tier.structured_output:
        return "ability", "cannot keep to a schema"
    return None


def _bounds(step: Step, signals: Signals, ladder: Sequence[Tier], rules: Sequence[Rule]) -> tuple[int, int]:
    """The highest floor and the lowest ceiling, as ranks on the ladder; where they cross, the floor wins."""
    rank = {tier.name: i for i, tier in enumerate(ladder)}
    floor = rank[step.floor] if step.floor is not None else 0
    ceiling = rank[step.ceiling] if step.ceiling is not None else len(ladder) - 1
    for rule in rules:
        if rule.applies(signals, step.metadata):
            floor = max(floor, rank[rule.at_least]) if rule.at_least is not None else floor
            ceiling = min(ceiling, rank[rule.at_most]) if rule.at_most is not None else ceiling
    return floor, max(floor, ceiling)
