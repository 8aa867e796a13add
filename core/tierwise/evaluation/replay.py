"""Recorded runs of agents through the router: where would each step have gone, and what would it have cost?

Every assistant message of a run was one model call, hence one step, decided on by `router.start` with what stood before it.
The run itself goes on as it was recorded, whichever tier is chosen: a replay says what routing costs, not what it does to
the answers.

How cost is counted. A step's tokens are those that were billed for it where the run says so (they are the recorded
model's, and taken for every tier), else estimated from the text, messages and tool schemas in, the recorded answer out.
They are priced at list price for three ways to go: routed, always the top tier, always the cheapest one. Each way has its
own prompt caches: a tier that has read the beginning of a run before reads it again at its cached price, as long as the
run lasts (recorded runs seldom have clock times), and where a provider bills for cache writes, what is new is written.
`usd_uncached` is the same without any cache.
"""

from __future__ import annotations

import heapq
import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import uuid4

import numpy as np

from tierwise.errors import StepError
from tierwise.evaluation.replay_report import (
    ALWAYS_CHEAPEST,
    ALWAYS_TOP,
    ROUTED,
    CacheFigures,
    CostlyStep,
    ReplayReport,
    TraceCost,
)
from tierwise.evaluation.traces import Skipped, Trace
from tierwise.policy.cost import billed_usd, held_after, with_cache_parts
from tierwise.router import Router
from tierwise.signals.tokens import estimate_tokens
from tierwise.step import checked_step
from tierwise.tiers import Tier
from tierwise.types import Answer, Decision, Held, Message, Step, Usage

_AS_ROUTED = ""  # beside the tiers' names, of which none is empty
_WARM_UP = ({"role": "user", "content": "hello"},)
_COSTLIEST = 15
_MAX_DEPTH = 40
_MAX_TRACE_COSTS = 4_000

__all__ = ["ReplayReport", "replay", "steps_of", "written_tokens"]

Progress = Callable[[Trace | Skipped], None]


def replay(
    traces: Iterable[Trace | Skipped],
    router: Router,
    on_progress: Progress | None = None,
    *,
    quality: float | None = None,
    cache: bool = False,
) -> ReplayReport:
    """Decides on every step of recorded runs, and adds up what they would cost.

    In shadow mode, and under `TIERWISE_FORCE_TIER`, what routing would choose is counted.

    Args:
        traces: Taken one at a time; what was skipped while reading is counted. A run that is none is skipped here.
        router: Its store gets to know the runs, under new conversation ids: for a router in service, make a second one.
        on_progress: Called after each run, and for each skipped one.
        quality: Overrides the router's.
        cache: Also counts the switches taken, and those avoided for a cache's sake; each step is then decided on twice.
    """
    router.start(_WARM_UP, quality=quality)  # loads the encoder: a decision in service does not wait for that
    tally = _Tally(router, quality, cache)
    for trace in traces:
        done = tally.add(trace)
        if on_progress is not None:
            on_progress(done)
    return tally.report()


def steps_of(trace: Trace) -> Iterator[int]:
    """The indices of the assistant messages that were model calls: not scripted, and with something before them."""
    for i, message in enumerate(trace.messages):
        if i > 0 and message["role"] == "assistant" and not message.get("scripted"):
            yield i


class _Ledger:
    """What one way to go has cost in one run, and which prefixes its tiers' providers still hold."""

    def __init__(self) -> None:
        self.usd = 0.0
        self.cached = 0
        self.read = 0
        self._held: dict[str, Held] = {}

    def charge(self, tier: Tier, usage: Usage) -> float:
        before = self._held.get(tier.name)
        billed = with_cache_parts(tier, usage, before, now=0.0)
        usd = billed_usd(tier, billed)
        self._held[tier.name] = held_after(tier, usage.input, billed, now=0.0)
        self.usd += usd
        self.cached += billed.cached
        self.read += billed.input
        return usd


