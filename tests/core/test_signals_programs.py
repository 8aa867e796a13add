"""Whether an agent is at work on a program shows in what it handles, where the task does not say so."""

from __future__ import annotations

import pytest

from tierwise.signals import read_step
from tierwise.signals.programs import names_source_file
from tierwise.types import Step


def after(result: str, task: str = "Make the build green again") -> float:
    """How far a step is about code, after one call and its result."""
    call = {"id": "1", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    return read_step(
        Step(
            [
                {"role": "user", "content": task},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": result},
            ]
        )
    ).signals.code


@pytest.mark.parametrize(
    "text",
    [
        "src/bank.py:12:def transfer(a, b, amount):",
        'File "app/models.py", line 3, in <module>',
        "modified: web/src/index.js",
        "a/core/main.go | 4 +-",
        "Wrote lib/parse.c and include/parse.h",
        "The file Account.java has been updated.",
    ],
)
def test_source_files_are_seen_in_what_tools_return(text: str):
    """Paths of greps, tracebacks, diffs and editors, in many languages of programming."""
    assert names_source_file(text)
    assert after(text) >= 0.35


@pytest.mark.parametrize(
    "text",
    [
        "We use Node.js and Vue.js on our site.",
        "See section 4.c of the contract.",
        "https://shop.example.com/static/app.js loaded in 3 ms",
        "Your order 4711 has shipped. Visit www.rs.com.py/track for details.",
        '{"report.csv": 3, "notes.md": 1, "config.json": 2}',
        "It is 3.5 km to go.there is a bus",
        "",
    ],
)
def test_prose_pages_and_data_files_are_no_programs(text: str):
    """Names that prose and the web are full of do not count."""
    assert not names_source_file(text)
    assert after(text) == 0


def test_who_has_begun_on_a_program_stays_on_it():
    """A later result without a file name changes nothing."""
    messages = [{"role": "user", "content": "The login page crashes when the password is empty"}]
    for i, result in enumerate(("app/login.py:3: raise", "ok", "done")):
        call = {"id": str(i), "type": "function", "function": {"name": "run", "arguments": "{}"}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": str(i), "content": result},
        ]

    assert read_step(Step(messages)).signals.code >= 0.35
