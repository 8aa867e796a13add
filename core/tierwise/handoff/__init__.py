"""The history as the chosen tier will accept it, as edits on the host's own messages.

What a maker has signed (thinking blocks, reasoning items, thought signatures) is valid for that maker alone; another one
answers with an error 400. A call without its result, or a result without its call, is refused by most. And each provider
has rules of its own for ids, empty contents, images and the order of roles (`demands.py`). So, before a step is sent to
a tier, what others have signed is dropped, pairs are kept whole, and the provider's own rules are met. Nothing else is
touched: a tier that made the history itself gets it as it stands, and its prompt cache stays warm.

The host applies the edits to its own objects, so nothing that the OpenAI form cannot hold is lost on the way.
"""

from tierwise.handoff.apply import apply_edits
from tierwise.handoff.edits import edits_for
from tierwise.handoff.window import fit_window

__all__ = ["apply_edits", "edits_for", "fit_window"]