class _Tally:
    """Adds up one run after another. Its size does not grow with them but for 8 bytes a step."""

    def __init__(self, router: Router, quality: float | None, cache: bool = False) -> None:
        self._router = router
        self._quality = quality
        self._cache = cache
        self._tiers = {tier.name: tier for tier in router.tiers}
        self._weakest = next(
            iter(self._tiers)
        )  # as a floor it bounds nothing but the handlers: a replay is about models
        self._run = uuid4().hex
        self._count: Counter[str | tuple[str, str]] = Counter()
        self._where_to: Counter[tuple[str, str]] = Counter()
        self._depths: Counter[tuple[int, str]] = Counter()
        self._usd: defaultdict[str, float] = defaultdict(float)
        self._usd_uncached: defaultdict[str, float] = defaultdict(float)
        self._ms = array("d")
        self._trace_costs: list[TraceCost] = []
        self._stride = 1
        self._costliest: list[tuple[float, int, CostlyStep]] = []

    def add(self, trace: Trace | Skipped) -> Trace | Skipped:
        """Replays a run; returns it, or what is wrong with it."""
        if isinstance(trace, Trace):
            try:
                self._add(trace)
            except StepError as error:
                trace = Skipped(trace.where, str(error))
        if isinstance(trace, Skipped):
            self._count["skipped"] += 1
        return trace

    def report(self) -> ReplayReport:
        """The figures so far."""
        names, top = list(self._tiers), self._router.top.name
        cheapest = min(names, key=lambda name: (self._usd[name], self._tiers[name].prices.usd_per_mtok_in))
        kinds = [kind for kind, _ in _sums(self._where_to, 0).most_common()]
        by_tier = _sums(self._where_to, 1)
        ms = np.frombuffer(self._ms) if self._ms else np.zeros(1)
        return ReplayReport(
            traces=self._count["traces"],
            steps=len(self._ms),
            by_tier={name: by_tier[name] for name in names},
            by_kind={kind: _sums(self._where_to, 0)[kind] for kind in kinds},
            by_kind_and_tier={kind: {name: self._where_to[kind, name] for name in names} for kind in kinds},
            by_depth=self._by_depth(names),
            usd=_ways(self._usd, top, cheapest),
            usd_uncached=_ways(self._usd_uncached, top, cheapest),
            decision_ms={"p50": float(np.percentile(ms, 50)), "p99": float(np.percentile(ms, 99))},
            skipped=self._count["skipped"],
            metered=self._count["metered"],
            fallbacks=self._count["fallbacks"],
            tools_missing=self._count["tools_missing"],
            tiers=tuple(self._tiers.values()),
            top=top,
            cheapest=cheapest,
            trace_costs=tuple(self._trace_costs),
            costliest=tuple(step for _, _, step in sorted(self._costliest, reverse=True)),
            cache=self._cache_figures(top) if self._cache else None,
        )

    def _cache_figures(self, top: str) -> CacheFigures:
        shares = {
            way: self._count["cached", ledger] / max(1, self._count["read", ledger])
            for way, ledger in ((ROUTED, _AS_ROUTED), (ALWAYS_TOP, top))
        }
        return CacheFigures(self._count["switches"], self._count["avoided"], shares)

    def _add(self, trace: Trace) -> None:
        checked_step(Step(trace.messages, trace.tools))  # as a whole, so that a run is replayed from end to end or not
        number = self._count["traces"]
        ledgers = {way: _Ledger() for way in (_AS_ROUTED, *self._tiers)}
        depth, current = 0, None
        for depth, index in enumerate(steps_of(trace), start=1):
            decision, usage = self._decide(trace, index, f"replay-{self._run}-{number}")
            if self._cache and current is not None:
                self._note_switch(trace, index, current, decision.would_choose)
            current = decision.would_choose
            self._note(trace.where, depth, decision, usage, ledgers)
        self._count["traces"] += 1
        self._count["tools_missing"] += trace.tools_missing
        for way, ledger in ledgers.items():
            self._usd[way] += ledger.usd
            self._count["cached", way] += ledger.cached
            self._count["read", way] += ledger.read
        always = {name: ledgers[name].usd for name in self._tiers}
        self._keep(number, TraceCost(trace.where, depth, ledgers[_AS_ROUTED].usd, always))

    def _decide(self, trace: Trace, index: int, conversation_id: str) -> tuple[Decision, Usage]:
        """The decision on one step. The recorded answer is then given to the plan, so that caches are known to it."""
        before, answer = trace.messages[:index], trace.messages[index]
        plan = self._router.start(
            before, trace.tools, conversation_id=conversation_id, quality=self._quality, floor=self._weakest
        )
        usage = trace.usage.get(index)
        self._count["metered"] += usage is not None
        if usage is None:
            usage = Usage(input=plan.decision.signals.input_tokens, output=written_tokens(answer))
        held = plan.state.held.get(plan.tier.name)
        billed = with_cache_parts(plan.tier, usage, held, now=0.0 if held is None else held.at)
        plan.after(Answer(answer, usage=billed), shown=True)
        return plan.decision, usage

    def _note_switch(self, trace: Trace, index: int, current: str, chosen: str) -> None:
        """Counts a change of tier, or one that only a cache has kept from happening."""
        if chosen != current:
            self._count["switches"] += 1
            return
        blind = self._router.start(
            trace.messages[:index],
            trace.tools,
            conversation_id=uuid4().hex,
            quality=self._quality,
            floor=self._weakest,
        )
        self._count["avoided"] += blind.decision.would_choose != current

    def _note(self, where: str, depth: int, decision: Decision, usage: Usage, ledgers: Mapping[str, _Ledger]) -> None:
        chosen = decision.would_choose
        self._ms.append(decision.decision_ms)
        self._count["fallbacks"] += decision.fallback
        self._where_to[decision.kind, chosen] += 1
        self._depths[min(depth, _MAX_DEPTH), chosen] += 1
        for name, tier in self._tiers.items():
            ledgers[name].charge(tier, usage)
            self._usd_uncached[name] += billed_usd(tier, usage)
        tier = self._tiers[chosen]
        self._usd_uncached[_AS_ROUTED] += billed_usd(tier, usage)
        usd = ledgers[_AS_ROUTED].charge(tier, usage)
        costly = (usd, -len(self._ms), CostlyStep(where, depth, chosen, decision.kind, decision.reasons, usage, usd))
        (heapq.heappush if len(self._costliest) < _COSTLIEST else heapq.heappushpop)(self._costliest, costly)

    def _keep(self, number: int, cost: TraceCost) -> None:
        """Keeps every run's cost while they are few, then every second one, and so on."""
        if number % self._stride == 0:
            self._trace_costs.append(cost)
        if len(self._trace_costs) > _MAX_TRACE_COSTS:
            self._trace_costs = self._trace_costs[::2]
            self._stride *= 2

    def _by_depth(self, names: list[str]) -> tuple[Mapping[str, int], ...]:
        deepest = max((depth for depth, _ in self._depths), default=0)
        return tuple({name: self._depths[depth, name] for name in names} for depth in range(1, deepest + 1))


def _sums(table: Mapping[tuple[str, str], int], axis: int) -> Counter[str]:
    sums: Counter[str] = Counter()
    for key, count in table.items():
        sums[key[axis]] += count
    return sums


def _ways(usd: Mapping[str, float], top: str, cheapest: str) -> dict[str, float]:
    return {ROUTED: usd[_AS_ROUTED], ALWAYS_TOP: usd[top], ALWAYS_CHEAPEST: usd[cheapest]}


def written_tokens(answer: Message) -> int:
    """Estimated tokens of a recorded answer: its text and its calls."""
    content, calls = answer.get("content"), answer.get("tool_calls")
    written = content if isinstance(content, str) else json.dumps(content, default=str) if content else ""
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return estimate_tokens(written) + sum(estimate_tokens(json.dumps(function, default=str)) for function in functions)
