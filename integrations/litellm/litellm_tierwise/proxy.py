"""The litellm proxy: `tierwise/auto` stands before the model groups of `config.yaml`.

    litellm_settings:
      callbacks: litellm_tierwise.proxy.tierwise      # beside a tierwise.yaml whose models are names of model_list

The request is decided before the proxy looks for a deployment, and its model becomes the chosen tier's. From there on it
is a request like any other: the group's keys, limits, retries, fallbacks and cooldowns hold, one event is logged with the
real model and its cost, and streams are the proxy's own. An alias in `router_settings` (`model_group_alias: {tierwise/auto:
<a group>}`) is worth its line: the model is listed then, and litellm counts the usage of streams that do not ask for it.

What a handler answers goes out as a mock response of the weakest tier's group, whose limits hold: whole or as a stream,
logged with the handler as its tier, no tokens and no cost. No deployment is called.

Two other ways were weighed. A `custom_provider_map` entry needs a deployment beside it, and calls models past the proxy's
groups, their keys and their limits. A `classifier_plugin` is shown neither tools nor answers, and takes more lines. The
price of this way: an answer that cannot be used is not tried again, as it is the proxy that calls; the provider does that.
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from litellm_tierwise.calls import options_of
from litellm_tierwise.messages import (
    HEADER_ID,
    HEADER_TIER,
    METADATA_KEY,
    answer_of,
    for_logs,
    said_by,
    step_facts,
    thinks_by,
    to_openai,
)
from tierwise.config import FILE_NAME
from tierwise.errors import StepError
from tierwise.plan import Plan
from tierwise.router import Router

log = logging.getLogger(__name__)

MODEL = "tierwise/auto"
CONFIG_VARIABLE = "TIERWISE_CONFIG"
"""Names the `tierwise.yaml`; without it, the one in the folder where the proxy was started."""

_CHAT = ("completion", "acompletion")
_OPEN_PLANS = 10_000


class ProxyRouter(CustomLogger):  # type: ignore[misc]  # litellm is not followed by mypy
    """The hook. A tier's `model` (its name, where it has none) is the `model_name` of a group in `model_list`."""

    def __init__(self, router: Router, model: str = MODEL) -> None:
        super().__init__()
        self._router = router
        self._model = model
        self._open: OrderedDict[str, Plan] = OrderedDict()

    async def async_pre_call_hook(
        self,
        user_api_key_dict: Any,
        cache: Any,
        data: dict[str, Any],
        call_type: str,
    ) -> dict[str, Any] | None:
        """Decides, and puts the tier's model and the history that it accepts into the request.

        Raises:
            HTTPException: 400, where the request is not a step or not a chat completion.
        """
        if data.get("model") != self._model:
            return None
        if call_type not in _CHAT:
            raise _refusal(f"{self._model} answers chat completions, not {call_type!r}")
        try:
            plan = await self._start(data, _whose(user_api_key_dict, data))
        except StepError as error:
            raise _refusal(str(error)) from error
        if plan.done:  # a handler has answered: the proxy says so as if the weakest group had, and calls nobody
            data["mock_response"] = said_by(plan)
        called = self._router.tiers[0] if plan.done else plan.tier
        data["model"] = called.model or called.name
        data["messages"] = plan.messages
        data["metadata"] = {**(data.get("metadata") or {}), METADATA_KEY: for_logs(plan)}
        if not plan.done:
            self._keep(data.get("litellm_call_id"), plan)
        return data

    async def async_post_call_response_headers_hook(
        self,
        data: dict[str, Any],
        user_api_key_dict: Any,
        response: Any,
        request_headers: dict[str, str] | None = None,
        litellm_call_info: dict[str, Any] | None = None,
    ) -> dict[str, str] | None:
        """Names the tier in the headers of answers, streams and errors."""
        decided = (data.get("metadata") or {}).get(METADATA_KEY)
        return {HEADER_TIER: decided["tier"], HEADER_ID: decided["id"]} if decided else None

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Tells the plan what was answered and billed; of a stream litellm gives the aggregate."""
        plan = self._open.pop(kwargs.get("litellm_call_id"), None)
        if plan is not None:
            await plan.aafter(answer_of(response_obj), shown=True)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Tells the plan that the tier failed. The proxy may have groups to fall back to; that is its own business."""
        plan = self._open.pop(kwargs.get("litellm_call_id"), None)
        if plan is not None:
            await plan.afailed(kwargs.get("exception") or RuntimeError("the proxy's call failed"))

    async def _start(self, data: dict[str, Any], user: str | None) -> Plan:
        options = options_of(data.pop(METADATA_KEY, None))
        facts = {
            **step_facts(data),
            "conversation_id": data.get("litellm_session_id"),
            "user": user,
            "metadata": data.get("metadata"),
            "thinking": self._thinking(data),
        }
        return await self._router.astart(to_openai(data.get("messages") or []), **{**facts, **options})

    def _thinking(self, data: dict[str, Any]) -> dict[str, bool] | None:
        """Of what a group's own parameters say, nothing is known here: `thinking` in `tierwise.yaml` is for that."""
        thinks = thinks_by(data)
        return None if thinks is None else {tier.name: thinks for tier in self._router.tiers}

    def _keep(self, call_id: Any, plan: Plan) -> None:
        """Until the answer is logged. A plan whose end nobody reports is dropped in time: it counts as abandoned."""
        if isinstance(call_id, str):
            self._open[call_id] = plan
            if len(self._open) > _OPEN_PLANS:
                self._open.popitem(last=False)


def from_environment() -> ProxyRouter:
    """The hook over the file that `TIERWISE_CONFIG` names.

    Raises:
        ConfigError: The file is missing or wrong; the proxy does not start then.
    """
    return ProxyRouter(Router.from_yaml(Path(os.environ.get(CONFIG_VARIABLE) or FILE_NAME)))


def _whose(key: Any, data: dict[str, Any]) -> str | None:
    """Keeps conversations of different keys and users apart, though they may begin with the same words."""
    parts = (getattr(key, "api_key", None), getattr(key, "user_id", None), data.get("user"))
    return ":".join(str(part) for part in parts if part) or None


def _refusal(words: str) -> Exception:
    from fastapi import HTTPException  # the proxy brings it

    return HTTPException(status_code=400, detail={"error": words})


def __getattr__(name: str) -> Any:
    if name != "tierwise":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = from_environment()  # built when the proxy reads its configuration, and once
    return globals()[name]
