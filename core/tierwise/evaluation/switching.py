"""What switching tiers inside conversations costs and saves, with prompt caches on: ways to choose, at equal quality.

Recorded runs say what was read and written at every step; an estimator says how likely each tier is to do the step well. A
*way* decides where each step goes. The quality of a way is the sum of the chances of the tiers it chose, as a share of what
the top tier's would be; it buys quality at one price for all steps, and this price is bisected until the share is met. So
all ways are compared at the same estimated quality, and differ in cost alone.

- `always top`: the top tier at every step, its cache warm.
- `naive`: every step for itself, at list price, as if there were no caches.
- `sticky`: the first step decides, as naive does; the conversation stays there.
- `greedy`: every step at its cost now, caches and all, with no thought of the next.
- `unbounded`: greedy, less what a call keeps for later (`tierwise.policy.horizon`).
- `routed`: what the router does: that, and no run dearer than the top tier alone (`tierwise.policy.bound`).
- `oracle`: knows the rest of the conversation, tokens and chances, and finds the cheapest sequence: no way can be cheaper.

Every way is billed what its own calls would have been: what a tier holds of the run is what that way has sent there.

Source:
    The oracle solves the Lagrangian of "least cost at this quality" exactly, by dynamic programming over which step each
    tier was last called at; its duality gap on hundreds of runs is far below the figures printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tierwise.evaluation.replay import steps_of, written_tokens
from tierwise.evaluation.traces import Trace
from tierwise.policy.bound import MOST_OVER_TOP, bounded, headroom, top_alone
from tierwise.policy.choose import cheapest_at
from tierwise.policy.cost import EXPECTED_OUTPUT_TOKENS, billed_usd, costs_now, held_after, with_cache_parts
from tierwise.policy.counting import factors_of
from tierwise.policy.horizon import STEP_S, p_return
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Estimate, Floats, Kind, Reading, Step, Usage

__all__ = ["WAYS", "Oracle", "RunStep", "WayCost", "at_quality", "compare", "play", "read_runs", "routing"]

_LEAST, _GREATEST, _BISECTIONS = 1e-7, 1e2, 28


@dataclass(frozen=True, slots=True)
class RunStep:
    """One model call of a recorded run.

    Attributes:
        kind: What it was about to do.
        estimated_tokens: Input, from the text.
        usage: As recorded, or estimated where nothing was.
        p: Tier name to its chance, in [0, 1].
        at: Seconds since the run began.
    """

    kind: Kind
    estimated_tokens: int
    usage: Usage
    p: Mapping[str, float]
    at: float


Run = Sequence[RunStep]
Choose = Callable[[RunStep, ConversationState, Sequence[Tier], float], str]
"""A step, what is remembered of its conversation, the tiers, and the price of quality; returns a tier's name."""


@dataclass(frozen=True)
class WayCost:
    """What a way costs at a quality.

    Attributes:
        usd: Per run.
        chosen: Per run, where its steps went.
        kept: Sum of the chances of the tiers chosen, as a share of the top tier's.
        switches: Changes of tier inside runs.
        steps: Tier name to steps sent there.
    """

    usd: Floats
    chosen: Sequence[Sequence[str]]
    kept: float
    switches: int
    steps: Mapping[str, int]


def read_runs(
    traces: Iterable[Trace],
    read: Callable[[Step], Reading],
    estimate: Callable[[Sequence[Reading]], Sequence[Estimate]],
    step_s: float = STEP_S,
) -> list[list[RunStep]]:
    """Recorded runs as the ways see them.

    Args:
        traces: The runs; one without a model call is left out.
        read: Reads a step's signals.
        estimate: Chances of the tiers for many readings.
        step_s: Seconds from one step to the next: recorded runs seldom have clock times.
    """
    runs = []
    for trace in traces:
        at = list(steps_of(trace))
        readings = [read(Step(trace.messages[:i], trace.tools)) for i in at]
        if readings:
            rows = zip(at, readings, estimate(readings), strict=True)
            runs.append([_run_step(trace, i, r, e, n * step_s) for n, (i, r, e) in enumerate(rows)])
    return runs


