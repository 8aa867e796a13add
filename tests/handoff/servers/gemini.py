"""Google's Gemini `generateContent`: its wire format, and what it refuses."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.streams import of_gemini
from servers.wire import PIXEL, Fault, Ids, Turn, seal, seal_fits

MAKER = "google"
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
# https://ai.google.dev/gemini-api/docs/thought-signatures, FAQ: for calls taken over from another model.
_DUMMY = "skip_thought_signature_validator"
_DUMMIES = (_DUMMY, base64.b64encode(_DUMMY.encode()).decode(), "context_engineering_is_the_way_to_go")


class Gemini:
    """`POST /v1beta/models/{model}:generateContent`, with the rules of Gemini 3."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        found = re.search(r"models/([^/:]+):", path)
        return found.group(1) if found else "unknown"

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What Google would refuse."""
        if "enerateContent" not in path:
            return Fault(f"no such path: {path}", 404)
        return next(_faults(self.model(path, body), _in_camel_case(body)), None)

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A `GenerateContentResponse`; the signature stands on the first call, else on the text."""
        parts: list[dict[str, Any]] = []
        signature = seal(MAKER, model, turn.thinking) if turn.thinking is not None else None
        if turn.thinking is not None and not turn.redacted:
            parts.append({"text": turn.thinking, "thought": True})
        if turn.text:
            parts.append({"text": turn.text})
        if turn.cites and turn.redacted and not turn.calls:  # models that draw return images among their texts
            parts.append({"inlineData": {"mimeType": "image/png", "data": PIXEL}})
        parts += [{"functionCall": {"name": name, "args": arguments}} for name, arguments in turn.calls]
        first = next((i for i, part in enumerate(parts) if "functionCall" in part), len(parts) - 1)
        if signature and parts and "inlineData" not in parts[first]:
            parts[first]["thoughtSignature"] = signature
        return {
            "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
            "modelVersion": model,
            "responseId": ids.letters(22),
        }

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Chunks, by a path of their own."""
        return of_gemini(answer) if ":streamGenerateContent" in path else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """Google's form of an error."""
        return {"error": {"code": fault.status, "message": fault.message, "status": "INVALID_ARGUMENT"}}


def _in_camel_case(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keys as in the API reference; JSON of protocol buffers may spell them with underscores too."""
    contents = [
        {
            **content,
            "parts": [{_camel(key): value for key, value in part.items()} for part in content.get("parts") or ()],
        }
        for content in body.get("contents") or ()
    ]
    return {**body, "contents": contents}


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _faults(model: str, body: Mapping[str, Any]) -> Iterator[str]:
    contents: Sequence[Mapping[str, Any]] = body.get("contents") or []
    if not contents:  # vercel/ai#3775
        yield "* GenerateContentRequest.contents: contents is not specified"
        return
    for i, content in enumerate(contents):
        if content.get("role", "user") not in ("user", "model"):  # the-open-agent/openagent#1666
            yield "Please use a valid role: user, model."
        if not content.get("parts"):  # vercel/ai#3775, egoist/chatwise-releases#250
            yield f"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty."
        # router-for-me/CLIProxyAPI#1292: nothing but an empty text. Beside a call, clients send one without complaint.
        if content.get("parts") and not any(part.get(key) for part in content["parts"] for key in _DATA):
            yield f"* GenerateContentRequest.contents[{i}].parts[0].data: required oneof field 'data'"
        for j, part in enumerate(content.get("parts") or ()):
            yield from _part_faults(model, f"contents[{i}].parts[{j}]", part)
    yield from _turn_faults(contents)
    yield from _signature_faults(contents)
    if contents[-1].get("role") == "model":  # crewAIInc/crewAI#6973
        yield "Please ensure that single turn requests end with a user role"


def _part_faults(model: str, at: str, part: Mapping[str, Any]) -> Iterator[str]:
    if not any(key in part for key in _DATA):  # genkit-ai/genkit#3816, 54xzh/FLIT#70: a part with nothing in it
        yield f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field"
    for key in ("functionCall", "functionResponse"):
        # https://ai.google.dev/api/caching#FunctionDeclaration: letters, digits, underscores, colons, dots, dashes.
        if key in part and not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}", str(part[key].get("name"))):
            yield f"* GenerateContentRequest.{at}.{key}.name: Invalid function name."
    signature = part.get("thoughtSignature")
    # lbjlaq/Antigravity-Manager#970: Opus to Gemini in mid task. router-for-me/CLIProxyAPIPlus#178, RooCodeInc#10554.
    if signature is not None and signature not in _DUMMIES and not seal_fits(signature, MAKER, model):
        yield "Corrupted thought signature."


def _turn_faults(contents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """google-gemini/gemini-cli#11814 (call turn), langchain-ai/langchain#27799 (response turn), gemini-cli#3814 (count).

    Names: https://ai.google.dev/api/caching#FunctionResponse, "corresponds to FunctionDeclaration.name" of its call.
    """
    for i, content in enumerate(contents):
        calls, answers = _count(content, "functionCall"), _count(content, "functionResponse")
        before = contents[i - 1] if i else {}
        if calls and before.get("role", "model") != "user":
            yield "Please ensure that function call turn comes immediately after a user turn or after a function response"
        if answers and not _count(before, "functionCall"):
            yield "Please ensure that function response turn comes immediately after a function call turn."
        if (answers or _count(before, "functionCall")) and answers != _count(before, "functionCall"):
            yield "Please ensure that the number of function response parts is equal to the number of function call parts"
        named = sorted(str(part["functionCall"]["name"]) for part in before.get("parts", ()) if "functionCall" in part)
        if answers and sorted(_names(content)) != named:
            yield "Please ensure that the function response names match the function call names."
    if _count(contents[-1], "functionCall"):
        yield "Please ensure that the number of function response parts is equal to the number of function call parts"


def _signature_faults(contents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """vercel/ai#15550, nanbingxyz/5ire#405: in the current turn, the first call of each step must be signed."""
    start = max((i for i, c in enumerate(contents) if c.get("role") == "user" and _starts_a_turn(c)), default=0)
    for content in contents[start:]:
        call = next((part for part in content.get("parts") or () if "functionCall" in part), None)
        if call is not None and not call.get("thoughtSignature"):
            yield "Function call is missing a thought_signature in functionCall parts."


def _starts_a_turn(content: Mapping[str, Any]) -> bool:
    return not _count(content, "functionResponse")


def _count(content: Mapping[str, Any], key: str) -> int:
    return sum(key in part for part in content.get("parts") or ())


def _names(content: Mapping[str, Any]) -> list[str]:
    return [str(part["functionResponse"]["name"]) for part in content["parts"] if "functionResponse" in part]
