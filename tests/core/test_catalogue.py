"""The catalogue: whose price and whose abilities a model gets."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tierwise.catalogue.lookup import Found, closest, find, split_provider
from tierwise.catalogue.names import makers
from tierwise.catalogue.table import load


def found(model: str, provider: str | None = None) -> Found:
    """The catalogue's answer, which must be there."""
    answer = find(model, provider)
    assert answer is not None, model
    return answer


def entry(**settings: Any) -> dict[str, Any]:
    """One entry of litellm's table."""
    return {"mode": "chat", "litellm_provider": "openai"} | settings


def test_an_exact_key_gives_its_own_list_price():
    """Anthropic's prices come through whole: reads at a tenth, writes at 1.25 times the input price."""
    answer = found("claude-opus-4-6")

    assert (answer.usd_per_mtok_in, answer.usd_per_mtok_out) == (5.0, 25.0)
    assert (answer.usd_per_mtok_cached, answer.usd_per_mtok_cache_write) == (0.5, 6.25)
    assert answer.provider == "anthropic"
    assert answer.reason == "list price of catalogue key 'claude-opus-4-6'"


def test_every_priced_key_finds_itself():
    """Whoever copies a key out of the table gets that line, and never another; zeros under bare names aside."""
    priced = [one for one in load().listings() if one.has_price and not one.is_free]
    answers = [(one, find(one.key)) for one in priced]

    assert [one.key for one, answer in answers if answer is None or answer.keys != (one.key,)] == []


def test_without_a_price_for_cache_writes_they_cost_what_input_costs():
    """OpenAI charges nothing extra for filling its cache."""
    answer = found("gpt-4.1-nano")

    assert (answer.usd_per_mtok_in, answer.usd_per_mtok_cached, answer.usd_per_mtok_cache_write) == (0.1, 0.025, 0.1)


def test_the_maker_wins_over_resellers():
    """Many sell DeepSeek's model; DeepSeek's own price is taken."""
    answer = found("deepseek-v3.2")

    assert answer.keys == ("deepseek/deepseek-v3.2",)
    assert answer.provider == "deepseek"
    assert "the maker's list price" in answer.reason


def test_the_stated_provider_wins_over_the_maker():
    """Who names a host pays that host's price."""
    answer = found("fireworks:deepseek-v3.2")

    assert answer.keys == ("fireworks_ai/accounts/fireworks/models/deepseek-v3p2",)
    assert answer.usd_per_mtok_in != found("deepseek-v3.2").usd_per_mtok_in


def test_without_the_maker_the_median_of_the_providers_is_taken():
    """One vote for each provider, zeros left out, every figure its own median, the keys named."""
    answer = found("minimax-m2.7")
    listed = [load().key(key) for key in answer.keys]
    prices = [one.usd_per_mtok_in for one in listed if one is not None and one.usd_per_mtok_in]

    assert len(prices) == len(answer.keys) > 2
    assert answer.usd_per_mtok_in == pytest.approx(median(prices), rel=1e-5)
    assert answer.provider is None
    assert f"median of {len(prices)} providers' list prices" in answer.reason


def test_a_region_at_a_surcharge_does_not_move_the_median():
    """Of one provider's keys for one model the plain one counts, not its regions."""
    answer = found("claude-opus-4-20250514")

    assert answer.keys == ("anthropic.claude-opus-4-20250514-v1:0",)


def test_a_free_offer_never_wins_over_priced_ones():
    """Z.ai gives this model away and others sell it: a plain name gets the price, the full path the gift."""
    assert found("glm-4.7-flash").usd_per_mtok_in > 0
    assert found("zai/glm-4.7-flash").usd_per_mtok_in == 0


def test_a_bare_key_at_zero_is_a_price_that_nobody_filled_in():
    """The table lists `deepseek-v3-2-251201` at zero; the model's real price is taken."""
    assert load().key("deepseek-v3-2-251201") is not None
    assert found("deepseek-v3-2-251201").usd_per_mtok_in == found("deepseek-v3.2").usd_per_mtok_in


def test_ones_own_machine_is_free():
    """A zero that stands under a local provider is meant."""
    assert found("ollama:llama3.1").usd_per_mtok_out == 0
    assert found("ollama/llama3.1").provider == "ollama"


def test_a_key_without_a_price_borrows_one():
    """Snowflake's entry for Mixtral has no price; the model's has."""
    assert load().key("snowflake/mixtral-8x7b") is not None
    assert found("snowflake/mixtral-8x7b").usd_per_mtok_in > 0


