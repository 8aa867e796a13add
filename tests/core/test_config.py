"""`tierwise.yaml`: what a file may set, and how its errors read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.config import load_config
from tierwise.errors import ConfigError

GOOD = """\
quality: 0.9
tiers:
  - {name: small, model: gpt-4.1-nano}
  - name: own
    prices: {input: 1, output: 2}
    context_tokens: 32000
rules:
  - {name: careful, kinds: [recovery], at_least: own}
state: {store: memory, max_prefixes: 1000}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "tierwise.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read_whole(tmp_path):
    """Tiers, prices by hand, rules and state come back as written; a folder stands for its tierwise.yaml."""
    written(tmp_path, GOOD)

    config = load_config(tmp_path)

    assert [tier.name for tier in config.tiers] == ["small", "own"]
    assert config.tiers[1].arguments()["prices"] == {"input": 1, "output": 2}
    assert config.rules[0].at_least == "own"
    assert config.router_arguments() == {"quality": 0.9}
    assert config.state.max_prefixes == 1000


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("quality: 0.9\ntiers:\n  - {name: a, modle: x}\n", 3, "tiers.0.modle"),
        ("tiers:\n  - name: a\n    prices:\n      input: -1\n      output: 2\n", 4, "tiers.0.prices.input"),
        ("quality: 95\ntiers: [{name: a, model: x}]\n", 1, "quality"),
        ("qualty: 0.9\ntiers: [{name: a, model: x}]\n", 1, "qualty"),
        ("tiers: [{name: a, model: x}]\nrules:\n  - at_least: a\n  - kinds: [recovry]\n", 4, "rules.1.kinds.0"),
        ("tiers: [{name: a, model: x}]\nquality: 0.9\nquality: 0.8\n", 3, "quality"),
        ("tiers: []\n", 1, "tiers"),
        ("tiers: [{name: a, model: x}]\nstate: {store: redis}\n", 2, "state"),
        ("tiers: [{name: a, model: x}]\nstate:\n  store: mongo\n", 3, "state.store"),
    ],
)
def test_errors_name_the_line_and_the_key(tmp_path, text, line, key):
    """Whoever reads the message knows where to look."""
    with pytest.raises(ConfigError, match=rf"tierwise\.yaml, line {line}: {key}"):
        load_config(written(tmp_path, text))


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "tiers: [", "\t- x"])
def test_what_is_no_configuration_is_refused_in_words(tmp_path, text):
    """An empty file, a list, broken YAML: each a ConfigError that names the file."""
    with pytest.raises(ConfigError, match=r"tierwise\.yaml"):
        load_config(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    """The path asked for stands in the message."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_config(tmp_path / "nowhere.yaml")


def test_a_router_is_built_from_a_file_with_its_store(tmp_path):
    """Tiers, rules, quality and the SQLite store all come from the one file; state outlives the router."""
    from tierwise import Answer, Router

    text = GOOD.replace("{store: memory, max_prefixes: 1000}", f"{{store: sqlite, path: {tmp_path / 'state.db'}}}")
    file = written(tmp_path, text + "embedder: null\n")
    hello = [{"role": "user", "content": "hello"}]

    plan = Router.from_yaml(file).start(hello)
    plan.after(Answer({"role": "assistant", "content": "hi"}))
    again = Router.from_yaml(file).start(
        [*hello, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "bye"}]
    )

    assert {tier.name for tier in Router.from_yaml(file).tiers} == {"small", "own"}
    assert again.decision.conversation_id == plan.decision.conversation_id
    assert again.state.steps == 1


def test_a_redis_url_is_taken_from_the_environment_and_never_shown(tmp_path, monkeypatch):
    """A variable that is not set is named; a password is in no repr."""
    from tierwise import Router

    text = GOOD.replace("{store: memory, max_prefixes: 1000}", "{store: redis, url_env: TIERWISE_TEST_REDIS}")
    with pytest.raises(ConfigError, match="TIERWISE_TEST_REDIS"):
        Router.from_yaml(written(tmp_path, text + "embedder: null\n"))
    shown = GOOD.replace("{store: memory, max_prefixes: 1000}", "{store: redis, url: 'redis://:pa55@127.0.0.1:1/0'}")
    assert "pa55" not in repr(load_config(written(tmp_path, shown)))
