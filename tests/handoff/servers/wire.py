"""One maker's API on loopback: it answers what the test scripts, and refuses what that maker's real API refuses.

    with MakerServer(AnthropicMessages()) as server:
        model = ChatAnthropic(model="claude-opus-4-6", base_url=server.url, api_key="unused", max_retries=0)
        server.say(Turn(thinking="hm", calls=(("look", {"q": 1}),)))

Each maker stands in its own file, with the public document or report behind each of its rules. A rule that only some of
its models have is enforced for all: what passes here passes there, not the other way round.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import unquote

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel, base64."""


@dataclass(frozen=True)
class Turn:
    """What a model says in one answer."""

    text: str = "Done."
    thinking: str | None = None
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    redacted: bool = False
    """The thinking comes encrypted, without its text."""
    cites: bool = False
    """The text comes with citations or annotations, where the maker has them."""
    broken: bool = False
    """The first call's arguments end too early, where they are a text on the wire."""
    id_style: str = ""
    """Which of several forms of tool-call ids a server uses, where a maker's servers differ."""

    @property
    def written_calls(self) -> list[tuple[str, str]]:
        """The calls with their arguments as texts."""
        texts = [(name, json.dumps(arguments, ensure_ascii=False)) for name, arguments in self.calls]
        return [(texts[0][0], '{"q": "a'), *texts[1:]] if self.broken and texts else texts


@dataclass(frozen=True)
class Fault:
    """Why a request is refused."""

    message: str
    status: int = 400


class Maker(Protocol):
    """The wire format and the rules of one maker."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What is wrong with a request, or None."""

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """An answer, on the wire."""

    def error(self, fault: Fault) -> dict[str, Any]:
        """A refusal, on the wire."""

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """The answer in pieces, where the request asks for that; else None."""


class Ids:
    """Ids that look like a maker's, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def letters(self, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        """So many random characters."""
        return "".join(self._random.choices(alphabet, k=length))

    def hexes(self, length: int) -> str:
        """So many random hexadecimal digits."""
        return self.letters(length, "0123456789abcdef")


class MakerServer:
    """A maker on loopback; a context manager. Lenient while `strict` is False: histories can be made with it."""

    def __init__(self, maker: Maker, *, strict: bool = True, seed: int = 0) -> None:
        self.maker = maker
        self.strict = strict
        self.ids = Ids(seed)
        self.bodies: deque[Mapping[str, Any]] = deque(maxlen=100)
        self.refused: deque[str] = deque(maxlen=10_000)
        self._turns: deque[Turn] = deque()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def say(self, *turns: Turn) -> None:
        """The next answers; after them it says "Done."."""
        self._turns.extend(turns)

    def forget(self) -> None:
        """Drops what it was to say next."""
        self._turns.clear()

    def reply(self, path: str, body: Mapping[str, Any]) -> tuple[int, str, bytes]:
        """Status, content type and body for a request."""
        self.bodies.append(body)
        fault = self.maker.fault(path, body) if self.strict else None
        if fault is not None:
            fault = Fault(fault) if isinstance(fault, str) else fault
            self.refused.append(fault.message)
            return fault.status, "application/json", json.dumps(self.maker.error(fault)).encode()
        turn = self._turns.popleft() if self._turns else Turn()
        answer = self.maker.answer(self.maker.model(path, body), turn, self.ids)
        stream = self.maker.stream(path, body, answer)
        if stream is None:
            return 200, "application/json", json.dumps(answer).encode()
        is_binary = path.endswith("/converse-stream")
        return 200, "application/vnd.amazon.eventstream" if is_binary else "text/event-stream", b"".join(stream)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[MakerServer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        status, kind, payload = self.owner.reply(unquote(self.path).partition("?")[0], body)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(payload)))
        if status != 200:
            self.send_header("x-amzn-errortype", "ValidationException")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: object) -> None:
        """Nothing."""


def seal(maker: str, model: str, what: str) -> str:
    """A signature, valid for this maker, this model and this text. Base64, as all makers' are."""
    digest = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return base64.b64encode(f"{maker}|{model}|{digest}".encode()).decode()


def seal_fits(signature: object, maker: str, model: str, what: str | None = None) -> bool:
    """Whether a signature was made by this maker's model, over this text where one is given."""
    try:
        parts = base64.b64decode(str(signature), validate=True).decode().split("|")
    except ValueError:
        return False
    return parts[:2] == [maker, model] and (what is None or seal(maker, model, what) == signature)


def parts_of(content: Any) -> list[Mapping[str, Any]]:
    """A content's parts; none where it is a text."""
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def unknown_key(thing: Mapping[str, Any], known: Sequence[str] | frozenset[str]) -> str | None:
    """The first key that is not known."""
    return next((key for key in thing if key not in known), None)
