"""Handlers in a `tierwise.yaml`: what may be set, where files are looked for, and how errors read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise import Router
from tierwise.errors import ConfigError

MODELS = """
  - {name: small, model: gpt-4.1-nano}
  - {name: top, model: claude-opus-4-6}
"""
ALL = """
embedder: null
tiers:
  - name: commands
    handler:
      kind: rules
      rules:
        - {name: ping, pattern: /ping, reply: pong}
        - name: order
          pattern: '/order (?P<id>\\w+)'
          call: {name: track_order, arguments: {order_id: "{id}"}}
  - {name: faq, handler: {kind: faq, path: lists/faq.yaml, threshold: 0.7, margin: 0.02}}
  - {name: feelings, handler: {kind: sentiment}}
  - {name: finds, handler: {kind: entities}}
  - {name: args, handler: {kind: tool_args, tools: [track_order]}}
"""
FAQ = "entries:\n  - {id: hours, questions: ['What are your opening hours?'], answer: From nine to five.}\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "tierwise.yaml"
    file.write_text(text + MODELS, encoding="utf-8")
    (folder / "lists").mkdir(exist_ok=True)
    (folder / "lists" / "faq.yaml").write_text(FAQ, encoding="utf-8")
    return file


def test_every_kind_of_handler_can_be_named_in_a_file(tmp_path):
    """In the order of the file; what a FAQ reads is looked for beside the file that names it."""
    router = Router.from_yaml(write(tmp_path, ALL))
    plan = router.start([{"role": "user", "content": "What are your opening hours?"}])

    assert [tier.name for tier in router.handlers] == ["commands", "faq", "feelings", "finds", "args"]
    assert [tier.name for tier in router.tiers] == ["small", "top"]
    assert plan.decision.source == "faq.yaml#hours"


def test_a_call_of_a_rule_is_made_as_the_file_says(tmp_path):
    """With its arguments, groups filled in."""
    properties = {"order_id": {"type": "string"}}
    tool = {"type": "function", "function": {"name": "track_order", "parameters": {"properties": properties}}}
    plan = Router.from_yaml(write(tmp_path, ALL)).start([{"role": "user", "content": "/order 81723"}], tools=[tool])

    assert plan.answer is not None
    assert plan.answer.message["tool_calls"][0]["function"]["arguments"] == '{"order_id": "81723"}'


@pytest.mark.parametrize(
    ("line", "handler", "said"),
    [
        (4, "{kind: faq}", r"tiers\.0\.handler\.path: Field required"),
        (4, "{kind: faq, path: lists/faq.yaml, treshold: 0.7}", r"tiers\.0\.handler\.treshold: unknown key"),
        (
            4,
            "{kind: faq, path: lists/faq.yaml, threshold: 1.7}",
            r"tiers\.0\.handler\.threshold: .*less than or equal to 1",
        ),
        (4, "{kind: oracle}", r"tiers\.0\.handler: .*'oracle'"),
        (4, "{path: lists/faq.yaml}", r"tiers\.0\.handler: .*kind"),
        (4, "{kind: rules, rules: []}", r"tiers\.0\.handler\.rules: .*at least 1"),
        (
            4,
            "{kind: rules, rules: [{name: a, pattern: b, calls: {}}]}",
            r"tiers\.0\.handler\.rules\.0\.calls: unknown key",
        ),
        (4, "{kind: entities, region: Germany}", r"tiers\.0\.handler\.region: "),
    ],
)
def test_a_slip_is_told_with_its_line_and_its_key(tmp_path, line, handler, said):
    """The path is that of the file: the kind of a handler is no key of it."""
    text = f"embedder: null\ntiers:\n  - name: x\n    handler: {handler}"
    with pytest.raises(ConfigError, match=rf"tierwise\.yaml, line {line}: {said}"):
        Router.from_yaml(write(tmp_path, text))


@pytest.mark.parametrize(
    ("tier", "said"),
    [
        ("{name: x, handler: {kind: faq, path: none.yaml}}", "cannot read .*none.yaml"),
        ("{name: x, handler: {kind: rules, rules: [{name: a, pattern: '(', reply: b}]}}", "has no pattern"),
        ("{name: x, handler: {kind: rules, rules: [{name: a, pattern: b}]}}", "a reply or a call"),
        ("{name: x, model: gpt-4.1-nano, handler: {kind: sentiment}}", "a handler and a model"),
        ("{name: small, handler: {kind: sentiment}}", "more than once"),
    ],
)
def test_what_a_handler_cannot_be_built_from_is_told(tmp_path, tier, said):
    """A file that is not there, a pattern that is none, a tier that is two things."""
    with pytest.raises(ConfigError, match=said):
        Router.from_yaml(write(tmp_path, f"embedder: null\ntiers:\n  - {tier}"))
