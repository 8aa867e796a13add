"""A call of `tierwise/…` as the call of a tier: everything the caller said, and what holds for that tier.

Where both speak of the same thing, the tier's own parameters hold. So a key or a temperature given for one tier's model
is never replaced by one that was meant for another's, and no key goes to an address that it was not given for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litellm_tierwise.messages import METADATA_KEY, for_logs, said_by, step_facts, thinks_by, to_openai
from tierwise.catalogue.lookup import split_provider
from tierwise.catalogue.names import canonical_provider
from tierwise.errors import ConfigError, StepError
from tierwise.plan import Plan
from tierwise.router import Router
from tierwise.tiers import Tier

OPTIONS = ("conversation_id", "user", "quality", "floor", "ceiling", "metadata")
"""What a caller may say to the router: `litellm.completion(…, tierwise={"floor": "mid"})`."""
OPENS_STREAM = "tierwise_opens_stream"
"""Marks a plain call that is to be answered with a stream; see `opening`."""

# Of litellm's own parameters, those that concern the call of a model. `max_retries` comes with the OpenAI ones.
_CARRIED = (
    "api_version",
    "azure_ad_token",
    "azure_ad_token_provider",
    "azure_password",
    "azure_scope",
    "azure_username",
    "client_id",
    "client_secret",
    "disable_add_transform_inline_image_block",
    "drop_params",
    "litellm_metadata",
    "litellm_request_debug",
    "litellm_session_id",
    "litellm_trace_id",
    "merge_reasoning_content_in_choices",
    "proxy_server_request",
    "tenant_id",
    "user_continue_message",
)
_CARRIED_PREFIX = "aws_"

# What litellm renames or drops on the way to a custom provider, and still holds in what it logs. A tier may know them.
_RESTORED = ("max_tokens", "max_completion_tokens", "reasoning_effort", "thinking", "verbosity", "user")


@dataclass(frozen=True)
class Route:
    """A router, and how litellm reaches its tiers: tier name to parameters of `litellm.completion`."""

    router: Router
    litellm_params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Checks the names.

        Raises:
            ConfigError: `litellm_params` names a tier that the router does not have.
        """
        names = [tier.name for tier in self.router.tiers]
        for name in self.litellm_params:
            if name not in names:
                raise ConfigError(f"litellm_params names tier {name!r}, but the tiers are {names!r}")


