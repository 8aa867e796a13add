"""The litellm proxy for real: its own process on loopback, asked with the `openai` client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("litellm")
pytest.importorskip("fastapi", reason="the proxy's extra is not installed: pip install 'litellm[proxy]'")
httpx = pytest.importorskip("httpx")
openai = pytest.importorskip("openai")
import loopback  # noqa: E402
from loopback_answers import Reply  # noqa: E402

SMALL, TOP, MASTER_KEY, TIER_KEY = "gpt-4.1-nano", "gpt-4.1", "sk-master-of-the-test", "sk-loopback-secret"
STARTS_WITHIN_S = 90.0
CONFIG = """
model_list:
  - {{model_name: {small}, litellm_params: {{model: openai/{small}, api_base: {url}, api_key: {key}}}}}
  - {{model_name: {top}, litellm_params: {{model: openai/{top}, api_base: {url}, api_key: {key}}}}}
litellm_settings:
  callbacks: [litellm_tierwise.proxy.tierwise, event_log.log]
  num_retries: 0
router_settings:
  model_group_alias: {{tierwise/auto: {small}}}
"""
TIERWISE = f"""
embedder: null
tiers:
  - name: commands
    handler:
      kind: rules
      rules:
        - {{name: ping, pattern: /ping, reply: pong}}
        - {{name: weather, pattern: "/weather (?P<city>.+)", call: {{name: get_weather, arguments: {{city: "{{city}}"}}}}}}
  - {{name: small, model: {SMALL}}}
  - {{name: top, model: {TOP}}}
"""
EVENT_LOG = """
import json
from litellm.integrations.custom_logger import CustomLogger

class EventLog(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        standard = kwargs["standard_logging_object"]
        event = {"model": kwargs["model"], "usd": kwargs["response_cost"], "tokens": standard["prompt_tokens"]}
        event["tier"] = kwargs["litellm_params"]["metadata"]["tierwise"]["tier"]
        with open("events.jsonl", "a") as file:
            file.write(json.dumps(event) + "\\n")

log = EventLog()
"""
ASK = [{"role": "user", "content": "What is the weather in 'Oslo'?"}]
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


@dataclass
class Proxy:
    """A running proxy, the server behind it, and what it has logged."""

    client: Any
    upstream: loopback.OpenAIServer
    folder: Path

    def events(self, count: int) -> list[dict[str, Any]]:
        """The events logged since the last time: at least `count`, and those that come a moment later."""
        file = self.folder / "events.jsonl"
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and (not file.exists() or file.read_text().count("\n") < count):
            time.sleep(0.05)
        time.sleep(0.5)
        lines = file.read_text().splitlines()
        file.unlink()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy with one callback of ours; started once, and ended after the last test."""
    folder = tmp_path_factory.mktemp("proxy")
    with loopback.OpenAIServer() as upstream:
        settings = {"small": SMALL, "top": TOP, "url": upstream.base_url, "key": TIER_KEY}
        (folder / "config.yaml").write_text(CONFIG.format(**settings))
        (folder / "tierwise.yaml").write_text(TIERWISE)
        (folder / "event_log.py").write_text(EVENT_LOG)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = _start(folder, port)
        try:
            _wait(process, port, folder)
            url = f"http://127.0.0.1:{port}/v1"
            yield Proxy(openai.OpenAI(base_url=url, api_key=MASTER_KEY, max_retries=0, timeout=30), upstream, folder)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The proxy's process: no way out but loopback, no database, nobody else's keys."""
    nowhere = "http://127.0.0.1:9"
    own = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "SYSTEMROOT")
    environment = {
        **{name: os.environ[name] for name in own if name in os.environ},
        "LITELLM_MASTER_KEY": MASTER_KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "TIERWISE_CONFIG": str(folder / "tierwise.yaml"),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
    }
    program = "from litellm.proxy.proxy_cli import run_server; run_server()"
    arguments = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    with (folder / "proxy.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/liveliness", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"the proxy did not start:\n{(folder / 'proxy.log').read_text()[-3000:]}")


@pytest.mark.parametrize(("bound", "tier", "model"), [("ceiling", "small", SMALL), ("floor", "top", TOP)])
def test_an_answer_comes_from_the_chosen_tier(bound: str, tier: str, model: str, proxy: Proxy) -> None:
    """The `openai` client asks for `tierwise/auto`: answer, headers, cost and log are those of the chosen tier."""
    proxy.upstream.script(model, Reply(text="Rain.", usage=(1000, 10)))

    raw = proxy.client.chat.completions.with_raw_response.create(
        model="tierwise/auto", messages=ASK, extra_body={"tierwise": {bound: tier}}
    )

    (event,) = proxy.events(1)
    assert raw.parse().choices[0].message.content == "Rain."
    assert (raw.headers["x-tierwise-tier"], len(raw.headers["x-tierwise-id"])) == (tier, 32)
    assert raw.headers["x-litellm-model-group"] == model
    assert float(raw.headers["x-litellm-response-cost"]) == pytest.approx(event["usd"])
    assert (event["model"], event["tier"], event["tokens"]) == (model, tier, 1000)
    assert event["usd"] > 1e-4 * (1 if tier == "small" else 20)


def test_a_tool_call_comes_through(proxy: Proxy) -> None:
    """Tools reach the tier, and its call reaches the client."""
    answer = proxy.client.chat.completions.create(model="tierwise/auto", messages=ASK, tools=TOOLS)

    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    assert len(proxy.events(1)) == 1


@pytest.mark.parametrize("tools", [False, True])
def test_a_stream_comes_through_with_its_tier_in_the_headers(tools: bool, proxy: Proxy) -> None:
    """Text or tool call arrive piece by piece, and the one event holds the stream's usage though nobody asked for it."""
    more: dict[str, Any] = {"tools": TOOLS} if tools else {}
    raw = proxy.client.chat.completions.with_raw_response.create(
        model="tierwise/auto", messages=ASK, stream=True, extra_body={"tierwise": {"floor": "top"}}, **more
    )
    chunks = [chunk for chunk in raw.parse() if chunk.choices]

    (event,) = proxy.events(1)
    assert raw.headers["x-tierwise-tier"] == event["tier"] == "top"
    assert len(chunks) > 3
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    if tools:
        assert json.loads("".join(call.function.arguments or "" for call in calls)) == {"city": "Oslo"}
    else:
        assert text == f"Hello from {TOP}, at your service."
    assert event["model"] == TOP
    assert event["tokens"] > 0
    assert event["usd"] > 0


def test_an_agents_loop_runs_through_the_proxy(proxy: Proxy) -> None:
    """A call, its result, and an answer that digests it."""
    first = proxy.client.chat.completions.create(model="tierwise/auto", messages=ASK, tools=TOOLS)
    message = first.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "12 degrees"}

    second = proxy.client.chat.completions.create(
        model="tierwise/auto", messages=[*ASK, message.model_dump(exclude_none=True), result], tools=TOOLS
    )

    assert second.choices[0].message.content == "The tool says: 12 degrees"
    assert len(proxy.events(2)) == 2


