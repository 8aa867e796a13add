"""The cookbook's pages for litellm run, offline, and say what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tierwise.config import load_config

pytest.importorskip("litellm")

COOKBOOK = Path(__file__).resolve().parents[2] / "cookbook"


def test_the_page_runs_without_a_key() -> None:
    """Easy goes to the small tier, hard and bounded steps to the top, streams too."""
    nowhere = "http://127.0.0.1:9"
    environment = {**os.environ, "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environment.pop("OPENAI_API_KEY", None)

    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(COOKBOOK / "04_litellm.py")],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    said = ran.stdout.splitlines()
    assert [line.split()[0].rstrip(":") for line in said if not line.startswith("  ")] == [
        "small",
        "top",
        "top",
        "small",
        "top",
    ]
    assert "billed $0.0000090 as gpt-4.1-nano" in ran.stdout


def test_the_proxys_files_agree() -> None:
    """Every tier's model is a group of the proxy, the alias leads to one, and the callback is ours."""
    folder = COOKBOOK / "litellm_proxy"
    proxy: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text())
    tiers = load_config(folder / "tierwise.yaml").tiers

    groups = {entry["model_name"] for entry in proxy["model_list"]}
    assert {tier.model for tier in tiers} == groups
    assert set(proxy["router_settings"]["model_group_alias"].items()) <= {("tierwise/auto", group) for group in groups}
    assert proxy["litellm_settings"]["callbacks"] == "litellm_tierwise.proxy.tierwise"