def _run_step(trace: Trace, index: int, reading: Reading, estimate: Estimate, at: float) -> RunStep:
    tokens = reading.signals.input_tokens
    usage = trace.usage.get(index) or Usage(input=tokens, output=written_tokens(trace.messages[index]))
    return RunStep(reading.signals.kind, tokens, usage, estimate.p_adequate, at)


def naive(step: RunStep, _state: ConversationState, tiers: Sequence[Tier], price: float) -> str:
    """At list price, as if no provider had a cache."""
    expected = Usage(input=step.estimated_tokens, output=EXPECTED_OUTPUT_TOKENS[step.kind])
    costs = {tier.name: Cost(billed_usd(tier, expected), expected.input, 0, expected.output) for tier in tiers}
    return cheapest_at(price, step.p, costs, tuple(costs))


def sticky(step: RunStep, state: ConversationState, tiers: Sequence[Tier], price: float) -> str:
    """Where the first step went."""
    return state.last_tier or naive(step, state, tiers, price)


def greedy(step: RunStep, state: ConversationState, tiers: Sequence[Tier], price: float) -> str:
    """At the cost of this step alone, with caches."""
    return routing(lambda _kind: 0.0, None)(step, state, tiers, price)


def routing(back: Callable[[Kind], float] = p_return, most_over: float | None = MOST_OVER_TOP) -> Choose:
    """As the router's policy does.

    Args:
        back: Kind to the chance that a warm tier which does not take a step is called later.
        most_over: What a run may cost beyond the top tier alone, as a share; None sets no bound.
    """

    def choose(step: RunStep, state: ConversationState, tiers: Sequence[Tier], price: float) -> str:
        output, tokens = EXPECTED_OUTPUT_TOKENS[step.kind], step.estimated_tokens
        factors = factors_of(tiers, state, tokens, 0)
        costs = costs_now(tiers, tokens, output, state, step.at, back(step.kind), factors)
        names = tuple(costs)
        wanted = cheapest_at(price, step.p, costs, names)
        if most_over is None:
            return wanted
        room = headroom(state, top_alone(tiers[-1], tokens, output, state, step.at, factors), most_over)
        return bounded(wanted, price, step.p, costs, names, room)

    return choose


def always_top(_step: RunStep, _state: ConversationState, tiers: Sequence[Tier], _price: float) -> str:
    """The last of the tiers, which are in order of strength."""
    return tiers[-1].name


WAYS: Mapping[str, Choose] = {
    "naive": naive,
    "sticky": sticky,
    "greedy": greedy,
    "unbounded": routing(most_over=None),
    "routed": routing(),
}


def play(run: Run, tiers: Sequence[Tier], choose: Choose, price: float) -> tuple[float, list[str]]:
    """What a run costs a way, in USD, and where its steps went."""
    named = {tier.name: tier for tier in tiers}
    state, chosen = ConversationState("run"), []
    for step in run:
        name = choose(step, state, tiers, price)
        tier, before = named[name], state.held.get(name)
        usage = with_cache_parts(tier, step.usage, before, step.at)
        factors = factors_of(tiers, state, step.estimated_tokens, 0)
        alone = top_alone(tiers[-1], step.estimated_tokens, step.usage.output, state, step.at, factors)
        held = held_after(tier, step.estimated_tokens, usage, step.at, before)
        state = replace(
            state,
            last_tier=name,
            held={**state.held, name: held},
            spent_usd=state.spent_usd + billed_usd(tier, usage),
            top_usd=state.top_usd + alone * held.factor / factors[name],
        )
        chosen.append(name)
    return state.spent_usd, chosen


def at_quality(
    runs: Sequence[Run],
    tiers: Sequence[Tier],
    play_all: Callable[[float], list[tuple[float, list[str]]]],
    quality: float,
) -> WayCost:
    """The cheapest that a way does at a quality: its price of quality, bisected.

    Args:
        runs: The runs.
        tiers: Weakest first.
        play_all: Plays all runs at a price of quality.
        quality: Share of the top tier's adequate answers to keep.
    """
    top = sum(step.p[tiers[-1].name] for run in runs for step in run)
    low, high = np.log(_LEAST), np.log(_GREATEST)
    best = play_all(_GREATEST)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        played = play_all(float(np.exp(middle)))
        if _kept(runs, played) >= quality * top:
            high, best = middle, played
        else:
            low = middle
    return _way_cost(runs, tiers, best, top)


