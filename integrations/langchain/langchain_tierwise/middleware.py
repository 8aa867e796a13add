"""`TierwiseMiddleware`: the same routing, as a middleware of `create_agent`.

    from langchain.agents import create_agent
    from langchain_tierwise import TierwiseMiddleware

    tiers = {"small": ChatOpenAI(model="gpt-4.1-nano"), "top": ChatAnthropic(model="claude-opus-4-6")}
    agent = create_agent(tiers["top"], tools, middleware=[TierwiseMiddleware(tiers, quality=0.95)])

Each step is decided before tools and response format are bound, so that each tier gets them in the form that suits it.
What is remembered of a run is in the run's own state; the middleware holds nothing of it, and may serve many at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, NotRequired, TypeAlias, TypedDict, cast

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.runnables import ensure_config
from langchain_core.runnables.config import var_child_runnable_config

from langchain_tierwise.copies import SharesItsEngine
from langchain_tierwise.dispatch import history_for
from langchain_tierwise.forms import choice_of, form_of, tools_of
from langchain_tierwise.marks import marked, note_of
from langchain_tierwise.messages import answer_of, to_openai
from langchain_tierwise.request import RawTools, Request
from langchain_tierwise.roster import check_names, models_of, router_for, thinking_of
from langchain_tierwise.shapes import as_json
from langchain_tierwise.spoken import Spoken, message_of
from langchain_tierwise.watching import Shown, with_handler
from tierwise.assembly import handlers_apart
from tierwise.errors import ConfigError, MissingExtra
from tierwise.plan import Plan
from tierwise.prices import Prices
from tierwise.router import Router
from tierwise.tiers import Tier
from tierwise.types import Answer

try:
    from langchain.agents.middleware import model_fallback
    from langchain.agents.middleware.types import (
        AgentMiddleware,
        AgentState,
        ExtendedModelResponse,
        ModelRequest,
        ModelResponse,
        PrivateStateAttr,
    )
    from langchain.agents.structured_output import StructuredOutputError
    from langgraph.errors import GraphBubbleUp
    from langgraph.types import Command
except ImportError as error:
    raise MissingExtra("langchain", "agents", "langchain-tierwise") from error

Handler: TypeAlias = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncHandler: TypeAlias = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
Response: TypeAlias = ExtendedModelResponse[Any] | ModelResponse[Any]

# LangChain's own removal of what only one provider takes (cache markers), used when a model is exchanged for another.
_portable_request: Callable[[ModelRequest[Any], Any], ModelRequest[Any]] = getattr(
    model_fallback, "_sanitize_request_for_fallback", lambda request, _: request
)

# Under this key of a step's own state (which the graph drops after the step) stands the model of a request that failed
# here: when the same step comes again with another one, somebody outside of us (ModelFallbackMiddleware) has chosen it.
_FAILED = "tierwise_failed_model"


class RunState(TypedDict):
    """What is kept of a run: the last step's tier and kind, how many steps were routed, what they were billed in USD."""

    tier: str
    kind: str
    steps: int
    usd: float


class TierwiseState(AgentState[Any]):
    """The agent's state, with ours in it, out of sight of input and output."""

    tierwise: NotRequired[Annotated[RunState, PrivateStateAttr]]


