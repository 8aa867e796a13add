"""The words of tierwise, as frozen dataclasses without behaviour.

One module for each of a step's stations, in this order: `step`, `signals`, `estimate`, `choice`, `decision`, `edit`,
`answer`, `conversation`, `outcome`. A station knows those before it only. Their names are given here together, because
who routes meets them together: `from tierwise.types import Decision, Step`.
"""

from __future__ import annotations

from tierwise.types.answer import Abstention, Answer, HandlerStats, Reply, Usage
from tierwise.types.choice import Choice, Cost, Limits, StepFacts
from tierwise.types.conversation import CallRecord, ConversationState, Held
from tierwise.types.decision import Decision, Mode
from tierwise.types.edit import Edit, EditAction
from tierwise.types.estimate import EVERY_TRAFFIC, Estimate, Floats, ModelFacts, Reference
from tierwise.types.outcome import Graded, LearnReport, LevelChange, Outcome
from tierwise.types.signals import SIGNAL_NAMES, Reading, Signals
from tierwise.types.step import KINDS, Kind, Message, Step, Tool

__all__ = [
    "EVERY_TRAFFIC",
    "KINDS",
    "SIGNAL_NAMES",
    "Abstention",
    "Answer",
    "CallRecord",
    "Choice",
    "ConversationState",
    "Cost",
    "Decision",
    "Edit",
    "EditAction",
    "Estimate",
    "Floats",
    "Graded",
    "HandlerStats",
    "Held",
    "Kind",
    "LearnReport",
    "LevelChange",
    "Limits",
    "Message",
    "Mode",
    "ModelFacts",
    "Outcome",
    "Reading",
    "Reference",
    "Reply",
    "Signals",
    "Step",
    "StepFacts",
    "Tool",
    "Usage",
]
