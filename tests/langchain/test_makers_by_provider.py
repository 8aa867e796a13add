"""Who made a LangChain message that we did not mark ourselves: by the model and the provider that the package names."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from langchain_tierwise.messages import maker_of
from tierwise.tiers import Tier

TIERS = (
    Tier("direct", "claude-opus-4-6", provider="anthropic", prices=(5, 25)),
    Tier("cloud", "claude-opus-4-6", provider="vertex_ai", prices=(5, 25)),
)


@pytest.mark.parametrize(
    ("metadata", "maker"),
    [
        ({"model_name": "claude-opus-4-6", "model_provider": "anthropic"}, ("anthropic", "claude-opus-4-6")),
        ({"model_name": "claude-opus-4-6", "model_provider": "google_vertexai"}, ("vertex_ai", "claude-opus-4-6")),
        ({"model_name": "claude-opus-4-6-20260205"}, ("anthropic", "claude-opus-4-6")),
        ({"model_name": "gpt-5", "model_provider": "openai"}, ("openai", "gpt-5")),
        ({"model_provider": "bedrock_converse", "stop_reason": "end_turn"}, ("bedrock_converse", None)),
        ({"model_provider": "bedrock_converse"}, ("bedrock_converse", "an unknown model")),
    ],
)
def test_one_model_at_two_providers_is_two_makers(metadata: dict[str, Any], maker: tuple[str, str | None]):
    """mastra-ai/mastra#23433; and of a stream that was left before its model was named, nobody is sure."""
    found = maker_of(AIMessage("a", response_metadata=metadata), TIERS)

    assert found == {"provider": maker[0], "model": maker[1]}
