"""Whole answers as the makers stream them: server-sent events, with texts, thoughts and arguments in pieces.

The order and the names of events are those of the makers' references, which stand beside each function.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def pieces(text: str) -> list[str]:
    """A text in up to three pieces."""
    third = max(1, len(text) // 3)
    cut = [text[:third], text[third : 2 * third], text[2 * third :]]
    return [piece for piece in cut if piece]


def sse(data: Mapping[str, Any], event: str | None = None) -> bytes:
    """One server-sent event."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(data)}\n\n".encode()


def of_chat(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """https://platform.openai.com/docs/api-reference/chat-streaming; `reasoning_content` as DeepSeek and vLLM stream it."""
    message = answer["choices"][0]["message"]
    frame = {**{key: answer[key] for key in ("id", "created", "model")}, "object": "chat.completion.chunk"}

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        return sse({**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(message.get("reasoning_content") or ""):
        yield chunk({"content": None, "reasoning_content": piece})
    for piece in _content_pieces(message.get("content")):
        yield chunk({"content": piece})
    for index, one in enumerate(message.get("tool_calls") or ()):
        first = {**one, "function": {**one["function"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": index, **first}]})
        for piece in pieces(one["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, answer["choices"][0]["finish_reason"])
    yield sse({**frame, "choices": [], "usage": answer["usage"]})
    yield b"data: [DONE]\n\n"


def of_mistral(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """https://docs.mistral.ai/api/#tag/chat: contents may be lists of chunks, calls come whole, usage with the last."""
    choice = answer["choices"][0]
    message = choice["message"]
    frame = {**{key: answer[key] for key in ("id", "created", "model")}, "object": "chat.completion.chunk"}

    def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
        return sse({**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})

    yield chunk({"role": "assistant", "content": ""})
    for piece in _content_pieces(message.get("content")):
        yield chunk({"content": piece})
    last = {"content": "", "tool_calls": message["tool_calls"]} if message.get("tool_calls") else {"content": ""}
    yield chunk(last, choice["finish_reason"], usage=answer["usage"])
    yield b"data: [DONE]\n\n"


def _content_pieces(content: Any) -> Iterator[Any]:
    if isinstance(content, str):
        yield from pieces(content)
        return
    for part in content or ():  # Magistral: thoughts in lists of their own, then texts
        if part["type"] == "thinking":
            for piece in pieces(part["thinking"][0]["text"]):
                yield [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]
        else:
            yield from pieces(part["text"])


def of_anthropic(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """https://docs.anthropic.com/en/docs/build-with-claude/streaming: a signature comes as a delta of its own."""
    start = {**answer, "content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
    yield sse({"type": "message_start", "message": start}, "message_start")
    for index, block in enumerate(answer["content"]):
        opened, deltas = _anthropic_block(block)
        yield sse({"type": "content_block_start", "index": index, "content_block": opened}, "content_block_start")
        for delta in deltas:
            yield sse({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
        yield sse({"type": "content_block_stop", "index": index}, "content_block_stop")
    end = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    yield sse({"type": "message_delta", "delta": end, "usage": {"output_tokens": 5}}, "message_delta")
    yield sse({"type": "message_stop"}, "message_stop")


def _anthropic_block(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and the deltas that complete it."""
    if block["type"] == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        cited = [{"type": "citations_delta", "citation": citation} for citation in block.get("citations") or ()]
        return {"type": "text", "text": ""}, [*deltas, *cited]
    if block["type"] == "tool_use":
        text = json.dumps(block["input"], ensure_ascii=False)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces(text))]
        return {**block, "input": {}}, deltas
    return dict(block), []


def of_gemini(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """https://ai.google.dev/gemini-api/docs/thought-signatures, "streaming": a text's signature comes with an empty one."""
    candidate = answer["candidates"][0]
    parts = [piece for part in candidate["content"]["parts"] for piece in _gemini_pieces(part)]
    rest = {key: value for key, value in answer.items() if key != "candidates"}
    for i, part in enumerate(parts or [{"text": ""}]):
        last = {"finishReason": candidate["finishReason"]} if i >= len(parts) - 1 else {}
        yield sse({**rest, "candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0, **last}]})


def _gemini_pieces(part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "text" not in part or len(part["text"]) < 2:
        yield dict(part)
        return
    rest = {key: value for key, value in part.items() if key not in ("text", "thoughtSignature")}
    yield from ({"text": piece, **rest} for piece in pieces(part["text"]))
    if "thoughtSignature" in part:
        yield {"text": "", "thoughtSignature": part["thoughtSignature"]}


def of_responses(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """https://platform.openai.com/docs/api-reference/responses-streaming: items are added, filled and done."""
    number = 0

    def event(kind: str, **data: Any) -> bytes:
        nonlocal number
        number += 1
        return sse({"type": kind, "sequence_number": number, **data}, kind)

    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(answer["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        yield event("response.output_item.added", output_index=index, item=_begun_item(item))
        yield from (event(kind, **at, **data) for kind, data in _item_events(item))
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=answer)


def _begun_item(item: Mapping[str, Any]) -> dict[str, Any]:
    empty = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
    return {**item, **empty[item["type"]], "status": "in_progress"}


def _item_events(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if item["type"] == "function_call":
        for piece in pieces(item["arguments"]):
            yield "response.function_call_arguments.delta", {"delta": piece}
        yield "response.function_call_arguments.done", {"arguments": item["arguments"], "name": item["name"]}
    for i, part in enumerate(item.get("summary") or ()):
        yield "response.reasoning_summary_part.added", {"summary_index": i, "part": {**part, "text": ""}}
        for piece in pieces(part["text"]):
            yield "response.reasoning_summary_text.delta", {"summary_index": i, "delta": piece}
        yield "response.reasoning_summary_text.done", {"summary_index": i, "text": part["text"]}
        yield "response.reasoning_summary_part.done", {"summary_index": i, "part": part}
    parts: Sequence[Mapping[str, Any]] = item.get("content") or () if item["type"] == "message" else ()
    for i, part in enumerate(parts):
        at = {"content_index": i}
        yield "response.content_part.added", {**at, "part": {**part, "text": "", "annotations": []}}
        for piece in pieces(part["text"]):
            yield "response.output_text.delta", {**at, "delta": piece, "logprobs": []}
        for n, annotation in enumerate(part["annotations"]):
            yield "response.output_text.annotation.added", {**at, "annotation_index": n, "annotation": annotation}
        yield "response.output_text.done", {**at, "text": part["text"], "logprobs": []}
        yield "response.content_part.done", {**at, "part": part}
