"""The catalogue: which model a name means, whose price it gets, and how the file is made."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tierwise.catalogue import refresh
from tierwise.catalogue.lookup import Found, closest, find, split_provider
from tierwise.catalogue.names import canonical_provider, loose_name, makers, plain_name
from tierwise.catalogue.table import Listing, load, parse
from tierwise.errors import ConfigError

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


def entry(**settings: Any) -> dict[str, Any]:
    """One entry of litellm's table."""
    return {"mode": "chat", "litellm_provider": "openai"} | settings


# ── which model a name means ────────────────────────────────────────────────────────────────────────────────────────


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


# ── whose price ─────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_says_where_it_is_from():
    """Version, licence and columns stand on top."""
    header = "\n".join(load().header)

    assert "litellm 1." in header
    assert "MIT" in header
    assert "name\tkey\tprovider" in header


def test_the_stored_plain_names_are_those_of_today():
    """Who changes `names.py` must refresh the file."""
    assert all(one.name == plain_name(one.key) for one in load().listings())


def test_a_line_reads_back_as_it_was_written():
    """Every listing survives the way into the file and back."""
    rows = [row for rows in load().by_base.values() for row in rows]

    assert len(rows) > 2_000
    assert all(parse(row).row() == row for row in rows)


def test_the_whole_table_is_sane():
    """Prices are clean and not negative, providers canonical, and most lines carry a price and a window."""
    listings = list(load().listings())
    priced = [one for one in listings if one.has_price]

    assert len(priced) > 0.9 * len(listings)
    assert sum(one.context_tokens is not None for one in priced) > 0.8 * len(priced)
    for one in listings:
        assert one.provider == canonical_provider(one.provider) != ""
        for usd in (one.usd_per_mtok_in, one.usd_per_mtok_cached, one.usd_per_mtok_cache_write, one.usd_per_mtok_out):
            assert usd is None or (usd >= 0 and usd == float(f"{usd:.6g}"))


def test_the_file_stays_small():
    """A wheel that decides in a millisecond does not carry megabytes of prices."""
    assert Path(refresh.__file__).with_name("models.tsv").stat().st_size < 400_000


def test_nothing_is_read_before_the_first_look_up():
    """Tiers priced by hand, and importing, leave the catalogue alone."""
    code = (
        "import sys; from tierwise.tiers import Tier; Tier('a', prices=(1, 2));"
        "assert not [m for m in sys.modules if m.startswith('tierwise.catalogue')]; Tier('a', model='gpt-5-nano');"
        "assert 'tierwise.catalogue.table' in sys.modules; assert 'litellm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# ── making the file ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_prices_become_clean_figures_for_a_million_tokens():
    """1e-07 a token is 0.1, not 0.09999999999999999."""
    assert refresh.usd_per_mtok(1e-07) == 0.1
    assert refresh.usd_per_mtok(8.900000000000001e-07) == 0.89
    assert refresh.usd_per_mtok(0.0) == 0.0
    assert refresh.usd_per_mtok(None) is None
    assert refresh.usd_per_mtok(-1.0) is None
    assert refresh.usd_per_mtok(float("nan")) is None


def test_an_entry_is_read_in_full():
    """Each figure lands in its own place."""
    one = refresh.listing(
        "azure/eu/gpt-9-2031-01-02",
        entry(
            litellm_provider="azure",
            input_cost_per_token=2e-06,
            cache_read_input_token_cost=2e-07,
            cache_creation_input_token_cost=2.5e-06,
            output_cost_per_token=8e-06,
            input_cost_per_token_above_200k_tokens=9e-06,
            max_input_tokens=1000,
            max_output_tokens=100.0,
            prompt_cache_min_tokens=512,
            supports_function_calling=True,
            supports_vision=False,
        ),
    )

    assert one == Listing(
        "azure/eu/gpt-9-2031-01-02",
        plain_name("gpt-9-2031-01-02"),
        "azure",
        2,
        0.2,
        2.5,
        8,
        1000,
        100,
        512,
        True,
        False,
        None,
    )
    assert parse(one.row()) == one


def test_a_cache_write_at_zero_is_not_a_gift():
    """The tokens of a cache write are input; a zero there means that nothing is charged on top."""
    one = refresh.listing("glm-x", entry(input_cost_per_token=1e-06, cache_creation_input_token_cost=0.0))

    assert one.usd_per_mtok_cache_write is None


def test_where_the_price_depends_on_the_length_the_first_step_counts():
    """Alibaba's stepped prices are read at their first step."""
    steps = [
        {"range": [0, 256000], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
        {"range": [256000, 1000000], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06},
    ]

    one = refresh.listing("dashscope/qwen-flash", entry(litellm_provider="dashscope", tiered_pricing=steps))

    assert (one.usd_per_mtok_in, one.usd_per_mtok_out) == (0.05, 0.4)


def test_the_same_source_gives_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Order in the source does not matter, and only chat models are kept."""
    table = {
        "sample_spec": {"mode": "one of: chat, embedding"},
        "b-model": entry(input_cost_per_token=1e-06, output_cost_per_token=2e-06),
        "a-model": entry(mode="responses", input_cost_per_token=1e-06, output_cost_per_token=2e-06),
        "an-embedding": entry(mode="embedding"),
    }
    source, output = tmp_path / "prices.json", tmp_path / "models.tsv"
    source.write_text(json.dumps(table))

    refresh.main(["--source", str(source), "--output", str(output)])

    text = output.read_text()
    assert [line.split("\t")[1] for line in text.splitlines() if line[0] != "#"] == ["a-model", "b-model"]
    assert text == refresh.render(dict(reversed(table.items())), "litellm (file prices.json)")
    assert "2 models" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', "{"])
def test_a_source_that_is_no_price_table_is_refused(content: str, tmp_path: Path):
    """A damaged download must not empty the catalogue."""
    source = tmp_path / "prices.json"
    source.write_text(content)

    with pytest.raises(ConfigError, match=r"prices\.json"):
        refresh.read_source(source)


def test_the_installed_litellm_is_found_without_importing_it():
    """Importing litellm calls out; its table is found beside it."""
    if find_spec("litellm") is None:
        pytest.skip("litellm is not installed")
    code = "import sys; from tierwise.catalogue.refresh import find_source; assert find_source().is_file();"
    code += "assert 'litellm' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# ── against the models of the developers' data ──────────────────────────────────────────────────────────────────────


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
