"""OpenAI's Responses: its wire format, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from servers.streams import of_responses
from servers.wire import Fault, Ids, Turn, parts_of, seal, seal_fits, unknown_key

MAKER = "openai"
# https://platform.openai.com/docs/api-reference/responses/create, "input": the items and their keys.
_ITEMS = {
    "message": ("type", "role", "content", "id", "status", "phase"),
    "reasoning": ("type", "id", "summary", "encrypted_content", "content", "status"),
    "function_call": ("type", "id", "call_id", "name", "arguments", "status"),
    "function_call_output": ("type", "id", "call_id", "output", "status"),
}
_PREFIX = {"message": "msg", "reasoning": "rs", "function_call": "fc", "function_call_output": "fc"}
_USER_PARTS = ("input_text", "input_image", "input_file")
_ASSISTANT_PARTS = ("output_text", "refusal")


class OpenAIResponses:
    """`POST /v1/responses`. It remembers the items it made, as the real one does unless `store` is false."""

    longest_id = 64
    _made: ClassVar[dict[str, str | None]] = {}
    """Item id to the id of the reasoning item that it came with: one organisation's store, whichever server is asked."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        return str(body.get("model"))

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What OpenAI would refuse."""
        if not path.endswith("/responses"):
            return Fault(f"no such path: {path}", 404)
        items: Any = body.get("input") or []
        if isinstance(items, str):
            return None
        if not items:  # pydantic/pydantic-ai#3470
            return "One of 'input' or 'previous_response_id' or 'prompt' must be provided."
        before = body.get("previous_response_id")
        if before is not None and before not in self._made:  # maximhq/bifrost#2441
            return Fault(f"Previous response with id '{before}' not found.")
        ids = [item["id"] for item in items if item.get("id") is not None]
        if twice := next((one for one in ids if ids.count(one) > 1), None):  # openai/openai-agents-python#1789
            return f"Duplicate item found with id {twice}. Remove duplicate items from your input and try again."
        faults = (fault for i, item in enumerate(items) for fault in self._item_faults(body, i, item))
        return next(faults, None) or self._reasoning_fault(items) or (_pair_fault(items) if before is None else None)

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A response."""
        output: list[dict[str, Any]] = []
        reasoning = None
        if turn.thinking is not None:
            reasoning = f"rs_{ids.hexes(50)}"
            summary = [] if turn.redacted else [{"type": "summary_text", "text": turn.thinking}]
            encrypted = seal(MAKER, model, turn.thinking)
            output.append({"type": "reasoning", "id": reasoning, "summary": summary, "encrypted_content": encrypted})
            self._made[reasoning] = None
        if turn.text:
            annotation = {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "http://x", "title": "x"}
            text = {"type": "output_text", "text": turn.text, "annotations": [annotation] * turn.cites, "logprobs": []}
            output.append({"type": "message", "id": f"msg_{ids.hexes(50)}", "role": "assistant", "content": [text]})
        for name, arguments in turn.written_calls:
            call = {"id": f"fc_{ids.hexes(50)}", "call_id": f"call_{ids.letters(24)}", "name": name}
            output.append({"type": "function_call", **call, "arguments": arguments})
        for item in output:
            item["status"] = "completed"
            self._made.setdefault(item["id"], reasoning)
        response = f"resp_{ids.hexes(50)}"
        self._made[response] = None
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        return {
            "id": response,
            "object": "response",
            "created_at": 1_760_000_000,
            "status": "completed",
            "model": model,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "usage": {**usage, **details},
        }

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Events, where `stream` is set."""
        return of_responses(answer) if body.get("stream") else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """OpenAI's form of an error."""
        return {"error": {"message": fault.message, "type": "invalid_request_error", "param": "input", "code": None}}

    def _item_faults(self, body: Mapping[str, Any], i: int, item: Mapping[str, Any]) -> Iterator[str]:
        kind = str(item.get("type", "message"))
        if kind not in _ITEMS:  # the API reference: the union of input items
            yield f"Invalid value: {kind!r}. - 'input[{i}].type'"
            return
        # decolua/9router#2497 (content), 1jehuang/jcode#1028, openai/openai-python#3008 (status, where it is not known).
        if (key := unknown_key(item, _ITEMS[kind])) is not None:
            yield f"Unknown parameter: 'input[{i}].{key}'."
        yield from self._id_faults(i, kind, item)
        if kind == "message":
            yield from _message_faults(i, item)
        elif kind == "reasoning":
            yield from self._reasoning_faults(body, i, item)
        else:
            yield from self._call_faults(i, kind, item)

    def _id_faults(self, i: int, kind: str, item: Mapping[str, Any]) -> Iterator[str]:
        """Wei-Shaw/sub2api#3981 (prefix), anomalyco/opencode#7724 (unknown), BerriAI/litellm#27333 (another maker's)."""
        item_id = item.get("id")
        if item_id is None:
            if kind == "reasoning":  # anomalyco/opencode#25065
                yield f"Missing required parameter: 'input[{i}].id'."
            return
        if not str(item_id).startswith(_PREFIX[kind]):
            yield f"Invalid 'input[{i}].id': {item_id!r}. Expected an ID that begins with '{_PREFIX[kind]}'."
        elif item_id not in self._made:
            yield f"Item with id '{item_id}' not found."

    def _reasoning_faults(self, body: Mapping[str, Any], i: int, item: Mapping[str, Any]) -> Iterator[str]:
        if not isinstance(item.get("summary"), list):  # AAswordman/Operit#797, newo-ether/Agora#141
            yield f"Missing required parameter: 'input[{i}].summary'."
        encrypted = item.get("encrypted_content")
        # openai/codex#8145, Wei-Shaw/sub2api#2863.
        if encrypted is not None and not seal_fits(encrypted, MAKER, self.model("", body)):
            yield f"The encrypted content {str(encrypted)[:8]}... could not be verified."

    def _call_faults(self, i: int, kind: str, item: Mapping[str, Any]) -> Iterator[str]:
        # What no report stands beside is from the API reference: required keys, their types, and the pattern of names.
        call_id = item.get("call_id")
        if not isinstance(call_id, str) or not call_id:
            yield f"Missing required parameter: 'input[{i}].call_id'."
        elif len(call_id) > self.longest_id:  # openclaw/openclaw#875: "the max of 64"
            yield f"Invalid 'input[{i}].call_id': string too long. Expected a string with maximum length 64."
        if kind == "function_call":
            if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(item.get("name"))):
                yield f"Invalid 'input[{i}].name': string does not match pattern."
            if not isinstance(item.get("arguments"), str):
                yield f"Invalid type for 'input[{i}].arguments': expected a string."
        elif isinstance(item.get("output"), list):
            for part in item["output"]:
                if part.get("type") not in _USER_PARTS:
                    yield f"Invalid value: {part.get('type')!r}. Supported values are: {_USER_PARTS}."
        elif not isinstance(item.get("output"), str):
            yield f"Missing required parameter: 'input[{i}].output'."

    def _reasoning_fault(self, items: Sequence[Mapping[str, Any]]) -> str | None:
        """vercel/ai#7099, openai/openai-node#1791 (alone), continuedev/continue#11994, 0xPlaygrounds/rig#751 (without it)."""
        given = {item.get("id") for item in items}
        for i, item in enumerate(items):
            after = items[i + 1].get("type", "message") if i + 1 < len(items) else None
            follows = after == "function_call" or (after == "message" and items[i + 1].get("role") == "assistant")
            if item.get("type") == "reasoning" and not follows:
                return f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item."
            needed = self._made.get(str(item.get("id")))
            if item.get("type") != "reasoning" and needed is not None and needed not in given:
                return f"Item '{item['id']}' was provided without its required 'reasoning' item: '{needed}'."
        return None


