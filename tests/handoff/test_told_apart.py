"""Makers with one shape of signature, told apart through the router and litellm, whose messages name no maker.

BerriAI/litellm#26005: GLM-5 signs in Anthropic's form, and Claude refuses it. mastra-ai/mastra#23433: a signature holds
for one provider; the same model elsewhere refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from clients import HOUSES, TOOLS
from servers.wire import MakerServer, Turn

from tierwise.conversation.stores.sqlite import SQLiteStore
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

litellm = pytest.importorskip("litellm", reason="litellm is not installed")
from litellm_tierwise import register  # noqa: E402

CLAUDE, ON_BEDROCK = "claude-opus-4-6", "anthropic.claude-opus-4-6-v1:0"
TIERS = [
    Tier("glm", "anthropic/glm-5", prices=(1, 2)),
    Tier("claude", f"anthropic/{CLAUDE}", prices=(5, 25)),
    Tier("bedrock", f"bedrock/converse/{ON_BEDROCK}", prices=(5, 25)),
]
TURN = Turn("Looking.", "Hm.", (("look_up", {"q": "a"}),))


@pytest.fixture
def servers() -> Iterator[dict[str, MakerServer]]:
    """One API for each tier, each strict."""
    with ExitStack() as stack:
        houses = {"glm": "anthropic", "claude": "anthropic", "bedrock": "bedrock"}
        yield {name: stack.enter_context(HOUSES[house].server()) for name, house in houses.items()}


def routed(servers: dict[str, MakerServer], store: SQLiteStore | None = None) -> Router:
    """A router as a process of a fleet builds it; nothing is shared but the store."""
    router = Router(
        TIERS, classifier=FakeClassifier({"glm": 0.5, "claude": 0.6, "bedrock": 0.7}), embedder=None, store=store
    )
    there: dict[str, dict[str, Any]] = {name: {"api_base": servers[name].url, "api_key": "unused"} for name in servers}
    there["bedrock"] = {"aws_bedrock_runtime_endpoint": servers["bedrock"].url, "aws_region_name": "us-east-1"}
    there["bedrock"] |= {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    register(router, name="apart", litellm_params=there)
    return router


def asked(tier: str, messages: list[Any], streamed: bool) -> Any:
    """The answer of one tier, as litellm's users get it, kept as JSON."""
    answer = litellm.completion(
        "tierwise/apart", messages, tools=TOOLS, stream=streamed, tierwise={"floor": tier, "ceiling": tier}
    )
    if streamed:
        answer = litellm.stream_chunk_builder([*answer], messages=messages)
    return json.loads(json.dumps(answer.choices[0].message.model_dump()))


def looped(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [message, *({"role": "tool", "tool_call_id": c["id"], "content": "r"} for c in message["tool_calls"])]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("maker", "target"), [("glm", "claude"), ("claude", "bedrock"), ("bedrock", "claude")])
def test_a_signature_goes_to_nobody_but_its_maker(
    servers: dict[str, MakerServer], maker: str, target: str, streamed: bool
):
    """There and back in one tool loop: the target gets none of the maker's signatures, the maker gets its own."""
    routed(servers)
    history: list[Any] = [{"role": "user", "content": "Find a and b."}]

    servers[maker].say(TURN)
    history += looped(asked(maker, history, streamed))
    servers[target].say(TURN)
    history += looped(asked(target, history, streamed))
    asked(maker, history, streamed)

    assert not [*servers[maker].refused, *servers[target].refused]
    assert "thinking" not in json.dumps(servers[target].bodies[-1]["messages"])
    assert json.dumps(servers[maker].bodies[-1]["messages"]).count('"signature"') == 1


def test_without_a_memory_the_target_refuses(servers: dict[str, MakerServer]):
    """What users meet today, and what a router built anew with no shared store would: the shapes are one."""
    routed(servers)
    servers["glm"].say(TURN)
    history = [{"role": "user", "content": "Find a."}]
    history += looped(asked("glm", history, False))

    routed(servers)
    with pytest.raises(Exception, match="Invalid `signature`"):
        asked("claude", history, False)


def test_any_process_of_a_fleet_knows_who_signed(servers: dict[str, MakerServer], tmp_path):
    """Another process takes the next step; it has nothing but the store."""
    path = tmp_path / "state.db"
    routed(servers, SQLiteStore(path))
    servers["glm"].say(TURN)
    history = [{"role": "user", "content": "Find a."}]
    history += looped(asked("glm", history, False))

    routed(servers, SQLiteStore(path))
    asked("claude", history, False)

    assert not servers["claude"].refused


def test_a_history_cut_off_at_its_beginning_is_still_told_apart(servers: dict[str, MakerServer]):
    """Memory buffers drop the oldest messages, so that no prefix is known any more; what was signed is."""
    routed(servers)
    servers["glm"].say(TURN)
    history = [{"role": "user", "content": "Find a."}]
    loop = looped(asked("glm", history, False))

    asked("claude", [{"role": "user", "content": "(Earlier messages were left out.)"}, *loop], False)

    assert not servers["claude"].refused
