"""What the demo shows: every step as it happens, and the sums at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from langchain_tierwise.demo.play import Played, always
from langchain_tierwise.demo.tasks import Task
from tierwise.router import Router

_LONGEST_NAMES = 9  # of kinds of steps


def show(console: Console, events: Iterable[str | Task | Played]) -> list[Played]:
    """Prints what happens as it happens; returns the steps."""
    steps: list[Played] = []
    for event in events:
        if isinstance(event, Task):
            console.print()
            console.rule(event.title, align="left", style="dim")
        elif isinstance(event, str):
            console.print(_line(f"> {event}"), style="bold")
        else:
            steps.append(event)
            _show_step(console, len(steps), event)
    return steps


def show_sums(console: Console, router: Router, steps: Sequence[Played]) -> None:
    """Prints what the run cost, beside what it would have cost with one tier for all."""
    taken = Counter(step.tier for step in steps)
    routed = sum(step.usd for step in steps)
    on_top = always(router.top, steps)
    table = Table("", *(f"steps on {tier.name}" for tier in router.tiers), "cost", "of always-top")
    table.add_row("routed", *(str(taken[tier.name]) for tier in router.tiers), f"${routed:.6f}", _share(routed, on_top))
    for tier in reversed(router.tiers):
        counts = (str(len(steps) if other is tier else 0) for other in router.tiers)
        usd = always(tier, steps)
        table.add_row(f"always {tier.name}", *counts, f"${usd:.6f}", _share(usd, on_top))
    console.print()
    console.print(table)


def _show_step(console: Console, number: int, step: Played) -> None:
    decision = step.decision
    expected = decision["expected_usd"].get(step.tier)
    costs = f"${step.usd:.6f}" if expected is None else f"${expected:.6f} → ${step.usd:.6f}"
    head = f"{number:3} {decision['kind']:{_LONGEST_NAMES}} {step.tier:6} {costs}  "
    line = Text(head)
    line.stylize("bold", 4 + _LONGEST_NAMES, 5 + _LONGEST_NAMES + len(step.tier))
    console.print(line.append(_line(step.does)), no_wrap=True, overflow="ellipsis")
    why = short(decision["reasons"][0])
    console.print(Text(f"{'':4}why: {why}", style="dim"), no_wrap=True, overflow="ellipsis")


def short(reason: str) -> str:
    """A reason without what follows its first clause."""
    return reason.split(":")[0] if not reason.startswith("stepped up") else reason


def _line(text: str) -> str:
    return " ".join(text.split())


def _share(usd: float, whole: float) -> str:
    return f"{100 * usd / whole:.1f} %" if whole else "-"
