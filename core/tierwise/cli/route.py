"""`tierwise route`: which tier would take this, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tierwise.cli.tiers import DEFAULT_TIERS, ConfigOption, QualityOption, TierOptions, router_from
from tierwise.errors import StepError
from tierwise.plan import Plan
from tierwise.router import Router
from tierwise.types import Decision

_WARM_UP = [{"role": "user", "content": "hello"}]
_STEP_KEYS = ("messages", "tools", "tool_choice", "response_format", "max_output_tokens", "metadata")


def route(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="What a person asks; '-' or nothing reads it from stdin.")
    ] = None,
    tier: TierOptions = None,
    quality: QualityOption = None,
    messages: Annotated[
        Path | None,
        typer.Option("--messages", metavar="FILE", help='JSON: OpenAI messages, or {"messages": […], "tools": […]}.'),
    ] = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
) -> None:
    """Says which tier a step would go to, and why."""
    if messages is not None and text is not None:
        raise StepError("give TEXT or --messages, not both")
    step = step_of_file(messages) if messages is not None else _step_of_text(text)
    router = router_from(tier, quality, config)
    router.start(_WARM_UP, quality=quality)  # loads the encoder, which a decision in service does not wait for
    plan = router.start(**step, quality=quality)
    decision = plan.decision
    if as_json:
        typer.echo(json.dumps(decision.to_dict(), indent=2))
    elif plan.answer is not None:
        _show_answer(Console(highlight=False, markup=False, emoji=False), plan)
    else:
        _show(
            Console(highlight=False, markup=False, emoji=False),
            router,
            decision,
            by_default=not tier and config is None,
        )


def _step_of_text(text: str | None) -> dict[str, Any]:
    if text is None or text == "-":
        text = _read_stdin()
    if not text.strip():
        raise StepError('there is no text: give one, as in `tierwise route "What is 2 + 2?"`, or write it to stdin')
    return {"messages": [{"role": "user", "content": text}]}


def _read_stdin() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise StepError(
            f"stdin is not {error.encoding} text: byte {error.start} is {error.object[error.start]:#04x}"
        ) from error


def step_of_file(file: Path) -> dict[str, Any]:
    """What stands in a file, as keyword arguments of `Router.start`."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StepError(f"cannot read {str(file)!r}: {error.strerror or error}") from error
    except json.JSONDecodeError as error:
        raise StepError(
            f"{str(file)!r} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise StepError(f"{str(file)!r} is no JSON in UTF-8 ({type(error).__name__})") from error
    if not isinstance(read, Mapping):
        return {"messages": read}
    unknown = [key for key in read if key not in _STEP_KEYS]
    if unknown or "messages" not in read:
        found = f"has the unknown key {unknown[0]!r}" if unknown else "has no 'messages'"
        raise StepError(f"{str(file)!r} {found}: the keys of a step are {', '.join(_STEP_KEYS)}")
    return dict(read)


def _show(console: Console, router: Router, decision: Decision, by_default: bool) -> None:
    console.print(f"{decision.tier} takes this step ({decision.kind}), decided in {decision.decision_ms:.1f} ms")
    console.print(_table(router, decision))
    if by_default:
        console.print(f"no --tier given: {' and '.join(DEFAULT_TIERS)}")
    console.print("prices, from the bundled catalogue or by hand:")
    for tier in router.tiers:
        console.print(f"  {tier.name}: {tier.price_source}")
    console.print("why:")
    for reason in decision.reasons:
        console.print(fill(reason, console.width, initial_indent="  - ", subsequent_indent="    "))


def _show_answer(console: Console, plan: Plan) -> None:
    """What a handler has answered: there is nothing to weigh then."""
    decision, said = plan.decision, {} if plan.answer is None else plan.answer.message
    console.print(f"{decision.tier} answers this step ({decision.kind}), decided in {decision.decision_ms:.1f} ms")
    for line in str(said.get("content") or "").splitlines():
        console.print(fill(line, console.width, initial_indent="  ", subsequent_indent="  "))
    for call in said.get("tool_calls") or ():
        console.print(f"  calls {call['function']['name']} with {call['function']['arguments']}")
    console.print("no model is called: $0")
    console.print("why:")
    for reason in decision.reasons:
        console.print(fill(reason, console.width, initial_indent="  - ", subsequent_indent="    "))


def _table(router: Router, decision: Decision) -> Table:
    table = Table("", "tier", "model")
    table.add_column("p adequate", justify="right")
    table.add_column("expected cost", justify="right")
    for tier in router.tiers:
        p, usd = decision.p_adequate.get(tier.name), decision.expected_usd.get(tier.name)
        table.add_row(
            ">" if tier.name == decision.tier else "",
            tier.name,
            tier.model or "-",
            "?" if p is None else f"{p:.3f}",
            "?" if usd is None else f"${usd:.6f}",
        )
    return table
