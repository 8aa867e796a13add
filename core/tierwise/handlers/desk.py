"""The handlers of one router: asked one after the other, watched while they answer, and heard what people thought.

A handler is the user's own code, in the way of every step. It is calm here, whatever it does: what it raises, or gives in
a wrong form, is an abstention with a reason. It is asked in the caller's thread, and nothing can stop it there; a thread
for each call would cost more than most handlers do. So time is measured and shown (`Decision.handler_ms`), a handler that
is slow is told of once in the log, and one that took over a second three times in a row is left alone for a minute. One
that never returns holds its step up for ever: what waits for others needs a time-out of its own.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.handlers.asking import Asked, FaultOf, Usable, answer_in, sure
from tierwise.handlers.judged import Judged
from tierwise.tiers import Tier
from tierwise.types import HandlerStats, Reading, Step

__all__ = ["ASIDE_S", "SLOW_MS", "STUCK_MS", "Desk"]

log = logging.getLogger(__name__)

SLOW_MS: Final = 10.0
"""What a handler may take; see `tierwise.protocols.Handler`."""
STUCK_MS: Final = 1_000.0
ASIDE_S: Final = 60.0
_IN_A_ROW: Final = 3
_REMEMBERED: Final = 4_096
_LONGEST_REASON: Final = 160


@dataclass(slots=True)
class _Watch:
    """How one handler has behaved. Counts may miss one where threads meet, which nobody decides by."""

    asked: int = 0
    answered: int = 0
    failed: int = 0
    ms: float = 0.0
    max_ms: float = 0.0
    slow: int = 0
    slow_in_a_row: int = 0
    stuck_in_a_row: int = 0
    aside_until: float = float("-inf")
    warned: bool = False

    def count(self, ms: float, usable: Usable) -> None:
        """Takes in one asking."""
        self.asked += 1
        self.answered += usable.reply is not None
        self.failed += usable.failed
        self.ms += ms
        self.max_ms = max(self.max_ms, ms)
        self.slow += ms > SLOW_MS
        self.slow_in_a_row = self.slow_in_a_row + 1 if ms > SLOW_MS else 0
        self.stuck_in_a_row = self.stuck_in_a_row + 1 if ms > STUCK_MS else 0


class Desk:
    """Asks handlers. Safe to share between threads.

    Args:
        handlers: Tiers with a handler, in the order in which they are asked.
        clock: Seconds, on which a stuck handler is left alone.
        timer: Seconds, by which a handler's time is measured.
    """

    def __init__(
        self,
        handlers: Sequence[Tier],
        clock: Callable[[], float] = time.monotonic,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.handlers = tuple(handlers)
        self.judged = Judged()
        self._clock = clock
        self._timer = timer
        self._watched = {tier.name: _Watch() for tier in self.handlers}
        self._sources: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def ask(self, step: Step, reading: Reading, fault_of: FaultOf) -> Asked:
        """The first answer that can be used, or none.

        Args:
            step: The step.
            reading: What was read off it.
            fault_of: What is wrong with an answer, in words; None where the agent can go on with it.
        """
        reasons: tuple[str, ...] = ()
        ms: dict[str, float] = {}
        for tier in self.handlers:
            against = self._against(tier)
            if against is not None:
                reasons += (f"{tier.name} not asked: {against}",)
                continue
            usable, ms[tier.name] = self._one(tier, step, reading, fault_of)
            reply = usable.reply
            if reply is not None:
                words = f"{tier.name} answers from {reply.source}, {sure(reply.confidence)} sure"
                return Asked((words, *reasons), tier, usable.answer, reply.source, ms)
            why = f": {usable.why}" if usable.why else ""
            reasons += (f"{tier.name} abstained{why}"[:_LONGEST_REASON],)
        return Asked(reasons, ms=ms)

    def remember(self, decision_id: str, handler: str, source: str) -> None:
        """Keeps where an answer came from, for feedback on it."""
        self._sources[decision_id] = handler, source
        if len(self._sources) > _REMEMBERED:
            self._sources.popitem(last=False)

    def answered_by(self, decision_id: str) -> str | None:
        """The handler that answered, where that is remembered."""
        found = self._sources.get(decision_id)
        return None if found is None else found[0]

    def hear(self, decision_id: str, score: float, weight: float) -> None:
        """Takes in what somebody thought of a remembered answer; see `tierwise.handlers.judged`."""
        handler, source = self._sources[decision_id]
        before = self.judged.set_aside(handler)
        self.judged.add(handler, source, score, weight)
        for gone in set(self.judged.set_aside(handler)) - set(before):
            log.warning("handler %r: answers from %r were judged bad and are set aside", handler, gone)

    def stats(self) -> Mapping[str, HandlerStats]:
        """How each handler has done, by name."""
        return {name: self._stats(name, watch) for name, watch in self._watched.items()}

    def _stats(self, name: str, watch: _Watch) -> HandlerStats:
        judged, total = self.judged.known(name)
        return HandlerStats(
            asked=watch.asked,
            answered=watch.answered,
            failed=watch.failed,
            mean_ms=watch.ms / max(1, watch.asked),
            max_ms=watch.max_ms,
            slow=watch.slow,
            judged=judged,
            mean_score=total / judged if judged else None,
            set_aside=self.judged.set_aside(name),
        )

    def _against(self, tier: Tier) -> str | None:
        """Why a handler is not asked now."""
        if self._watched[tier.name].aside_until > self._clock():
            return f"it took over {STUCK_MS / 1000:g} s {_IN_A_ROW} times in a row"
        return self.judged.against(tier.name)

    def _one(self, tier: Tier, step: Step, reading: Reading, fault_of: FaultOf) -> tuple[Usable, float]:
        began = self._timer()
        usable = answer_in(tier, step, reading, fault_of)
        ms = (self._timer() - began) * 1000
        self._watch(tier.name, ms, usable)
        if usable.reply is not None:
            against = self.judged.against(tier.name, usable.reply.source)
            if against is not None:
                return Usable(why=f"{against} ({usable.reply.source})"), ms
        return usable, ms

    def _watch(self, name: str, ms: float, usable: Usable) -> None:
        watch = self._watched[name]
        watch.count(ms, usable)
        if watch.slow_in_a_row >= _IN_A_ROW and not watch.warned:
            watch.warned = True
            log.warning("handler %r takes %.0f ms, and every step waits for it (said once)", name, ms)
        if watch.stuck_in_a_row >= _IN_A_ROW:
            watch.stuck_in_a_row, watch.aside_until = 0, self._clock() + ASIDE_S
            log.warning(
                "handler %r is stuck (%.0f ms, %d times in a row): left alone for a minute", name, ms, _IN_A_ROW
            )
