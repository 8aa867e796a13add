"""Routers of others that stand beside ours, where they are installed."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from tierwise.types import Floats

__all__ = ["litellm_heuristic"]

log = logging.getLogger(__name__)

_MODULE = "litellm.router_strategy.complexity_router.complexity_router"
_TIERS = {"SIMPLE": "a", "MEDIUM": "a", "COMPLEX": "b", "REASONING": "b"}


def litellm_heuristic(texts: Sequence[str]) -> Floats | None:
    """How complex litellm's complexity router (its local heuristic) finds each text, shape (n,); None without litellm.

    Imported by name at run time, as a thing to be measured: nothing of the core rests on a host.
    """
    router = _complexity_router()
    return None if router is None else np.array([float(router.classify(text)[1]) for text in texts])


@cache
def _complexity_router() -> Any:
    # Otherwise importing litellm fetches its price table.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        host = import_module("litellm").Router(model_list=[])
        return import_module(_MODULE).ComplexityRouter("auto", host, {"tiers": _TIERS})
    except (ImportError, AttributeError, TypeError) as error:
        log.info("litellm's complexity router is not there to be judged beside (%s)", error)
        return None
