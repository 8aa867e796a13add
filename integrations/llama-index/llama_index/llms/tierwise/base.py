"""A LlamaIndex LLM that is several: each call goes to the cheapest tier that will do it well.

The router's methods carry none of the host's event decorators: the LLM of the chosen tier emits its own events, so that
every call is counted once, under the name of the model that answered.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM, ToolSelection
from llama_index.core.tools import BaseTool

from llama_index.llms.tierwise.answers import KEY
from llama_index.llms.tierwise.copies import reduced
from llama_index.llms.tierwise.dispatch import arelay, arun, relay, run
from llama_index.llms.tierwise.request import FACTS, TOOLS, ChatRequest, CompletionRequest, RawTools
from llama_index.llms.tierwise.spoken import Spoken
from llama_index.llms.tierwise.tiers import (
    calls_functions,
    check_router,
    checked_tiers,
    given,
    plain_prices,
    priced_tiers,
    thinking_of,
)
from tierwise.assembly import handlers_apart
from tierwise.plan import Plan
from tierwise.prices import Prices
from tierwise.router import Router
from tierwise.tiers import Tier

_ROUTER_SETTINGS = frozenset(inspect.signature(Router).parameters) - {"tiers", "quality"}


class Tierwise(FunctionCallingLLM):
    """Sends every call to the cheapest tier that will do it well.

    The decision stands in the response's `additional_kwargs["tierwise"]`: tier, reasons, chances, expected and billed
    cost. Bounds and names for one step come as `tierwise={"conversation_id": …, "user": …, "quality": …, "floor": …,
    "ceiling": …, "metadata": …}`, or, through agents and engines, from `with instrument_tags({"session_id": …}):`.

    Args:
        tiers: Name to LLM. Prices and windows are found by each LLM's `metadata.model_name`. A handler among them (an
            object with `handle(step, reading)`) is asked first and answers without an LLM; see `tierwise.handlers`.
        quality: Share of the top tier's adequate answers to keep, above 0 and at most 1; 0.95 unless set.
        prices: Name to prices in USD per million tokens, for models that the catalogue does not know.
        facts: `Tier` objects, for tiers of which more than the price is to be given by hand.
        router: A router whose tiers bear the same names; it brings its own quality, prices and settings.
        callback_manager: Given to every tier, as their events are the ones that count.
        rate_limiter: Asked before every call of any tier, besides the tier's own.
        **settings: Other settings of `Router` (`mode`, `rules`, `embedder`, …) or fields of a LlamaIndex LLM
            (`system_prompt`, `output_parser`, …).

    Raises:
        ConfigError: There are no tiers, one is no LLM, names do not match, or a router comes with settings of its own.
        UnknownModel: No price is known for a model; the message names the closest.
        TypeError: A setting is unknown.

    Examples:
        `pip install llama-index-llms-tierwise`

        ```python
        from llama_index.llms.openai import OpenAI
        from llama_index.llms.tierwise import Tierwise

        llm = Tierwise(tiers={"small": OpenAI(model="gpt-4.1-nano"), "top": OpenAI(model="gpt-5.1")}, quality=0.95)
        response = llm.complete("What are your opening hours?")
        response.additional_kwargs["tierwise"]["tier"]
        ```
    """

    # Tiers hold keys: they are left out of every dump and every representation.
    tiers: dict[str, LLM] = Field(exclude=True, repr=False, description="Tier name to LLM.")
    quality: float = Field(description="Share of the top tier's adequate answers to keep.")
    prices: dict[str, Any] | None = Field(default=None, description="Tier name to prices in USD per million tokens.")

    _router: Router = PrivateAttr()
    _settings: dict[str, Any] = PrivateAttr()
    _handlers: dict[str, Any] = PrivateAttr(default_factory=dict)

    def __init__(
        self,
        tiers: Mapping[str, LLM] | None = None,
        *,
        quality: float | None = None,
        prices: Mapping[str, Prices] | None = None,
        facts: Iterable[Tier] = (),
        router: Router | None = None,
        **settings: Any,
    ) -> None:
        models, handlers = handlers_apart(tiers)
        named = checked_tiers(models)
        own = {key: settings.pop(key) for key in list(settings) if key in _ROUTER_SETTINGS}
        unknown = [key for key in settings if key not in LLM.model_fields]
        if unknown:
            raise TypeError(f"Tierwise() takes no setting {unknown[0]!r}: set it on the tiers' own LLMs")
        own.update(given(quality=quality, prices=prices, facts=tuple(facts) or None))
        if router is None:
            by_hand = {key: own[key] for key in own if key not in ("prices", "facts")}
            router = Router([*handlers, *priced_tiers(named, prices or {}, own.get("facts", ()))], **by_hand)
        else:
            check_router(named, router, {"handlers": handlers, **own} if handlers else own)
            own = {"router": router}
        fields = {key: value for key, value in settings.items() if value is not None}
        super().__init__(tiers=named, quality=router.quality, prices=plain_prices(prices), **fields)
        self._router = router
        self._settings = own
        self._handlers = {tier.name: tier.handler for tier in handlers}
        if "callback_manager" in fields:
            self._share_callbacks()

    @classmethod
    def from_yaml(cls, path: str | Path, tiers: Mapping[str, LLM], **fields: Any) -> Self:
        """Builds it from a `tierwise.yaml`, whose tiers bear the names of `tiers`.

        Raises:
            ConfigError: The file is missing or wrong (the message names line and key), or the names do not match.
        """
        return cls(tiers, router=Router.from_yaml(path), **fields)

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex knows the class."""
        return "tierwise_llm"

    @property
    def router(self) -> Router:
        """The engine that decides: `llm.router.estimate(…)`, `llm.router.tiers`."""
        return self._router

    @property
    def metadata(self) -> LLMMetadata:
        """What holds for every tier: the smallest window and output, and function calling only where all can."""
        of_tiers = [llm.metadata for llm in self.tiers.values()]
        outputs = [each.num_output for each in of_tiers if each.num_output > 0]
        roles = {each.system_role for each in of_tiers}
        return LLMMetadata(
            context_window=min(each.context_window for each in of_tiers),
            num_output=min(outputs, default=-1),
            is_chat_model=True,
            is_function_calling_model=all(map(calls_functions, self.tiers.values())),
            model_name="tierwise",
            system_role=roles.pop() if len(roles) == 1 else MessageRole.SYSTEM,
        )

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Chats with the chosen tier."""
        request = ChatRequest.of(messages, kwargs)

        def call(plan: Plan) -> ChatResponse:
            llm = self._admitted(plan)
            history, options = request.for_tier(llm, plan)
            return llm.chat(history, **options)

        return run(self._router.start(**self._step(request)), call)

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """`chat`, awaited."""
        request = ChatRequest.of(messages, kwargs)

        async def call(plan: Plan) -> ChatResponse:
            llm = await self._aadmitted(plan)
            history, options = request.for_tier(llm, plan)
            return await llm.achat(history, **options)

        return await arun(await self._router.astart(**self._step(request)), call)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Streams the chosen tier's answer; every chunk carries the decision."""
        request = ChatRequest.of(messages, kwargs)

        def call(plan: Plan) -> ChatResponseGen:
            llm = self._admitted(plan)
            history, options = request.for_tier(llm, plan)
            return llm.stream_chat(history, **options)

        return relay(self._router.start(**self._step(request)), call)

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """`stream_chat`: awaited, then iterated."""
        request = ChatRequest.of(messages, kwargs)

        async def call(plan: Plan) -> ChatResponseAsyncGen:
            llm = await self._aadmitted(plan)
            history, options = request.for_tier(llm, plan)
            return await llm.astream_chat(history, **options)

        return await arelay(await self._router.astart(**self._step(request)), call)

    def _step(self, request: ChatRequest) -> dict[str, Any]:
        return {**request.step(), "thinking": thinking_of(self.tiers, request.kwargs)}

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Has the chosen tier complete a prompt."""
        request = CompletionRequest.of(prompt, formatted, kwargs)

        def call(plan: Plan) -> CompletionResponse:
            return self._admitted(plan).complete(request.prompt_for(plan), **request.kwargs)

        return run(self._router.start(**request.step()), call)

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """`complete`, awaited."""
        request = CompletionRequest.of(prompt, formatted, kwargs)

        async def call(plan: Plan) -> CompletionResponse:
            llm = await self._aadmitted(plan)
            return await llm.acomplete(request.prompt_for(plan), **request.kwargs)

        return await arun(await self._router.astart(**request.step()), call)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Streams the chosen tier's completion; every chunk carries the decision."""
        request = CompletionRequest.of(prompt, formatted, kwargs)

        def call(plan: Plan) -> CompletionResponseGen:
            return self._admitted(plan).stream_complete(request.prompt_for(plan), **request.kwargs)

        return relay(self._router.start(**request.step()), call)

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """`stream_complete`: awaited, then iterated."""
        request = CompletionRequest.of(prompt, formatted, kwargs)

        async def call(plan: Plan) -> CompletionResponseAsyncGen:
            llm = await self._aadmitted(plan)
            return await llm.astream_complete(request.prompt_for(plan), **request.kwargs)

        return await arelay(await self._router.astart(**request.step()), call)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The tool calls in a response, as the tier that gave it reads them.

        Raises:
            ValueError: There are none, and `error_on_no_tool_call` is set.
        """
        llm = self._answerer(response)
        if isinstance(llm, FunctionCallingLLM):
            return llm.get_tool_calls_from_response(response, error_on_no_tool_call=error_on_no_tool_call, **kwargs)
        if error_on_no_tool_call:
            raise ValueError(f"Expected at least one tool call, but a {type(llm).__name__} answered, which makes none.")
        return []

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Carries the tools along as they are: how they are formatted is the chosen tier's business."""
        said = ChatMessage(role=MessageRole.USER, content=user_msg) if isinstance(user_msg, str) else user_msg
        messages = [*(chat_history or []), *([] if said is None else [said])]
        facts = {FACTS: kwargs.pop(FACTS)} if FACTS in kwargs else {}
        raw = RawTools(tools, allow_parallel_tool_calls, tool_required, verbose, kwargs)
        return {"messages": messages, TOOLS: raw, **facts}

    def _validate_chat_with_tools_response(
        self, response: ChatResponse, tools: Sequence[BaseTool], allow_parallel_tool_calls: bool = False, **kwargs: Any
    ) -> ChatResponse:
        llm = self._answerer(response)
        if not isinstance(llm, FunctionCallingLLM):
            return response
        return llm._validate_chat_with_tools_response(  # the host's own hook
            response, tools, allow_parallel_tool_calls=allow_parallel_tool_calls, **kwargs
        )

    def _answerer(self, response: ChatResponse) -> LLM:
        """The LLM that gave a response; the top tier's where the response does not say."""
        record = response.additional_kwargs.get(KEY)
        name = record.get("tier") if isinstance(record, Mapping) else None
        if name in [tier.name for tier in self._router.handlers]:
            return Spoken(tier=str(name))
        return self.tiers[name if name in self.tiers else self._router.top.name]

    def _admitted(self, plan: Plan) -> LLM:
        if plan.done:
            return Spoken.of(plan, callback_manager=self.callback_manager)
        if self.rate_limiter is not None:
            self.rate_limiter.acquire()
        return self.tiers[plan.tier.name]

    async def _aadmitted(self, plan: Plan) -> LLM:
        if plan.done:
            return Spoken.of(plan, callback_manager=self.callback_manager)
        if self.rate_limiter is not None:
            await self.rate_limiter.async_acquire()
        return self.tiers[plan.tier.name]

    def _share_callbacks(self) -> None:
        for llm in self.tiers.values():
            llm.callback_manager = self.callback_manager

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "callback_manager" and self.callback_manager is value:
            self._share_callbacks()

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "tiers", {name: llm.metadata.model_name for name, llm in self.tiers.items()}
        yield "quality", self.quality

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.model_copy()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some settings changed; however deep, it shares router and tiers, which hold nothing of one call."""
        return super().model_copy(update=update)
