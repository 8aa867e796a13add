"""Importing tierwise costs next to nothing and touches nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tierwise

PROBE = """
import socket, sys
def refuse(*args, **kwargs): raise SystemExit("a socket was opened")
socket.socket.connect = refuse
socket.create_connection = refuse
import tierwise
loaded = [name for name in ("fastembed", "onnxruntime", "pydantic", "numpy", "litellm", "langchain_core") if name in sys.modules]
print(",".join(loaded))
from tierwise import Router, Tier
loaded = [name for name in ("fastembed", "onnxruntime", "pydantic", "litellm", "langchain_core") if name in sys.modules]
print(",".join(loaded))
"""


def test_importing_loads_no_model_library_and_opens_no_socket():
    """Neither the package nor its main names pull in what is used only later."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["", ""]


def test_every_public_name_is_there():
    """What `__all__` names can be imported, and a slip gets the usual error."""
    assert all(getattr(tierwise, name) is not None for name in tierwise.__all__)
    with pytest.raises(AttributeError, match="Routr"):
        tierwise.Routr  # noqa: B018