def _kept(runs: Sequence[Run], played: Sequence[tuple[float, Sequence[str]]]) -> float:
    pairs = zip(runs, played, strict=True)
    return sum(step.p[name] for run, (_, names) in pairs for step, name in zip(run, names, strict=True))


def _way_cost(
    runs: Sequence[Run], tiers: Sequence[Tier], played: Sequence[tuple[float, Sequence[str]]], top: float
) -> WayCost:
    names = [name for _, chosen in played for name in chosen]
    return WayCost(
        np.array([usd for usd, _ in played]),
        [chosen for _, chosen in played],
        _kept(runs, played) / top,
        sum(a != b for _, chosen in played for a, b in pairwise(chosen)),
        {tier.name: names.count(tier.name) for tier in tiers},
    )


@dataclass(frozen=True)
class Oracle:
    """A run that is known to its end, and what every call of it would cost.

    What matters of the past is when each tier was last called, for that says what it holds.

    Attributes:
        names: The tiers.
        p: Per step, per tier.
        usd: Per tier, per step, per step at which the tier was last called, from 0; the last entry stands for never.
    """

    names: tuple[str, ...]
    p: list[list[float]]
    usd: list[list[list[float]]]

    @classmethod
    def of(cls, run: Run, tiers: Sequence[Tier]) -> Oracle:
        """Prices every call that could be made in a run."""
        usd = [
            [[_usd_after(run, t, now, last) for last in (*range(now), -1)] for now in range(len(run))] for t in tiers
        ]
        return cls(tuple(t.name for t in tiers), [[step.p[t.name] for t in tiers] for step in run], usd)

    def play(self, price: float) -> tuple[float, list[str]]:
        """The sequence of tiers with the least cost less price times chances: its cost in USD, and where its steps go."""
        found: dict[tuple[int, ...], tuple[float, float, tuple[int, ...]]] = {(-1,) * len(self.names): (0.0, 0.0, ())}
        for now, p in enumerate(self.p):
            after: dict[tuple[int, ...], tuple[float, float, tuple[int, ...]]] = {}
            for last, (value, usd, chosen) in found.items():
                for i, chance in enumerate(p):
                    paid = self.usd[i][now][last[i]]
                    key = (*last[:i], now, *last[i + 1 :])
                    worth = value + paid - price * chance
                    if key not in after or worth < after[key][0]:
                        after[key] = (worth, usd + paid, (*chosen, i))
            found = after
        _, usd, chosen = min(found.values())
        return usd, [self.names[i] for i in chosen]


def _usd_after(run: Run, tier: Tier, now: int, last: int) -> float:
    """What a tier would be billed for a step, when it was last called at another one (-1: never)."""
    before = None
    if last >= 0:
        usage = with_cache_parts(tier, run[last].usage, None, 0.0)
        before = held_after(tier, run[last].estimated_tokens, usage, run[last].at)
    return billed_usd(tier, with_cache_parts(tier, run[now].usage, before, run[now].at))


def compare(
    runs: Sequence[Run],
    tiers: Sequence[Tier],
    quality: float,
    ways: Mapping[str, Choose] = WAYS,
    with_oracle: bool = True,
) -> dict[str, WayCost]:
    """What each way costs at a quality; `always top` and, where asked for, the `oracle` among them.

    Args:
        runs: The runs.
        tiers: Weakest first.
        quality: Share of the top tier's adequate answers to keep, above 0 and at most 1.
        ways: Name to way.
        with_oracle: Leave out the oracle, which takes most of the time.
    """
    top = sum(step.p[tiers[-1].name] for run in runs for step in run)
    costs = {"always top": _way_cost(runs, tiers, [play(run, tiers, always_top, 0.0) for run in runs], top)}
    if with_oracle:
        oracles = [Oracle.of(run, tiers) for run in runs]
        costs["oracle"] = at_quality(runs, tiers, lambda price: [oracle.play(price) for oracle in oracles], quality)
    for name, choose in ways.items():
        costs[name] = at_quality(runs, tiers, _played(runs, tiers, choose), quality)
    return costs


def _played(
    runs: Sequence[Run], tiers: Sequence[Tier], choose: Choose
) -> Callable[[float], list[tuple[float, list[str]]]]:
    return lambda price: [play(run, tiers, choose, price) for run in runs]
