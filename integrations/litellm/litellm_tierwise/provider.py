"""`tierwise/…` as a provider of litellm: every call goes to the cheapest tier that will do the step well.

    import litellm, litellm_tierwise

    litellm_tierwise.register("tierwise.yaml")
    litellm.completion(model="tierwise/auto", messages=[{"role": "user", "content": "What are your opening hours?"}])

The tier is called with litellm itself, so its answer, its cost and its exceptions are those of a direct call. Of the two
calls that litellm sees, the outer one is kept out of the logs and the tier's own is logged: measured against the other
way round, that gives the real model's name, its provider and, for streams too, the cost of a direct call.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import litellm
from litellm import CustomLLM

from litellm_tierwise.calls import Call, Route
from litellm_tierwise.messages import answer_of, attach
from litellm_tierwise.opening import OpenStream, StreamOpener
from litellm_tierwise.streams import arelay, relay
from tierwise.errors import ConfigError, StepError
from tierwise.plan import Plan
from tierwise.router import Router
from tierwise.tiers import Tier

PROVIDER = "tierwise"
CONFIG_VARIABLE = "TIERWISE_CONFIG"
"""Names the configuration file where none is given."""


class TierwiseLLM(CustomLLM):  # type: ignore[misc]  # litellm is not followed by mypy
    """The provider. One serves all routers: `tierwise/<name>` is the router registered as `<name>`."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[str, Route] = {}

    def completion(self, model: str, messages: list[Any], **given: Any) -> Any:
        """Answers, with a second try one tier up where the first answer cannot be used."""
        call, plan = self._start(model, messages, given)
        responses = [litellm.completion(**call.arguments(plan))] if plan.done else []
        while not plan.done:
            try:
                response = litellm.completion(**call.arguments(plan))
            except Exception as error:
                plan = plan.failed(error)
                if plan.done:
                    raise
            else:
                responses.append(response)
                plan = plan.after(answer_of(response))
        return _finished(plan, responses)

    async def acompletion(self, model: str, messages: list[Any], **given: Any) -> Any:
        """`completion`, async; or an open stream, where `opening` has marked the call."""
        call, plan = await self._astart(model, messages, given)
        if call.opens_stream:
            plan, stream = await _aopened(call, plan)
            return OpenStream(stream, plan, call.wants_usage)
        responses = [await litellm.acompletion(**call.arguments(plan))] if plan.done else []
        while not plan.done:
            try:
                response = await litellm.acompletion(**call.arguments(plan))
            except Exception as error:
                plan = await plan.afailed(error)
                if plan.done:
                    raise
            else:
                responses.append(response)
                plan = await plan.aafter(answer_of(response))
        return _finished(plan, responses)

    def streaming(self, model: str, messages: list[Any], **given: Any) -> Iterator[Any]:
        """Streams. The tier's call begins here, so that its exception reaches the caller as it is."""
        call, plan = self._start(model, messages, given)
        while True:
            try:
                stream = litellm.completion(**call.arguments(plan, stream=True))
            except Exception as error:
                plan = plan if plan.done else plan.failed(error)
                if plan.done:
                    raise
            else:
                return relay(stream, plan)

    async def astreaming(self, model: str, messages: list[Any], **given: Any) -> AsyncIterator[Any]:
        """Streams, async. litellm begins to read it only after it has been handed to the caller."""
        plan, stream = await _aopened(*await self._astart(model, messages, given))
        async for chunk in arelay(stream, plan):
            yield chunk

    def _start(self, model: str, messages: list[Any], given: Mapping[str, Any]) -> tuple[Call, Plan]:
        try:
            call = Call(self._route(model), messages, given)
            plan = call.start()
        except StepError as error:
            raise _refusal(error, model) from error
        call.silence()
        return call, plan

    async def _astart(self, model: str, messages: list[Any], given: Mapping[str, Any]) -> tuple[Call, Plan]:
        try:
            call = Call(self._route(model), messages, given)
            plan = await call.astart()
        except StepError as error:
            raise _refusal(error, model) from error
        call.silence()
        return call, plan

    def _route(self, model: str) -> Route:
        if model not in self.routes:
            raise StepError(
                f"no router is registered as {model!r}, only {sorted(self.routes)!r}: call litellm_tierwise.register"
            )
        return self.routes[model]


_PROVIDER = TierwiseLLM()
_OPENER = StreamOpener()


def register(
    router: Router | Sequence[Tier] | str | Path | None = None,
    *,
    name: str = "auto",
    litellm_params: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Router:
    """Makes `tierwise/<name>` a model of litellm. To register a name again replaces its router.

    Args:
        router: A router, tiers, or the path of a `tierwise.yaml`; None takes the path from `TIERWISE_CONFIG`.
        name: What follows `tierwise/` in the model's name.
        litellm_params: Tier name to what its calls of `litellm.completion` are given: `api_base`, `api_key`, `model`, …
            It holds whatever the caller of `tierwise/…` says. By default a tier's own `model` is called.
        settings: Of `Router`, where `router` is a list of tiers.

    Returns:
        The router.

    Raises:
        ConfigError: The file or the tiers are wrong, or a name is unknown.
    """
    if not name or "/" in name:
        raise ConfigError(f"name is {name!r}: give a word without '/', such as 'auto'")
    built = _router(router, settings)
    _PROVIDER.routes[name] = Route(built, dict(litellm_params or {}))
    litellm.logging_callback_manager.add_litellm_callback(_OPENER)
    others = [item for item in litellm.custom_provider_map if item["provider"] != PROVIDER]
    litellm.custom_provider_map = [*others, {"provider": PROVIDER, "custom_handler": _PROVIDER}]
    return built


def _router(given: Router | Sequence[Tier] | str | Path | None, settings: Mapping[str, Any]) -> Router:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return Router(given, **settings)
    if settings:
        raise ConfigError(f"{sorted(settings)!r} go with a list of tiers: a router or a file has settings of its own")
    if isinstance(given, Router):
        return given
    path = given or os.environ.get(CONFIG_VARIABLE)
    if not path:
        raise ConfigError(f"no router: give one, a list of tiers, a path, or set {CONFIG_VARIABLE}")
    return Router.from_yaml(path)


async def _aopened(call: Call, plan: Plan) -> tuple[Plan, Any]:
    while True:
        try:
            return plan, await litellm.acompletion(**call.arguments(plan, stream=True))
        except Exception as error:
            plan = plan if plan.done else await plan.afailed(error)
            if plan.done:
                raise


def _refusal(error: StepError, model: str) -> Exception:
    """What litellm calls a request that is no step, or that asks for a router that nobody has registered."""
    refusal: Exception = litellm.BadRequestError(str(error), model=model, llm_provider=PROVIDER)
    return refusal


def _finished(plan: Plan, responses: Sequence[Any]) -> Any:
    """The last answer, as litellm gave it. What a discarded first one was billed is a part of what the caller pays."""
    response = responses[-1].model_copy()  # litellm still has to log the tier's own
    attach(response, plan)
    if len(responses) > 1:
        costs = [r._hidden_params.get("response_cost") or 0.0 for r in responses]
        response._hidden_params["response_cost"] = sum(costs)
    return response
