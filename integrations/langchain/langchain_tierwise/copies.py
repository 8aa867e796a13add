"""What a copy shares, and what another process gets.

Tiers hold clients with connections, and the router what it remembers and learns. Both serve any number of calls at once,
so a copy, however deep, is a copy of the settings. Another process gets models and a router of its own, as far as the
models can be pickled; many clients hold locks, and cannot.
"""

from __future__ import annotations

import copy
import pickle
from typing import Any, Self

from tierwise.errors import NotPicklable


class SharesItsEngine:
    """For what has `tiers`: copies share them and the router."""

    tiers: dict[str, Any]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """A copy of the settings."""
        return copy.copy(self)

    def __getstate__(self) -> Any:
        """What is pickled.

        Raises:
            NotPicklable: A tier's model holds what belongs to this process.
        """
        for name, model in self.tiers.items():
            _check(name, model)
        return super().__getstate__()


def _check(name: str, model: Any) -> None:
    try:
        pickle.dumps(model)
    except TypeError as error:  # a lock, a socket: whatever pickles it (cloudpickle, Ray) fails alike
        raise NotPicklable(
            f"tier {name!r} is a {type(model).__name__}, and {error}: make the chat models anew in the other process and "
            "give them to ChatTierwise(…, router=router); the router can be pickled"
        ) from error
    except Exception:  # something that pickle finds under no name; others may be able to
        return