class Call:
    """One call of `tierwise/…`.

    Args:
        route: The router that was asked for.
        messages: As given to litellm.
        given: The other arguments that litellm hands to a `CustomLLM`.
    """

    def __init__(self, route: Route, messages: Sequence[Any], given: Mapping[str, Any]) -> None:
        self._route = route
        self._messages = to_openai(messages)
        self._logged: Mapping[str, Any] = getattr(given.get("logging_obj"), "model_call_details", None) or {}
        self._params = self._restored(given["optional_params"])
        self._options = options_of(self._params.pop(METADATA_KEY, None))
        self.opens_stream = bool(self._params.pop(OPENS_STREAM, False))
        self._litellm_params: Mapping[str, Any] = given.get("litellm_params") or {}
        self._own = {name: given[name] for name in ("api_key", "api_base", "timeout", "client") if given.get(name)}
        self._headers: Mapping[str, str] = given.get("headers") or {}
        self._no_log = self._litellm_params.get("no-log")
        self.wants_usage = bool((self._params.get("stream_options") or {}).get("include_usage"))

    def start(self) -> Plan:
        """Decides.

        Raises:
            StepError: What was given is not a step.
        """
        return self._route.router.start(self._messages, **self._facts())

    async def astart(self) -> Plan:
        """`start`, for async calls."""
        return await self._route.router.astart(self._messages, **self._facts())

    def arguments(self, plan: Plan, stream: bool = False) -> dict[str, Any]:
        """What `litellm.completion` or `litellm.acompletion` is called with for the plan's tier."""
        if plan.done:
            return self._told(plan, stream)
        of_tier = dict(self._route.litellm_params.get(plan.tier.name, {}))
        headers = {**self._headers, **of_tier.pop("extra_headers", {})}
        arguments: dict[str, Any] = {
            **self._params,
            **self._carried(),
            **self._own,
            "model": litellm_model(plan.tier),
            "messages": plan.messages,
            "stream": stream,
            "caching": False,  # litellm has looked into its cache for the outer call already
            **of_tier,
            "metadata": {**(self._litellm_params.get("metadata") or {}), METADATA_KEY: for_logs(plan)},
        }
        if headers:
            arguments["extra_headers"] = headers
        if not plan.attempts:  # one call, one id in the logs; a second attempt is a call of its own
            arguments["litellm_call_id"] = self._litellm_params.get("litellm_call_id")
        if stream:  # asked for always: without it litellm bills a stream at nothing
            arguments["stream_options"] = {"include_usage": True, **(of_tier.get("stream_options") or {})}
        else:
            arguments.pop("stream_options", None)
        return arguments

    def _told(self, plan: Plan, stream: bool) -> dict[str, Any]:
        """For a plan that a handler has answered: litellm is told the answer, and calls nobody."""
        return {
            **({"no-log": True} if self._no_log else {}),
            "model": f"openai/{plan.tier.name}",
            "messages": plan.messages,
            "api_key": "none",
            "mock_response": said_by(plan),
            "stream": stream,
            "caching": False,
            "metadata": {**(self._litellm_params.get("metadata") or {}), METADATA_KEY: for_logs(plan)},
            "litellm_call_id": self._litellm_params.get("litellm_call_id"),
            **({"stream_options": {"include_usage": True}} if stream else {}),
        }

    def silence(self) -> None:
        """Keeps litellm from logging the outer call: the tier's own call is logged, with the model that was billed."""
        if isinstance(self._logged.get("litellm_params"), dict):
            self._logged["litellm_params"]["no-log"] = True

    def _facts(self) -> dict[str, Any]:
        of_litellm = {
            "conversation_id": self._litellm_params.get("litellm_session_id"),
            "user": self._params.get("user"),
            "metadata": self._litellm_params.get("metadata"),
            "thinking": self._thinking(),
        }
        return {**step_facts(self._params), **of_litellm, **self._options}

    def _thinking(self) -> dict[str, bool]:
        """Which tiers this call asks to think, and which not to; where a tier has parameters of its own, they hold."""
        params = {tier.name: self._route.litellm_params.get(tier.name, {}) for tier in self._route.router.tiers}
        asked = {name: thinks_by({**self._params, **own}) for name, own in params.items()}
        return {name: thinks for name, thinks in asked.items() if thinks is not None}

    def _restored(self, params: Mapping[str, Any]) -> dict[str, Any]:
        said = self._logged.get("optional_params") or {}
        known = {name: said[name] for name in _RESTORED if said.get(name) is not None}
        renamed = "max_completion_tokens" in known and "max_tokens" not in known
        return {**{k: v for k, v in params.items() if not (renamed and k == "max_tokens")}, **known}

    def _carried(self) -> dict[str, Any]:
        given = self._litellm_params
        carried = {k: v for k, v in given.items() if v and (k in _CARRIED or k.startswith(_CARRIED_PREFIX))}
        if given.get("ssl_verify") is not None:
            carried["ssl_verify"] = given["ssl_verify"]
        if self._no_log:
            carried["no-log"] = True
        return carried


def litellm_model(tier: Tier) -> str:
    """What litellm calls a tier's model: `provider/model`, or the bare name where nobody knows the provider."""
    model = tier.model or tier.name
    stated, bare = split_provider(model)
    if stated is not None and "/" in model.partition(":")[0]:
        return model  # in litellm's own form
    provider = stated or (canonical_provider(tier.provider) if tier.provider else None)
    return f"{provider}/{bare}" if provider else model


def options_of(given: Any) -> dict[str, Any]:
    """What the caller says to the router.

    Raises:
        StepError: It is no mapping, or holds an unknown key.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise StepError(f"tierwise is a {type(given).__name__}: give a dict with any of {list(OPTIONS)!r}")
    unknown = [key for key in given if key not in OPTIONS]
    if unknown:
        raise StepError(f"tierwise has the unknown key {unknown[0]!r}: allowed are {list(OPTIONS)!r}")
    return {key: value for key, value in given.items() if value is not None}