def test_a_request_that_is_no_step_is_a_400(proxy: Proxy) -> None:
    """The client reads what is wrong; nobody upstream is asked."""
    before = len(proxy.upstream.requests)

    with pytest.raises(openai.BadRequestError, match="floor names tier 'huge'"):
        proxy.client.chat.completions.create(
            model="tierwise/auto", messages=ASK, extra_body={"tierwise": {"floor": "huge"}}
        )

    assert len(proxy.upstream.requests) == before


def test_a_tiers_failure_is_the_proxys_own_answer(proxy: Proxy) -> None:
    """A 429 of the tier is a 429 for the client."""
    proxy.upstream.script(TOP, Reply(status=429))

    with pytest.raises(openai.RateLimitError):
        proxy.client.chat.completions.create(
            model="tierwise/auto", messages=ASK, extra_body={"tierwise": {"floor": "top"}}
        )


def test_the_model_is_listed(proxy: Proxy) -> None:
    """Clients that ask which models there are find the router, thanks to its alias."""
    assert "tierwise/auto" in [model.id for model in proxy.client.models.list()]


def test_no_key_is_written_anywhere(proxy: Proxy) -> None:
    """Neither the tiers' key nor the clients' stands in the proxy's log."""
    text = (proxy.folder / "proxy.log").read_text()

    assert TIER_KEY not in text
    assert MASTER_KEY not in text


def test_a_handlers_answer_comes_back_without_a_call_of_any_deployment(proxy: Proxy) -> None:
    """Whole and streamed, as a text and as a tool call; logged with its tier, and with no tokens and no cost."""
    proxy.upstream.reset()
    ping: list[Any] = [{"role": "user", "content": "/ping"}]
    weather: list[Any] = [{"role": "user", "content": "/weather Oslo"}]
    raw = proxy.client.chat.completions.with_raw_response.create(model="tierwise/auto", messages=ping)
    called = proxy.client.chat.completions.create(model="tierwise/auto", messages=weather, tools=TOOLS)
    chunks = list(proxy.client.chat.completions.create(model="tierwise/auto", messages=ping, stream=True))
    events = proxy.events(3)

    assert raw.headers["x-tierwise-tier"] == "commands"
    assert raw.parse().choices[0].message.content == "pong"
    assert raw.parse().usage.total_tokens == 0
    (call,) = called.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "pong"
    assert [(event["tier"], event["usd"], event["tokens"]) for event in events] == [("commands", 0.0, 0)] * 3
    assert not proxy.upstream.requests
