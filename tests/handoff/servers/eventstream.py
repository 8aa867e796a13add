"""Amazon's event stream, in which Bedrock streams: binary frames with checksums.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the frames,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html the events.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from servers.streams import pieces

CONTENT_TYPE = "application/vnd.amazon.eventstream"


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """One event: lengths, headers, payload, each part with its checksum."""
    headers = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    payload = json.dumps(data).encode()
    prelude = struct.pack("!II", len(packed) + len(payload) + 16, len(packed))
    body = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return body + struct.pack("!I", zlib.crc32(body))


def of_converse(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """Converse's answer, streamed: only tool uses have a start, all blocks have deltas."""
    yield frame("messageStart", {"role": "assistant"})
    for index, block in enumerate(answer["output"]["message"]["content"]):
        at = {"contentBlockIndex": index}
        if "toolUse" in block:
            use = {key: block["toolUse"][key] for key in ("toolUseId", "name")}
            yield frame("contentBlockStart", {**at, "start": {"toolUse": use}})
        for delta in _deltas(block):
            yield frame("contentBlockDelta", {**at, "delta": delta})
        yield frame("contentBlockStop", at)
    yield frame("messageStop", {"stopReason": answer["stopReason"]})
    yield frame("metadata", {"usage": answer["usage"], "metrics": answer["metrics"]})


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "text" in block:
        yield from ({"text": piece} for piece in pieces(block["text"]))
    if "toolUse" in block:
        text = json.dumps(block["toolUse"]["input"], ensure_ascii=False)
        yield from ({"toolUse": {"input": piece}} for piece in pieces(text))
    reasoning = block.get("reasoningContent") or {}
    if "reasoningText" in reasoning:
        yield from ({"reasoningContent": {"text": piece}} for piece in pieces(reasoning["reasoningText"]["text"]))
        yield {"reasoningContent": {"signature": reasoning["reasoningText"]["signature"]}}
    elif "redactedContent" in reasoning:
        yield {"reasoningContent": {"redactedContent": reasoning["redactedContent"]}}
