"""The file `models.tsv`: one line a place that sells a model, sorted by the model's plain name.

Tab-separated, so that a refresh can be read as a diff. Plain names are worked out when the file is made: 3,000 of them
would cost more than reading the file does. A line is only taken apart when its model is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pkgutil import get_data

from tierwise.catalogue.names import PlainName, canonical_provider

COLUMNS = ("name", "key", "provider", "input", "cached", "write", "output", "context", "max_output", "cache_min", "can")
FLAGS = {True: "y", False: "n", None: "-"}
_FLAG_VALUES = {text: value for value, text in FLAGS.items()}


@dataclass(frozen=True, slots=True)
class Listing:
    """What one provider lists for one model. Prices in USD per million tokens; None where the table says nothing."""

    key: str
    name: PlainName
    provider: str
    usd_per_mtok_in: float | None
    usd_per_mtok_cached: float | None
    usd_per_mtok_cache_write: float | None
    usd_per_mtok_out: float | None
    context_tokens: int | None
    max_output_tokens: int | None
    cache_min_tokens: int | None
    tools: bool | None
    vision: bool | None
    structured_output: bool | None

    @property
    def has_price(self) -> bool:
        """Whether a price is listed, be it zero."""
        return self.usd_per_mtok_in is not None and self.usd_per_mtok_out is not None

    @property
    def is_free(self) -> bool:
        """Whether the listed price is zero: a free offer, one's own machine, or a price nobody filled in."""
        return self.has_price and not self.usd_per_mtok_in and not self.usd_per_mtok_out

    def row(self) -> str:
        """The line that `parse` reads back. A provider that the key begins with is left out."""
        opening = self.key.partition("/")[0]
        provider = "" if "/" in self.key and canonical_provider(opening) == self.provider else self.provider
        name = f"{self.name.base}@{self.name.date}" if self.name.date else self.name.base
        numbers = (self.usd_per_mtok_in, self.usd_per_mtok_cached, self.usd_per_mtok_cache_write, self.usd_per_mtok_out)
        tokens = (self.context_tokens, self.max_output_tokens, self.cache_min_tokens)
        flags = "".join(FLAGS[flag] for flag in (self.tools, self.vision, self.structured_output))
        cells = [name, self.key, provider, *("" if n is None else f"{n:.6g}" for n in numbers)]
        return "\t".join([*cells, *("" if n is None else str(n) for n in tokens), flags])


def parse(row: str) -> Listing:
    """Takes one line of the file apart."""
    name, key, provider, *numbers, flags = row.split("\t")
    usd = [float(cell) if cell else None for cell in numbers[:4]]
    tokens = [int(cell) if cell else None for cell in numbers[4:]]
    return Listing(
        key,
        _plain(name),
        provider or canonical_provider(key.partition("/")[0]),
        usd[0],
        usd[1],
        usd[2],
        usd[3],
        tokens[0],
        tokens[1],
        tokens[2],
        *(_FLAG_VALUES[flag] for flag in flags),
    )


def _plain(cell: str) -> PlainName:
    base, _, date = cell.partition("@")
    return PlainName(base, date)


@dataclass(frozen=True, slots=True)
class Table:
    """The file in memory, by key and by plain name."""

    header: tuple[str, ...]
    by_key: dict[str, str] = field(repr=False)
    by_base: dict[str, list[str]] = field(repr=False)
    providers: frozenset[str] = field(repr=False)

    def key(self, key: str) -> Listing | None:
        """The listing under exactly this key, or under the same key in lower case."""
        row = self.by_key.get(key) or self.by_key.get(key.casefold())
        return parse(row) if row else None

    def base(self, base: str) -> list[Listing]:
        """All listings of this plain name, dated and undated, in the order of the file."""
        return [parse(row) for row in self.by_base.get(base, ())]

    def listings(self) -> Iterator[Listing]:
        """All listings, in the order of the file."""
        return (parse(row) for rows in self.by_base.values() for row in rows)


@lru_cache(maxsize=1)
def load() -> Table:
    """Reads the file, once."""
    data = get_data("tierwise.catalogue", "models.tsv")  # importlib.resources takes longer to import than this to read
    lines = (data or b"").decode().rstrip("\n").split("\n")
    header = tuple(line for line in lines[:8] if line.startswith("#"))
    by_key: dict[str, str] = {}
    by_base: dict[str, list[str]] = {}
    providers = set()
    for row in lines[len(header) :]:
        name, key, provider, _ = row.split("\t", 3)
        providers.add(provider or key.partition("/")[0])
        by_key[key] = row
        by_key.setdefault(key.casefold(), row)
        by_base.setdefault(name.partition("@")[0], []).append(row)
    return Table(header, by_key, by_base, frozenset(map(canonical_provider, providers)))
