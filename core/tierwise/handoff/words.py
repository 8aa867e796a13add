"""The few words that stand in a history for what was left out of it, or where a provider insists on a message."""

from __future__ import annotations

from typing import Final

NO_THOUGHTS: Final = " "
NO_RESULT: Final = "(No result: the call was interrupted.)"
NO_OUTPUT: Final = "(No output.)"
NO_TEXT: Final = "(No text.)"
NO_ANSWER: Final = "(No answer was given.)"
READ: Final = "(The results have been read.)"
GO_ON: Final = "Please go on."
CUT: Final = "(The beginning of this conversation was left out.)"
IMAGE_OF_TOOL: Final = "(The image that the tool returned.)"
IMAGE_OF_ANSWER: Final = "(The image that the assistant made.)"
IMAGE: Final = "(An image that cannot be shown here.)"
