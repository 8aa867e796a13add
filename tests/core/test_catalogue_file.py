"""The catalogue's file: what it holds, and how it is made from a price table."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tierwise.catalogue import refresh
from tierwise.catalogue.lookup import Found, find
from tierwise.catalogue.names import canonical_provider, plain_name
from tierwise.catalogue.table import Listing, load, parse
from tierwise.errors import ConfigError


def found(model: str, provider: str | None = None) -> Found:
    """The catalogue's answer, which must be there."""
    answer = find(model, provider)
    assert answer is not None, model
    return answer


def entry(**settings: Any) -> dict[str, Any]:
    """One entry of litellm's table."""
    return {"mode": "chat", "litellm_provider": "openai"} | settings


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
