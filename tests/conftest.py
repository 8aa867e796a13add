"""What every test stands on: fixed seeds, no network but loopback, no forced tier from outside."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing litellm calls out otherwise
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LANGSMITH_TRACING", "false")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime from 1.29 on writes a device id at home otherwise

# `tests/` is on the path for these imports only: its folders are named like packages.
sys.path.insert(0, str(Path(__file__).parent))
import loopback
import shop_talk  # noqa: F401 - for test files, which find it among the modules that are loaded

sys.path.remove(str(Path(__file__).parent))

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _calm_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same random numbers in every test, and no tier forced by the shell that runs them."""
    random.seed(0)
    np.random.seed(0)
    monkeypatch.delenv("TIERWISE_FORCE_TIER", raising=False)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data and models beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared (data and models of the developers) is absent")
    return SHARED


@pytest.fixture
def openai_server() -> Iterator[loopback.OpenAIServer]:
    """An OpenAI-compatible server on loopback, scripted by the test; see `tests/loopback.py`."""
    with loopback.OpenAIServer() as server:
        yield server
