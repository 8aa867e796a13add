"""The adapter's loop: ask the core, call the tier at Runnable level, tell the core what came back.

The tier is called with the caller's own config, so that there is one run for one call, traced as the real model, and
tokens are counted once. A second try, one tier up, is a second run beside the first. A stream is decided before its first
chunk and never taken back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_tierwise.listening import has_listener, noted
from langchain_tierwise.marks import marked_chunk, note_of, trace_metadata
from langchain_tierwise.messages import apply_edits, to_openai
from langchain_tierwise.request import Request
from langchain_tierwise.roster import thinking_of
from langchain_tierwise.shapes import Shape
from langchain_tierwise.spoken import Spoken
from langchain_tierwise.watching import Seen, Shown, watch, with_handler
from tierwise.plan import Plan
from tierwise.router import Router


@dataclass(frozen=True)
class Dispatcher:
    """Carries calls out. Holds nothing that belongs to one call, so any number of threads and tasks may share it."""

    models: Mapping[str, Runnable[Any, Any]]
    router: Router
    rate_limiter: BaseRateLimiter | None = None

    def start(self, request: Request) -> Plan:
        """Decides which tier takes a call."""
        return self.router.start(to_openai(request.messages, self.router.tiers), **self._facts(request))

    async def astart(self, request: Request) -> Plan:
        """`start`, for async hosts."""
        return await self.router.astart(to_openai(request.messages, self.router.tiers), **self._facts(request))

    def run(self, request: Request, shape: Shape) -> Any:
        """One call, and perhaps a second one, one tier up."""
        plan, output = self.start(request), None
        if plan.done:
            model, messages, config = self._call_of(request, plan, raw=True)
            output = shape.call(model, messages, config, **request.call_options)
            plan = plan if shape.answer(output).fault is None else self.start(above_handlers(request, self.router))
        while not plan.done:
            self._wait()
            shown = Shown.where_watched(request.config)
            model, messages, config = self._call_of(request, plan, shown, raw=True)
            try:
                output = shape.call(model, messages, config, **request.call_options)
            except Exception as error:
                answer = shape.answer_in(error)
                plan = plan.failed(error) if answer is None else plan.after(answer, shown=bool(shown))
                if plan.done or shown:
                    raise
                continue
            plan = plan.after(shape.answer(output), shown=bool(shown))
        return shape.finished(output, note_of(plan))

    async def arun(self, request: Request, shape: Shape) -> Any:
        """`run`, for async hosts."""
        plan, output = await self.astart(request), None
        if plan.done:
            model, messages, config = self._call_of(request, plan, raw=True)
            output = await shape.acall(model, messages, config, **request.call_options)
            usable = shape.answer(output).fault is None
            plan = plan if usable else await self.astart(above_handlers(request, self.router))
        while not plan.done:
            await self._await()
            shown = Shown.where_watched(request.config)
            model, messages, config = self._call_of(request, plan, shown, raw=True)
            try:
                output = await shape.acall(model, messages, config, **request.call_options)
            except Exception as error:
                answer = shape.answer_in(error)
                told = plan.afailed(error) if answer is None else plan.aafter(answer, shown=bool(shown))
                plan = await told
                if plan.done or shown:
                    raise
                continue
            plan = await plan.aafter(shape.answer(output), shown=bool(shown))
        return shape.finished(output, note_of(plan))

    def stream(self, request: Request) -> Iterator[Any]:
        """The tier's chunks as they come, the decision on the first one. Only a failure before it may go one tier up."""
        plan = self.start(request)
        while True:
            if not plan.done:
                self._wait()
            seen = Seen()
            model, messages, config = self._call_of(request, plan, seen if request.form else None)
            try:
                with closing(model.stream(messages, config, **request.call_options)) as chunks:  # type: ignore[type-var]
                    for chunk in chunks:
                        yield chunk if seen.add(chunk) else marked_chunk(chunk, note_of(plan))
            except Exception as error:
                plan = plan if plan.done else plan.failed(error)
                if plan.done or seen.any:
                    raise
                continue
            except BaseException:  # the caller has gone: what it saw is booked
                seen.book(plan)
                raise
            seen.book(plan)
            return

    async def astream(self, request: Request) -> AsyncGenerator[Any, None]:
        """`stream`, for async hosts."""
        plan = await self.astart(request)
        while True:
            if not plan.done:
                await self._await()
            seen = Seen()
            model, messages, config = self._call_of(request, plan, seen if request.form else None)
            try:
                async with aclosing(model.astream(messages, config, **request.call_options)) as chunks:  # type: ignore[type-var]
                    async for chunk in chunks:
                        yield chunk if seen.add(chunk) else marked_chunk(chunk, note_of(plan))
            except Exception as error:
                plan = plan if plan.done else await plan.afailed(error)
                if plan.done or seen.any:
                    raise
                continue
            except BaseException:  # being cancelled is no time to wait for a store
                seen.book(plan)
                raise
            await seen.abook(plan)
            return

    def events(self, request: Request) -> Any:
        """The tier's own typed stream (`stream_events(version="v3")`), its message marked and booked when it is whole."""
        plan = self.start(request)
        if not plan.done:
            self._wait()
        model, messages, config = self._call_of(request, plan)
        return watch(model.stream_events(messages, config, version="v3", **request.call_options), plan)

    async def aevents(self, request: Request) -> Any:
        """`events`, for async hosts."""
        plan = await self.astart(request)
        if not plan.done:
            await self._await()
        model, messages, config = self._call_of(request, plan)
        stream: Any = model.astream_events(messages, config, version="v3", **request.call_options)
        return watch(await stream, plan)

    def _facts(self, request: Request) -> dict[str, Any]:
        return {**request.facts(), "thinking": thinking_of(self.models, request.options)}

    def _call_of(
        self, request: Request, plan: Plan, handler: BaseCallbackHandler | None = None, *, raw: bool | None = None
    ) -> tuple[Runnable[Any, Any], list[BaseMessage], RunnableConfig]:
        tier_model: Runnable[Any, Any] = Spoken.of(plan) if plan.done else self.models[plan.tier.name]
        messages = history_for(request.messages, plan)
        return request.on(tier_model, include_raw=raw), messages, config_of(request.config, plan, handler)

    def _wait(self) -> None:
        if self.rate_limiter is not None:
            self.rate_limiter.acquire(blocking=True)

    async def _await(self) -> None:
        if self.rate_limiter is not None:
            await self.rate_limiter.aacquire(blocking=True)


def above_handlers(request: Request, router: Router) -> Request:
    """The same call, for a tier with a model: the weakest as the floor bounds nothing but the handlers."""
    return replace(request, wishes={"floor": router.tiers[0].name, **request.wishes})


def history_for(messages: list[BaseMessage], plan: Plan) -> list[BaseMessage]:
    """The history as the plan's tier will accept it; the list itself where nothing has to change."""
    return apply_edits(messages, plan.edits) if plan.edits else messages


def config_of(config: RunnableConfig, plan: Plan, handler: BaseCallbackHandler | None = None) -> RunnableConfig:
    """The caller's config for one tier's run. A second run cannot have the id of the first."""
    metadata = {**(config.get("metadata") or {}), **trace_metadata(plan)}
    changed: RunnableConfig = {**config, "metadata": metadata}
    if plan.attempts and not plan.done:
        changed.pop("run_id", None)
    if handler is not None:
        changed["callbacks"] = with_handler(config.get("callbacks"), handler)
    if has_listener(changed):
        changed["callbacks"] = noted(changed.get("callbacks"), note_of(plan))
    return changed
