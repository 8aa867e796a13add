"""What the README and the cookbook show runs, and prints what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PAGES = sorted((ROOT / "cookbook").glob("[0-9]*.py"))


def run(arguments: list[str], **environment: str) -> str:
    """A fresh Python, as a reader would start it; what it printed."""
    surroundings = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", **environment}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=surroundings,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def blocks_with(word: str) -> list[str]:
    return [block for block in BLOCKS if word in block]


@pytest.mark.parametrize("host", ["ChatTierwise", "llms.tierwise", "litellm_tierwise"])
def test_each_host_of_the_first_screen_routes_a_question_in_under_ten_lines(host, openai_server):
    """The README's lines, against a server on loopback in the place of the paid models."""
    (block,) = blocks_with(host)

    printed = run(
        ["-c", block],
        OPENAI_API_KEY="unused",
        OPENAI_BASE_URL=openai_server.base_url,
        OPENAI_API_BASE=openai_server.base_url,
    )

    assert len([line for line in block.splitlines() if line.strip()]) < 10
    assert printed.strip() == "small"
    assert [asked.model for asked in openai_server.requests] == ["gpt-4.1-nano"]


def test_the_first_lines_print_what_the_readme_says():
    """Decisions are behaviour: when they move, the README moves with them."""
    block = BLOCKS[0]
    (shown,) = re.findall(r"```text\n(.*?)```", README.split("```python", 2)[1], re.DOTALL)

    assert run(["-c", block]) == shown


def test_the_lines_on_handlers_answer_without_a_model():
    """Done at once, word for word, with a source and at no cost."""
    (block,) = blocks_with("handlers.faq")

    assert run(["-c", block]) == "True Within 30 days. faq#returns 0.0\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_cookbook_page_runs_offline(page):
    """Each page runs as a script, without a key, and prints something."""
    assert run([str(page)], OPENAI_API_KEY="", ANTHROPIC_API_KEY="").strip()


def test_the_cookbook_lists_every_page():
    """A page that is not in the table is not found."""
    table = (ROOT / "cookbook" / "README.md").read_text(encoding="utf-8")

    assert [page.name for page in PAGES if page.name not in table] == []


@pytest.mark.parametrize("page", ["README.md", "tests/benchmarks/README.md"])
def test_every_link_into_the_tree_leads_somewhere(page):
    """The file is there, and so is the heading, where one is named."""
    text, folder = (ROOT / page).read_text(encoding="utf-8"), (ROOT / page).parent
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#([^)]*))?\)", text)

    assert links
    assert [link for link, _ in links if not (folder / link).exists()] == []
    assert [(link, heading) for link, heading in links if heading and heading not in _headings(folder / link)] == []


def _headings(page):
    """The names that headings of a Markdown file are linked by."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}
