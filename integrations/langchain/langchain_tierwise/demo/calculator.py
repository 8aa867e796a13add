"""Arithmetic on numbers, and nothing else: an expression is parsed, never run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

_MAX_CHARS = 500
_MAX_MAGNITUDE = 1e15
_TWO: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ONE: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def calculate(expression: str) -> float:
    """The value of an expression of numbers, + - * / and brackets, rounded to 6 decimals.

    Raises:
        ValueError: It holds anything else, divides by zero, or leaves the range of sensible numbers.
    """
    if len(expression) > _MAX_CHARS:
        raise ValueError(f"the expression is longer than {_MAX_CHARS} characters")
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("not an arithmetic expression") from error
    except ZeroDivisionError as error:
        raise ValueError("division by zero") from error
    return round(value, 6)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp) and type(node.op) in _TWO:
        value = _TWO[type(node.op)](_value(node.left), _value(node.right))
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _ONE:
        value = _ONE[type(node.op)](_value(node.operand))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        value = float(node.value)
    else:
        raise ValueError(f"only numbers, + - * / and brackets are allowed, not {type(node).__name__}")
    if not abs(value) <= _MAX_MAGNITUDE:
        raise ValueError("the numbers are too large")
    return value
