"""What the handoff's tests share: the makers' servers and clients are importable from here."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # for `servers`, `clients`, `stories`: the folder's own modules
    sys.path.insert(0, HERE)
