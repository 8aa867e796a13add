"""Makes `models.tsv` again from litellm's price table: `python -m tierwise.catalogue.refresh` (`make catalogue`).

litellm is found and never imported: importing it calls out. Of its table, all chat models (modes `chat` and
`responses`) are kept, and of those the figures that tierwise works with. Left out on purpose: dearer prices above
128,000 to 272,000 input tokens, batch, flex, priority and off-peak prices, prices of audio and of searches; where a
price depends on the length, the first step's is taken.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tierwise.catalogue.names import canonical_provider, plain_name
from tierwise.catalogue.table import COLUMNS, Listing
from tierwise.errors import ConfigError

SOURCE_FILE = "model_prices_and_context_window_backup.json"
CHAT_MODES = frozenset({"chat", "responses"})


def find_source() -> Path:
    """The price table inside the installed litellm.

    Raises:
        ConfigError: litellm is not installed.
    """
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("litellm is not installed: pip install litellm, or give its price table with --source")
    return Path(next(iter(spec.submodule_search_locations))) / SOURCE_FILE


def listing(key: str, entry: Mapping[str, Any]) -> Listing:
    """One entry of litellm's table in tierwise's terms.

    A cache write at price 0 beside a priced input is the source's way to say that writing costs nothing extra: those
    tokens are input tokens and cost what input costs.
    """
    steps = entry.get("tiered_pricing") or [{}]
    prices: Mapping[str, Any] = {**steps[0], **{k: v for k, v in entry.items() if v is not None}}
    usd_in = usd_per_mtok(prices.get("input_cost_per_token"))
    cached = prices.get("cache_read_input_token_cost", prices.get("input_cost_per_token_cache_hit"))
    write = usd_per_mtok(prices.get("cache_creation_input_token_cost"))
    return Listing(
        key=key,
        name=plain_name(key),
        provider=canonical_provider(str(entry.get("litellm_provider", ""))),
        usd_per_mtok_in=usd_in,
        usd_per_mtok_cached=usd_per_mtok(cached),
        usd_per_mtok_cache_write=None if usd_in and not write else write,
        usd_per_mtok_out=usd_per_mtok(prices.get("output_cost_per_token")),
        context_tokens=_tokens(entry.get("max_input_tokens")),
        max_output_tokens=_tokens(entry.get("max_output_tokens")),
        cache_min_tokens=_tokens(entry.get("prompt_cache_min_tokens")),
        tools=entry.get("supports_function_calling"),
        vision=entry.get("supports_vision"),
        structured_output=entry.get("supports_response_schema"),
    )


def usd_per_mtok(usd_per_token: float | None) -> float | None:
    """USD per million tokens to six significant digits: 1e-07 a token is 0.1, not 0.09999999999999999."""
    if usd_per_token is None or not math.isfinite(usd_per_token) or usd_per_token < 0:
        return None
    return float(f"{usd_per_token * 1e6:.6g}")


def _tokens(value: float | None) -> int | None:
    return int(value) if value and value > 0 else None


def render(table: Mapping[str, Any], origin: str) -> str:
    """The text of `models.tsv`: the same input gives the same bytes."""
    chat = {key: entry for key, entry in table.items() if entry.get("mode") in CHAT_MODES and key.isprintable()}
    listings = sorted((listing(key, entry) for key, entry in chat.items()), key=lambda one: (one.name, one.key))
    header = [
        f"# {len(listings)} chat models, USD per million tokens, limits in tokens; made by tierwise.catalogue.refresh.",
        f"# Computed from the public price table of {origin} (MIT licence, Copyright Berri AI).",
        "# " + "\t".join(COLUMNS),
    ]
    return "\n".join([*header, *(one.row() for one in listings)]) + "\n"


def read_source(path: Path) -> dict[str, Any]:
    """The source table.

    Raises:
        ConfigError: The file is missing, or is not a table of models.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{str(path)!r} is not a readable price table: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
        raise ConfigError(f"{str(path)!r} is not a price table: expected an object of objects, one for each model")
    return table


def _origin(source: Path | None) -> str:
    if source is not None:
        return f"litellm (file {source.name})"
    try:
        return f"litellm {version('litellm')}"
    except PackageNotFoundError:
        return "litellm (unknown version)"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.catalogue.refresh", description="Refresh models.tsv.")
    parser.add_argument("--source", type=Path, help=f"another {SOURCE_FILE}; default: that of the installed litellm")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("models.tsv"), help="file to write")
    options = parser.parse_args(arguments)
    text = render(read_source(options.source or find_source()), _origin(options.source))
    options.output.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{options.output.name}: {text.count(chr(10)) - 3} models, {len(text.encode()) // 1024} KB\n")


if __name__ == "__main__":
    main()