def test_a_date_that_is_listed_is_preferred_to_the_undated_name():
    """The first gpt-4o cost twice as much as today's."""
    assert found("gpt-4o-2024-05-13").usd_per_mtok_in == 2 * found("gpt-4o").usd_per_mtok_in


def test_an_unlisted_date_gets_the_undated_price():
    """A snapshot newer than the table costs what the model costs."""
    assert found("gpt-5-nano-2031-01-01").usd_per_mtok_in == found("gpt-5-nano").usd_per_mtok_in


def test_a_fine_tuned_model_has_its_own_price():
    """A fine-tuned model is priced as such, whatever its organisation and id."""
    assert found("ft:gpt-4.1-nano-2025-04-14:acme::x1").usd_per_mtok_in > found("gpt-4.1-nano").usd_per_mtok_in


@pytest.mark.parametrize("model", ["gpt-9", "gpt-5-picoseconds", "claude-opus-4-99", "llama-9-70b-instruct"])
def test_an_unknown_model_is_not_mistaken_for_a_known_one(model: str):
    """A near miss finds nothing, rather than the neighbour's price."""
    assert find(model) is None


def test_the_closest_names_are_close():
    """A slip of the pen is answered with what was meant, first."""
    assert closest("gpt-5-nanoo")[0] == "gpt-5-nano"
    assert closest("claude-opus-46")[0].startswith("claude-opus-4")
    assert all(find(key) is not None for key in closest("mixtrall"))


def test_the_provider_is_read_off_the_name_in_both_forms():
    """`provider/model` and LangChain's `provider:model`, the first separator counts, aliases are translated."""
    assert split_provider("openai:gpt-5-nano") == ("openai", "gpt-5-nano")
    assert split_provider("google_genai:gemini-3-flash-preview") == ("gemini", "gemini-3-flash-preview")
    assert split_provider("bedrock:amazon.nova-pro-v1:0") == ("bedrock", "amazon.nova-pro-v1:0")
    assert split_provider("meta-llama/Llama-3.3-70B-Instruct") == (None, "meta-llama/Llama-3.3-70B-Instruct")
    assert split_provider("ft:gpt-4o:acme::x") == (None, "ft:gpt-4o:acme::x")


def test_every_maker_is_a_provider_of_the_table():
    """A renamed provider in a refreshed table would silently turn makers' prices into medians."""
    for model in (
        "gpt-5",
        "claude-x",
        "gemini-x",
        "mistral-x",
        "deepseek-x",
        "qwen-3",
        "grok-4",
        "glm-5",
        "minimax-m2",
    ):
        assert makers(model)
        assert makers(model)[0] in load().providers
    assert makers("gpt-oss-120b") == ()


def test_a_silent_entry_takes_its_abilities_from_its_siblings():
    """A resold model can do what the same model can do elsewhere; vision is not made up."""
    answer = found("mixtral-8x7b-instruct")

    assert answer.tools
    assert not answer.vision
    assert answer.context_tokens is not None
    assert answer.context_tokens >= 32_000


@pytest.mark.shared
@pytest.mark.parametrize(
    ("part", "price_columns", "floor"),
    [
        ("agents", ("usd_per_1m_input", "usd_per_1m_output"), 0.42),
        ("outcomes", ("price_in_usd_per_m", "price_out_usd_per_m"), 0.38),
    ],
)
def test_the_models_of_the_data_resolve_to_the_prices_that_were_looked_up(
    part: str, price_columns: tuple[str, str], floor: float, shared: Path
):
    """Many are research models that nobody sells, or labels of a benchmark; those with a list price get that price."""
    with (shared / "data" / part / "models.csv").open(encoding="utf-8") as file:
        rows = [(row, find(row["model"])) for row in csv.DictReader(file)]
    resolved = [(row, answer) for row, answer in rows if answer is not None]
    listed = [(row, answer) for row, answer in resolved if row["price_source"].startswith("litellm:")]
    own = [(row, answer) for row, answer in listed if "by-size" not in row["price_source"]]
    near = [
        (row, answer)
        for row, answer in own
        if answer.usd_per_mtok_in == pytest.approx(float(row[price_columns[0]]), rel=0.15)
        and answer.usd_per_mtok_out == pytest.approx(float(row[price_columns[1]]), rel=0.15)
    ]

    assert len(resolved) / len(rows) > floor
    assert len(near) / len(own) > 0.9
