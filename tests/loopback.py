"""An OpenAI-compatible server on loopback, for every host's tests: real clients, real sockets, no provider.

    def test_something(openai_server):
        model = ChatOpenAI(model="small", base_url=openai_server.base_url, api_key="unused", max_retries=2)
        openai_server.script("small", Reply(calls=(("add", {"a": 1, "b": 2}),)), Reply("The sum is 3."))
        openai_server.always("top", Reply(status=429))

`/v1/messages` is Anthropic's form of the same. It echoes the model asked for, reports usage (in streams only where `stream_options.include_usage` asks for it), splits
tool-call arguments over chunks, refuses histories that OpenAI refuses, and remembers what it was asked.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from uuid import uuid4

from loopback_answers import Behaviour, Reply, polite_answer
from loopback_anthropic import as_chat, message_events, whole_message

LONGEST_DELAY_S = 5.0
_LARGEST_BODY = 16_000_000
_REMEMBERED = 5_000
_FOREIGN_PARTS = ("thinking", "redacted_thinking", "reasoning")
_ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(repr=False)

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.body.get("model"))


class OpenAIServer:
    """The server; a context manager. `requests` holds what was asked, oldest first, at most 5,000."""

    def __init__(self) -> None:
        self.requests: deque[Asked] = deque(maxlen=_REMEMBERED)
        self._scripts: dict[str, deque[Behaviour]] = {}
        self._always: dict[str, Behaviour] = {}
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = _QuietServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def root_url(self) -> str:
        """Without `/v1`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def base_url(self) -> str:
        """What OpenAI clients call `base_url`."""
        return f"{self.root_url}/v1"

    def script(self, model: str, *replies: Behaviour) -> None:
        """The next answers of `model` (`"*"`: of any model), one by one; after them it answers as usual."""
        with self._lock:
            self._scripts.setdefault(model, deque()).extend(replies)

    def always(self, model: str, behaviour: Behaviour) -> None:
        """Every answer of `model` (`"*"`: of any model) for which there is no script."""
        with self._lock:
            self._always[model] = behaviour

    def asked(self, model: str | None = None) -> list[Asked]:
        """The requests for `model`, or all."""
        return [request for request in list(self.requests) if model in (None, request.model)]

    def reset(self) -> None:
        """Forgets scripts and requests."""
        with self._lock:
            self._scripts.clear()
            self._always.clear()
            self.requests.clear()

    def reply_to(self, body: Mapping[str, Any]) -> Reply:
        """What will be said to a request."""
        model = str(body.get("model"))
        with self._lock:
            scripts = [self._scripts[name] for name in (model, "*") if self._scripts.get(name)]
            behaviour = scripts[0].popleft() if scripts else self._always.get(model, self._always.get("*"))
        if behaviour is None:
            return polite_answer(body)
        return behaviour(body) if callable(behaviour) else behaviour

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what some tests are about; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[OpenAIServer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "small", "object": "model"}]})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > _LARGEST_BODY:
            self.close_connection = True
            self._send_error(413, "too large")
            return
        body = json.loads(self.rfile.read(length) or b"{}")
        self.owner.requests.append(Asked(self.path, body, dict(self.headers.items())))
        if self.path.endswith("/chat/completions"):
            self._answer(body, body, whole_answer, answer_chunks)
        elif self.path.endswith("/v1/messages"):
            self._answer(body, as_chat(body), whole_message, message_events)
        else:
            self._send_error(404, f"no such path: {self.path}")

    def _answer(self, body: Mapping[str, Any], chat: Mapping[str, Any], whole: Any, parts: Any) -> None:
        fault = fault_of_history(chat.get("messages") or [])
        reply = Reply(status=400, error=fault) if fault else self.owner.reply_to(chat)
        time.sleep(min(reply.delay_s, LONGEST_DELAY_S))
        if reply.status != 200:
            self._send_error(reply.status, reply.error)
        elif body.get("stream"):
            self._send_events(parts(body, reply), reply)
        else:
            self._send(200, whole(body, reply))

    def log_message(self, *args: Any) -> None:
        """Tests are quiet."""

    def _send(self, status: int, content: Mapping[str, Any]) -> None:
        data = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if status == 429:
            self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(data)

    def _send_error(self, status: int, words: str) -> None:
        self._send(
            status, {"error": {"message": words, "type": _ERROR_TYPES.get(status, "server_error"), "code": None}}
        )

    def _send_events(self, chunks: Iterator[Mapping[str, Any]], reply: Reply) -> None:
        """In HTTP's own chunks, so that a stream that is cut short is seen to be broken."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.close_connection = True
        self.end_headers()
        event = ""
        try:
            for i, chunk in enumerate(chunks):
                if i == reply.cut_after:
                    return
                event = f"event: {chunk['type']}\n" if "type" in chunk else ""
                self._write_chunk(f"{event}data: {json.dumps(chunk, ensure_ascii=False)}\n\n")
                time.sleep(min(reply.chunk_delay_s, LONGEST_DELAY_S))
            if not event:  # Anthropic's streams end with an event of their own
                self._write_chunk("data: [DONE]\n\n")
            self._write_chunk("")
        except OSError:  # the client has gone: that is what some tests are about
            return

    def _write_chunk(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def fault_of_history(messages: list[Mapping[str, Any]]) -> str | None:
    """What OpenAI would refuse: no messages, a call without its result, a result without its call."""
    if not messages:
        return "messages: at least one is required"
    due: set[str] = set()
    for i, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in due:
                return f"messages[{i}]: a tool message must follow a message with tool_calls"
            due.discard(str(message["tool_call_id"]))
            continue
        if due:
            return f"messages[{i}]: tool_call_ids without a tool message: {sorted(due)}"
        due = {str(call["id"]) for call in message.get("tool_calls") or ()}
        part = next(
            (p for p in _parts(message) if p.get("type") in ("thinking", "redacted_thinking", "reasoning")), None
        )
        if part is not None:
            return f"messages[{i}]: invalid content type {part['type']!r}"
    return f"tool_call_ids without a tool message: {sorted(due)}" if due else None


def whole_answer(body: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    """A `chat.completion` object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [_tool_call(name, arguments) for name, arguments in reply.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    return {**_envelope(body, "chat.completion"), "choices": [choice], "usage": _usage(body, reply)}


def answer_chunks(body: Mapping[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
    """The `chat.completion.chunk` objects of a stream."""
    envelope = _envelope(body, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in re.findall(r"\S+\s*|\s+", reply.text):
        yield chunk({"content": word})
    for index, (name, arguments) in enumerate(reply.calls):
        call = _tool_call(name, arguments)
        text = call["function"]["arguments"]
        yield chunk({"tool_calls": [{**call, "index": index, "function": {"name": name, "arguments": ""}}]})
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(reply))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**envelope, "choices": [], "usage": _usage(body, reply)}


def _tool_call(name: str, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": {"name": name, "arguments": text}}


def _finish(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.calls else "stop")


def _envelope(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": body.get("model")}


def _usage(body: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    said = len(reply.text) + sum(len(str(call)) for call in reply.calls)
    read, written = reply.usage or (len(json.dumps(body.get("messages"))) // 4 + 1, said // 4 + 1)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": reply.cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
