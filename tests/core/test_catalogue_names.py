"""The catalogue: which model a name means, however it is spelt."""

from __future__ import annotations

import pytest

from tierwise.catalogue.lookup import Found, closest, find
from tierwise.catalogue.names import loose_name, plain_name

MUST_RESOLVE = (
    "deepseek-v3.2",
    "minimax-m2.7",
    "mixtral-8x7b-instruct",
    "gpt-4-1106-preview",
    "gemini-3-flash-preview",
    "claude-opus-4-6",
    "claude-opus-4-6-20260205",
    "claude-opus-4-6-20261231",
    "claude-opus-4-6-latest",
    "anthropic/claude-opus-4-6",
    "anthropic:claude-opus-4-6",
    "openrouter/anthropic/claude-opus-4.6",
    "bedrock/us-east-1/anthropic.claude-opus-4-6-v1:0",
    "vertex_ai/claude-opus-4-6@20260205",
    "gpt-4.1-nano",
    "openai:gpt-4.1-nano",
    "azure_openai:gpt-4.1-nano",
    "GPT-4.1-Nano",
    "gpt-4-1-nano",
    "gpt-4_1-nano",
    "gpt-5-nano",
    "llama-3.3-70b-instruct",
    "meta-llama/Llama-3.3-70B-Instruct",
    "together:meta-llama/Llama-3.3-70B-Instruct-Turbo",
)


def found(model: str, provider: str | None = None) -> Found:
    """The catalogue's answer, which must be there."""
    answer = find(model, provider)
    assert answer is not None, model
    return answer


@pytest.mark.parametrize("model", MUST_RESOLVE)
def test_common_spellings_resolve(model: str):
    """Every usual way to write a known model finds a price above zero."""
    answer = found(model)

    assert answer.usd_per_mtok_in > 0
    assert answer.usd_per_mtok_out > 0
    assert all(repr(key) in answer.reason for key in answer.keys[:4])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("claude-opus-4-6", "us.anthropic.claude-opus-4-6-v1"),
        ("claude-sonnet-4-5@20250929", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("claude-4-sonnet", "claude-sonnet-4"),
        ("claude-2.1", "bedrock/us-east-1/anthropic.claude-v2:1"),
        ("gpt-4.1-2025-04-14", "azure/eu/gpt-4.1-20250414"),
        ("gpt-3.5-turbo", "azure/gpt-35-turbo"),
        ("llama-3.1-8b-instruct", "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct"),
        ("llama-3.1-8b-instruct", "meta.llama3-1-8b-instruct-v1:0"),
        ("llama-3.1-8b-instruct", "meta-llama_Meta-Llama-3.1-8B-Instruct"),
        ("mixtral-8x7b-instruct", "mistral.mixtral-8x7b-instruct-v0:1"),
        ("deepseek-v3.2", "vertex_ai/deepseek-ai/deepseek-v3.2-maas"),
        ("deepseek-r1", "us.deepseek.r1-v1:0"),
        ("gpt-oss-120b", "databricks/databricks-gpt-oss-120b"),
        ("mistral-large", "mistral/mistral-large-latest"),
        ("  GPT-5 Nano ", "gpt-5-nano"),
    ],
)
def test_two_spellings_of_one_model_have_one_plain_name(one: str, other: str):
    """Provider, region, vendor, case, separators and technical suffixes do not make another model."""
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gpt-4", "gpt-4o"),
        ("gpt-4", "gpt-4.1"),
        ("gpt-4", "gpt-4-1106-preview"),
        ("gpt-4", "gpt-4-32k"),
        ("gpt-4o", "chatgpt-4o-latest"),
        ("gpt-5", "gpt-5-mini"),
        ("gpt-5", "gpt-5.1"),
        ("gpt-5", "gpt-5-chat-latest"),
        ("claude-opus-4", "claude-opus-4-6"),
        ("claude-opus-4", "claude-opus-4-1-20250805"),
        ("claude-opus-4-6", "claude-sonnet-4-6"),
        ("gemini-3-flash", "gemini-3-flash-preview"),
        ("deepseek-v3", "deepseek-v3.2"),
        ("qwen2.5-7b-instruct", "qwen2.5-coder-7b-instruct"),
        ("llama-3.1-8b-instruct", "llama-3.1-8b-instruct-fp8"),
        ("mistral-7b-instruct-v0.2", "mistral-7b-instruct-v0.3"),
        ("llama-3-8b-8192", "llama-3-8b"),
        ("gpt-4.1-nano", "ft:gpt-4.1-nano:acme::id"),
    ],
)
def test_another_model_keeps_another_plain_name(one: str, other: str):
    """Versions, sizes and variants are part of the name, with and without their dates."""
    assert plain_name(one).base != plain_name(other).base


@pytest.mark.parametrize(
    ("dated", "base", "date"),
    [
        ("claude-opus-4-6-20260205", "claude-opus-4-6", "20260205"),
        ("gpt-4o-2024-08-06", "gpt-4o", "20240806"),
        ("gpt-4-0613", "gpt-4", "0613"),
        ("mistral-large-2407", "mistral-large", "2407"),
        ("command-r-08-2024", "command-r", "082024"),
        ("deepseek-v3-2-251201", "deepseek-3-2", "251201"),
        ("gemini-2.0-flash-001", "gemini-2-0-flash", "001"),
        ("gemini-2.5-flash-preview-05-20", "gemini-2-5-flash-preview", "0520"),
        ("GPT-5 (2025-08-07)", "gpt-5", "20250807"),
    ],
)
def test_a_date_is_kept_apart_from_the_name(dated: str, base: str, date: str):
    """Dates in every maker's manner end up in `.date`, as digits."""
    assert plain_name(dated) == (base, date)


def test_only_names_with_a_size_are_matched_without_their_tuning():
    """`llama-3.3-70b` may mean the instruct model; `gpt-3.5-turbo` never means `gpt-3.5-turbo-instruct`."""
    assert loose_name("llama-3-3-70b-instruct") == loose_name("llama-3-3-70b") == "llama-3-3-70b"
    assert loose_name("mixtral-8x7b-instruct") == "mixtral-8x7b"
    assert loose_name("gpt-3-5-turbo-instruct") is None


def test_a_name_that_is_nothing_but_odd_characters_is_no_error():
    """Empty, unicode, broken and very long names are simply not found, and still get suggestions."""
    for odd in ("", "/", ":", "ft:", "模型-七", "\ud800", "@@@", "a" * 100_000, "20240101"):
        assert find(odd) is None
        assert len(closest(odd)) == 3