def _message_faults(i: int, item: Mapping[str, Any]) -> Iterator[str]:
    role, content = str(item.get("role")), item.get("content")
    if role not in ("user", "assistant", "system", "developer"):
        yield f"Invalid value: {role!r}. - 'input[{i}].role'"
    if content in (None, []):
        yield f"Missing required parameter: 'input[{i}].content'."
    # jeremychone/rust-genai#119, BerriAI/litellm#17507: "Supported values are: 'output_text' and 'refusal'".
    allowed = _ASSISTANT_PARTS if role == "assistant" else _USER_PARTS
    for j, part in enumerate(parts_of(content)):
        if part.get("type") not in allowed:
            yield f"Invalid value: {part.get('type')!r}. Supported values are: {allowed}. - 'input[{i}].content[{j}]'"
        elif part["type"] == "input_text" and (key := unknown_key(part, ("type", "text"))) is not None:
            yield f"Unknown parameter: 'input[{i}].content[{j}].{key}'."
        elif part["type"] == "output_text" and unknown_key(part, ("type", "text", "annotations", "logprobs")):
            yield f"Unknown parameter: 'input[{i}].content[{j}]'."


def _pair_fault(items: Sequence[Mapping[str, Any]]) -> str | None:
    """continuedev/continue#10092 (no call), bytedance/trae-agent#245 (no output), openai/gpt-oss#309 (twice)."""
    made: set[str] = set()
    answered: set[str] = set()
    for item in items:
        if item.get("type") == "function_call":
            if item["call_id"] in made:
                return f"Duplicate function call with call_id {item['call_id']}."
            made.add(str(item["call_id"]))
        if item.get("type") == "function_call_output":
            if item["call_id"] not in made or item["call_id"] in answered:
                return f"No tool call found for function call output with call_id {item['call_id']}."
            answered.add(str(item["call_id"]))
    missing = made - answered
    return f"No tool output found for function call {sorted(missing)[0]}." if missing else None
