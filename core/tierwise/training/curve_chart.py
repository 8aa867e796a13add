"""The learning curve as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.errors import MissingExtra
from tierwise.types import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

_COLORS = {"tierwise": "#b5483a", "ridge": "#2a6f97", "kNN": "#7a7a7a"}
_BAND, _LINE = 0.15, 2.2


def draw(sizes: Sequence[int], gains: Mapping[str, tuple[Floats, Floats, Floats]], file: Path) -> None:
    """Writes an SVG of gains over zero-shot.

    Args:
        sizes: How many graded questions, ascending.
        gains: A learner's name to its mean, a low and a high quantile over orders, each of shape (n_sizes,).
        file: Where the picture goes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "replay") from error
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tierwise", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        _draw(figure.subplots(), sizes, gains)
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))


def _draw(axes: Axes, sizes: Sequence[int], gains: Mapping[str, tuple[Floats, Floats, Floats]]) -> None:
    axes.axhline(0, color="#555555", linestyle=":", linewidth=1)
    axes.annotate("no outcomes", (sizes[-1], 0), xytext=(0, -10), textcoords="offset points", fontsize=8, ha="right")
    for name, (mean, low, high) in gains.items():
        color = _COLORS.get(name)
        width = _LINE if name == "tierwise" else 1.2
        axes.plot(sizes, mean, color=color, linewidth=width, marker="o", markersize=3, label=name)
        if name == "tierwise":
            axes.fill_between(sizes, low, high, color=color, alpha=_BAND, linewidth=0)
    axes.set_xscale("log")
    axes.set_xticks(list(sizes), [f"{n:,}" for n in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    axes.set_xlabel("graded questions of traffic never seen in training", fontsize=9)
    axes.set_ylabel("APGR gained", fontsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