class TierwiseMiddleware(SharesItsEngine, AgentMiddleware[TierwiseState, Any, Any]):
    """Sends each step of an agent to the cheapest tier that will do it well.

    Args:
        tiers: Name to a chat model, or a string for `init_chat_model`; or to a handler, which is asked before them.
        quality: Share of the top tier's adequate answers to keep over all traffic, above 0 and at most 1.
        router: A router of your own, whose tiers have these names; instead of all that follows.
        prices: Prices by tier name, for models that the catalogue does not list.
        facts: `Tier` objects, for tiers of which more than the price is to be given by hand.
        settings: For `Router`: `embedder`, `policy`, `rules`, `mode`, `on_tier_error`, …

    Raises:
        ConfigError: Something given is wrong.
        UnknownModel: No price is known for a model, and none is given.
    """

    state_schema = TierwiseState

    def __init__(
        self,
        tiers: Mapping[str, Any],
        *,
        quality: float | None = None,
        router: Router | None = None,
        prices: Mapping[str, Prices] | None = None,
        facts: Iterable[Tier] = (),
        **settings: Any,
    ) -> None:
        super().__init__()
        self.tools = []
        given, handlers = handlers_apart(tiers)
        self.tiers = models_of(given, {})
        if router is not None and (prices or facts or handlers or settings):
            raise ConfigError("router and its settings are both given: tell the router, or leave it out")
        if quality is not None and router is None:
            settings["quality"] = quality
        self.quality = quality
        self.router = router or router_for(self.tiers, facts, prices, handlers, **settings)
        check_names(self.tiers, self.router)

    def __copy__(self) -> TierwiseMiddleware:
        """Itself: it holds nothing of a run, nor anything that is changed."""
        return self

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> Response:
        """Routes a step; an unusable answer goes one tier up, once, as a second call of `handler`."""
        if _chosen_outside(request):
            return handler(request)
        messages, facts = self._step(request)
        plan = self.router.start(messages, **facts)
        if plan.done:
            response = _spoken(request, plan)
            if response is not None:
                return _finished(request, response, plan)
            plan = self.router.start(messages, **{**facts, "floor": self.router.tiers[0].name})
        while True:
            try:
                with _watched() as shown:
                    response = handler(self._on_tier(request, plan))
            except GraphBubbleUp:
                raise
            except Exception as error:
                answer = _answer_in_error(error)
                plan = plan.failed(error) if answer is None else plan.after(answer, shown=bool(shown))
                if plan.done or shown:
                    _remember_failure(request)
                    raise
                continue
            plan = plan.after(_answer_in(response), shown=bool(shown))
            if plan.done:
                return _finished(request, response, plan)

    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> Response:
        """`wrap_model_call`, for async agents."""
        if _chosen_outside(request):
            return await handler(request)
        messages, facts = self._step(request)
        plan = await self.router.astart(messages, **facts)
        if plan.done:
            response = _spoken(request, plan)
            if response is not None:
                return _finished(request, response, plan)
            plan = await self.router.astart(messages, **{**facts, "floor": self.router.tiers[0].name})
        while True:
            try:
                with _watched() as shown:
                    response = await handler(self._on_tier(request, plan))
            except GraphBubbleUp:
                raise
            except Exception as error:
                answer = _answer_in_error(error)
                told = plan.afailed(error) if answer is None else plan.aafter(answer, shown=bool(shown))
                plan = await told
                if plan.done or shown:
                    _remember_failure(request)
                    raise
                continue
            plan = await plan.aafter(_answer_in(response), shown=bool(shown))
            if plan.done:
                return _finished(request, response, plan)

    def _step(self, request: ModelRequest[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The step that a request is: messages in OpenAI form, and the other facts."""
        tools = tools_of(request.tools, request.response_format)
        asked = Request(
            _history(request),
            ensure_config(),
            request.model_settings,
            RawTools(tools) if tools else None,
            choice_of(request.tool_choice, request.response_format),
            form_of(request.response_format),
            {"quality": self.quality} if self.quality is not None else {},
        )
        facts = {**asked.facts(), "thinking": thinking_of(self.tiers, request.model_settings)}
        return to_openai(asked.messages, self.router.tiers), facts

    def _on_tier(self, request: ModelRequest[Any], plan: Plan) -> ModelRequest[Any]:
        """The request for the tier, its history in the form that the tier accepts."""
        model = self.tiers[plan.tier.name]
        changes: dict[str, Any] = {"model": model}
        before = _history(request)
        history = history_for(before, plan)
        if history is not before:
            if request.system_message is not None and history and isinstance(history[0], SystemMessage):
                changes["system_message"] = history.pop(0)
            changes["messages"] = history
        changed: ModelRequest[Any] = request.override(**changes)
        return changed if model is request.model else _portable_request(changed, model)


def _history(request: ModelRequest[Any]) -> list[BaseMessage]:
    system: list[BaseMessage] = [] if request.system_message is None else [request.system_message]
    return [*system, *request.messages]


def _chosen_outside(request: ModelRequest[Any]) -> bool:
    failed = request.state.get(_FAILED) if isinstance(request.state, dict) else None
    return failed is not None and failed is not request.model


def _remember_failure(request: ModelRequest[Any]) -> None:
    if isinstance(request.state, dict):
        cast("dict[str, Any]", request.state)[_FAILED] = request.model


@contextmanager
def _watched() -> Iterator[Shown | None]:
    """Within it, where somebody watches tokens, the model that is called tells us whether any went out."""
    config = ensure_config()
    shown = Shown.where_watched(config)
    if shown is None:
        yield None
        return
    token = var_child_runnable_config.set({**config, "callbacks": with_handler(config.get("callbacks"), shown)})
    try:
        yield shown
    finally:
        var_child_runnable_config.reset(token)


def _answer_in_error(error: Exception) -> Answer | None:
    """An answer that does not parse is an answer, and unusable; anything else is a failed call."""
    if not isinstance(error, StructuredOutputError):
        return None
    return answer_of(error.ai_message, fault=f"it does not parse as the form asked for ({type(error).__name__})")


def _spoken(request: ModelRequest[Any], plan: Plan) -> ModelResponse[Any] | None:
    """What a handler has answered, without a call of anybody; None where it is not in the form asked for."""
    message, form = message_of(plan), form_of(request.response_format)
    if form is None or message.tool_calls:
        by_tool = request.response_format is not None and form is None  # then a text is no answer
        return None if by_tool and not message.tool_calls else ModelResponse(result=[message])
    chain = Spoken.of(plan).with_structured_output(form.schema)
    try:
        return ModelResponse(result=[message], structured_response=chain.invoke([], {"callbacks": []}))
    except OutputParserException:
        return None


def _answer_in(response: ModelResponse[Any]) -> Answer:
    """The answer as the core judges it: what was parsed stands for the call or the text it was parsed from."""
    said = [message for message in response.result if isinstance(message, AIMessage)]
    if not said:
        return Answer({"role": "assistant", "content": ""})
    answer = answer_of(said[-1])
    if response.structured_response is not None:
        return replace(answer, message={"role": "assistant", "content": as_json(response.structured_response)})
    if any(isinstance(message, ToolMessage) for message in response.result):
        return replace(answer, fault="it does not parse as the form asked for")
    return answer


def _finished(request: ModelRequest[Any], response: ModelResponse[Any], plan: Plan) -> ExtendedModelResponse[Any]:
    note = note_of(plan)
    result = [marked(message, note) if isinstance(message, AIMessage) else message for message in response.result]
    before: Mapping[str, Any] = request.state.get("tierwise") or {}  # type: ignore[assignment]
    run = RunState(
        tier=plan.decision.tier,
        kind=plan.decision.kind,
        steps=before.get("steps", 0) + 1,
        usd=before.get("usd", 0.0) + plan.usd,
    )
    return ExtendedModelResponse(replace(response, result=result), Command(update={"tierwise": run}))
