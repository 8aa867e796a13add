"""What is read off a step before any model is called."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from tierwise.types.step import Kind


@dataclass(frozen=True, slots=True)
class Signals:
    """What can be read off a step without a model, in any language. Counts are whole numbers; shares lie in [0, 1]."""

    kind: Kind = "answer"

    # The question: the task with harness text, answer options and few-shot blocks taken off.
    question_chars: int = 0
    question_words: int = 0
    sentences: int = 0
    lexical_complexity: float = 0.0
    """0 (everyday words) to 1 (long, rare, varied words)."""
    reasoning_steps: float = 0.0
    """How many steps of reasoning are asked for: parts, conditions, "prove", "design"; 0 to 10. Each idea counts once."""
    world_knowledge: float = 0.0
    """Need for specialist or factual knowledge: 0 to 1."""
    creativity: float = 0.0
    """Need for invention in form or content: 0 to 1."""
    parts: int = 0
    numbers: int = 0
    options: int = 0
    code: float = 0.0
    mathematics: float = 0.0
    social: float = 0.0
    """Small talk: greetings, thanks, goodbyes, in many languages; 1 when the latest message is nothing else."""
    assent: float = 0.0
    """"Yes, do it", "continue": 1 when the latest message only tells the agent to go on."""
    lookup: float = 0.0
    """A plain look-up or one-line fact: 0 to 1."""
    non_latin: float = 0.0
    """Share of letters outside the Latin script."""

    # The step: what stands around the question.
    messages: int = 0
    depth: int = 0
    """Assistant messages so far."""
    tool_results: int = 0
    tool_errors: int = 0
    repeated_calls: int = 0
    last_result_failed: bool = False
    last_result_chars: int = 0
    trouble: int = 0
    """0 to 4: how stuck the last steps were; failures and repetition raise it, sound steps let it down again."""
    failed_in_a_row: int = 0
    """Of the latest calls, how many in a row had a result that failed; parallel calls count once."""
    stalled_in_a_row: int = 0
    """Of the latest steps, how many in a row repeated themselves, learned nothing, or announced an action and took none."""
    tools: int = 0
    tool_schema_depth: int = 0
    tool_parameters: int = 0
    tool_choice_forced: bool = False
    structured_output: bool = False
    images: int = 0
    input_tokens: int = 0
    """Estimated tokens of the messages and the tool schemas together."""
    context_only_tokens: int = 0
    """Of these, what is not the question: history, documents, tool results."""


SIGNAL_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Signals))


@dataclass(frozen=True, slots=True)
class Reading:
    """A step as the classifier sees it: two texts to embed, and the signals.

    `task` is the last thing a person asked for that stands on its own, harness text stripped; `latest` is the newest
    message, whoever wrote it. Neither is ever logged or put into a decision.
    """

    task: str = field(repr=False)
    latest: str = field(repr=False)
    signals: Signals = field(default_factory=Signals)
