"""What a tier answered, as the core records it; and what the core decided, as the host shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from llama_index.core.base.llms.types import ChatResponse, CompletionResponse

from llama_index.llms.tierwise.messages import to_openai_message
from tierwise.plan import Plan
from tierwise.types import Answer, Usage

KEY = "tierwise"
"""Where a response's `additional_kwargs` hold the decision."""

Response = TypeVar("Response", ChatResponse, CompletionResponse)

# Names of token counts, in the order in which they are looked for: OpenAI, Anthropic, Gemini, Ollama.
_INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "candidates_token_count", "eval_count")
_CACHED = ("cached_tokens", "cached_content_token_count")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")


class Heard(Generic[Response]):
    """What a stream has said so far. LlamaIndex's chunks are snapshots, so the last one holds it all; usage comes once."""

    def __init__(self) -> None:
        self.last: Response | None = None
        self._usage: Usage | None = None

    def add(self, chunk: Response) -> None:
        """Takes in the next chunk."""
        self.last = chunk
        self._usage = usage_of(chunk) or self._usage

    def answer(self) -> Answer:
        """The answer as far as it was heard; an empty one when nothing was."""
        if self.last is None:
            return Answer({"role": "assistant", "content": ""})
        return answer_of(self.last, self._usage)


def answer_of(response: ChatResponse | CompletionResponse, usage: Usage | None = None) -> Answer:
    """A response as the core records it; `raw` is the response itself."""
    if isinstance(response, ChatResponse):
        message = to_openai_message(response.message)
    else:
        message = {"role": "assistant", "content": response.text}
    return Answer(
        message,
        model=_text(_get(response.raw, "model")),
        usage=usage or usage_of(response),
        finish_reason=_finish_reason(response.raw),
        logprobs=response.logprobs,
        raw=response,
    )


def usage_of(response: ChatResponse | CompletionResponse) -> Usage | None:
    """The tokens that the provider reported, wherever its package left them; None where it reported none."""
    holders = (
        _get(response.raw, "usage"),
        _get(response.raw, "usage_metadata"),
        response.raw,
        response.additional_kwargs,
    )
    for holder in holders:
        read, written = _count(holder, _INPUT), _count(holder, _OUTPUT)
        if read is not None and written is not None:
            return _usage(holder, read, written)
    return None


def with_record(response: Response, record: Mapping[str, Any]) -> Response:
    """A copy of the response that carries the record; everything else is the tier's own, `raw` included."""
    return response.model_copy(update={"additional_kwargs": {**response.additional_kwargs, KEY: record}})


def record_of(plan: Plan) -> dict[str, Any]:
    """The decision as plain values and, of the calls made so far, who was called and what it cost in USD."""
    attempts = [{"tier": tried.tier, "usd": tried.usd, "fault": tried.fault} for tried in plan.attempts]
    return {**plan.decision.to_dict(), "usd": plan.usd, "attempts": attempts}


def _usage(holder: Any, read: int, written: int) -> Usage:
    details = next((found for key in _DETAILS if (found := _get(holder, key))), holder)
    cached = _count(details, _CACHED) or 0
    to_cache = _count(holder, ("cache_creation_input_tokens",)) or 0
    if _count(holder, _INPUT[:1]) is None:
        # Anthropic counts what is read from or written to its cache beside `input_tokens`, not within.
        from_cache = _count(holder, ("cache_read_input_tokens",)) or 0
        read, cached = read + from_cache + to_cache, cached + from_cache
    return Usage(input=read, cached=cached, cache_write=to_cache, output=written)


def _finish_reason(raw: Any) -> str | None:
    choices = _get(raw, "choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return _text(_get(first, "finish_reason")) or _text(_get(raw, "stop_reason"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(holder: Any, keys: tuple[str, ...]) -> int | None:
    counts = (_get(holder, key) for key in keys)
    return next((count for count in counts if isinstance(count, int) and not isinstance(count, bool)), None)


def _get(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, Mapping) else getattr(holder, key, None)
