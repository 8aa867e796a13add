"""The words of tierwise, as frozen dataclasses without behaviour.

A *step* is one model call of an agent: the whole message list it would send, plus its tools. Messages and tools are in
OpenAI chat form, as plain mappings, and are never copied: an agent's history is long, and routing only reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[Any]

Message: TypeAlias = Mapping[str, Any]
"""An OpenAI chat message. `made_by` may name its maker: `{"provider": "anthropic", "model": "claude-opus-4-6"}`."""

Tool: TypeAlias = Mapping[str, Any]
"""An OpenAI tool: `{"type": "function", "function": {"name": …, "parameters": {…}}}`."""

Kind: TypeAlias = Literal["opening", "tool_call", "digest", "answer", "recovery", "follow_up", "summary"]
"""What a step is about to do, read from what stands before it.

- `answer`: a plain question; no tools are offered, or their use is forbidden.
- `opening`: the first request of a conversation, with tools at hand.
- `tool_call`: a call is due: a later request with tools at hand, or a call that `tool_choice` demands.
- `digest`: a tool result has come back and must be read.
- `recovery`: the last tool result is an error, or the same call has been repeated.
- `follow_up`: a short reply that leans on what was said ("yes, do it", "thanks", "and the second one?").
- `summary`: the conversation or a long text is to be condensed.
"""

KINDS: tuple[Kind, ...] = ("opening", "tool_call", "digest", "answer", "recovery", "follow_up", "summary")

Mode: TypeAlias = Literal["route", "shadow"]

EVERY_TRAFFIC = "*"
"""Stands in `Reference.traffic` where a step counts in every sort of traffic."""


@dataclass(frozen=True, slots=True)
class Step:
    """One model call that is about to be made."""

    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None
    max_output_tokens: int | None = None
    conversation_id: str | None = None
    user: str | None = None
    quality: float | None = None
    floor: str | None = None
    ceiling: str | None = None
    metadata: Mapping[str, Any] | None = None
    thinking: Mapping[str, bool] | None = None
    """Tier name to whether this call asks that tier to think by a switch, where the host knows; see `Tier.thinking`."""


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


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the classifier may know of a tier's model, to guess an ability from."""

    model: str
    provider: str | None = None
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    context_tokens: int | None = None
    ability: float | None = None
    """Set by hand, in logits; None leaves it to the classifier."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How likely each tier is to do the step well.

    `p_adequate[tier]` is P(this tier's answer is correct, or accepted), in [0, 1]: absolute, so for a very hard step the
    top tier's may be 0.3.
    """

    p_adequate: Mapping[str, float]
    kind: Kind = "answer"
    signals: Signals = field(default_factory=Signals)
    difficulty: float = 0.0
    """In logits; 0 is the mean of the traffic the classifier was trained on, higher is harder."""
    notes: tuple[str, ...] = ()
    """What a person should know of this estimate: no encoder, an unfamiliar language, a length beyond the training data."""
    traffic: str = ""
    """The sort of traffic within which quality is to be kept, one of `Reference.traffic`; "" for the rest."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What traffic looks like, as computed figures: used to turn a quality target into a price of quality.

    Attributes:
        p_adequate: Shape (n_steps, n_models), in the order of the models asked for.
        input_tokens: Shape (n_steps,).
        output_tokens: Shape (n_steps,).
        weights: Shape (n_steps,), sums to 1.
        traffic: Of each step, the sort of traffic within which quality is to be kept; "" for the rest, `EVERY_TRAFFIC` where
            a step counts in each. Empty: all is one.
    """

    p_adequate: Floats
    input_tokens: Floats
    output_tokens: Floats
    weights: Floats
    traffic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one tier would charge for this step, now. `input_tokens` are as this tier counts them, where that is known."""

    usd: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    kept_usd: float = 0.0
    """What the prompt cache that this call leaves behind is expected to save later; see `tierwise.policy.horizon`."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a policy may look at besides estimate, costs and limits."""

    kind: Kind
    input_tokens: int
    output_tokens: int
    quality: float
    current_tier: str | None = None
    """The tier that took the conversation's last step, if there was one."""
    room_usd: float | None = None
    """What the step may cost so that the conversation stays within its bound (`tierwise.policy.bound`); None: no bound."""
    traffic: str = ""
    """The sort of traffic within which quality is kept; see `Estimate.traffic`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Which tiers may be chosen, and why the others may not; known before choosing."""

    allowed: tuple[str, ...]
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Tier name to the reason in words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy chose."""

    tier: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input` counts all input tokens; `cached` and `cache_write` are parts of it."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tier returned."""

    message: Message
    model: str | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    logprobs: Any = None
    raw: Any = field(default=None, repr=False)
    fault: str | None = None
    """What the host found wrong with it, in words: it did not parse as the class that was asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers without a model: a text, tool calls, or both."""

    source: str
    """Where the answer comes from, for a person to look it up: `"faq.yaml#returns"`."""
    confidence: float
    """How sure the handler is, in [0, 1], on a scale of its own."""
    text: str | None = field(default=None, repr=False)
    tool_calls: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)
    """Name and arguments of each."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """A handler leaves the step to others."""

    reason: str
    """Why, in a few words and without the text of a message: `"nearest question .61 < .80"`."""


EditAction: TypeAlias = Literal[
    "drop_part",
    "rewrite_part",
    "drop_field",
    "fill_field",
    "drop_message",
    "drop_call",
    "rewrite_id",
    "fill_content",
    "insert_message",
    "summarise",
]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to the history, so that the chosen tier accepts it. Indices are those of the list the host gave.

    - `drop_part`: leave out part `part` of message `message`'s content list;
    - `rewrite_part`: that part becomes a text part that says `new`;
    - `drop_field`: leave out the message's key `field`; with `part`, that part's key; `tool_calls.x` is the key `x` of
      each of its calls;
    - `fill_field`: the message's key `field` says `new`, whatever it said before;
    - `drop_message`: leave out message `message`;
    - `drop_call`: leave out the message's tool call `old`;
    - `rewrite_id`: the tool-call id `old` reads `new` in message `message`, in a call or in a result;
    - `fill_content`: message `message`'s content becomes the text `new`;
    - `insert_message`: before message `message` (behind all others where there is none), `role` says `new`; for the role
      "tool" it is the result of call `old`, for others the key `field` says `old`, where there is one; `copies` is a
      message and a part of it that then follows the text;
    - `summarise`: `new` stands in the place of messages `message` up to, not including, `stop`.

    Parts come first, then the rest in the order given; what is inserted in one place keeps its order.
    """

    action: EditAction
    message: int
    part: int | None = None
    field: str | None = None
    stop: int | None = None
    old: str | None = None
    new: str | None = None
    reason: str = ""
    role: str | None = None
    copies: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Which tier takes the step, and why.

    `expected_usd` holds every tier's expected cost of this step. In shadow mode `tier` is the one called (the top
    tier) and `would_choose` the one that routing would have taken; otherwise they are the same. Where a handler has
    answered, nothing was estimated: `p_adequate` is empty, and its own cost is 0.
    """

    tier: str
    would_choose: str
    p_adequate: Mapping[str, float]
    expected_usd: Mapping[str, float]
    kind: Kind
    reasons: tuple[str, ...]
    fallback: bool
    mode: Mode
    conversation_id: str
    id: str
    decision_ms: float
    signals: Signals
    source: str | None = None
    """Where the answer of a tier without a model comes from; None where a model is called."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values, without any message text."""
        return {
            "tier": self.tier,
            "would_choose": self.would_choose,
            "p_adequate": dict(self.p_adequate),
            "expected_usd": dict(self.expected_usd),
            "kind": self.kind,
            "reasons": list(self.reasons),
            "fallback": self.fallback,
            "source": self.source,
            "mode": self.mode,
            "conversation_id": self.conversation_id,
            "id": self.id,
            "decision_ms": self.decision_ms,
            "signals": {name: getattr(self.signals, name) for name in SIGNAL_NAMES},
        }

    def canonical(self) -> dict[str, Any]:
        """`to_dict()` without id, conversation_id and milliseconds: equal on every host for equal input."""
        return {k: v for k, v in self.to_dict().items() if k not in ("id", "conversation_id", "decision_ms")}


@dataclass(frozen=True, slots=True)
class Held:
    """What a provider may still hold of a conversation: the first `tokens` tokens of it, since `at` (seconds)."""

    tokens: int
    at: float
    factor: float = 1.0
    """Input tokens that the tier's last call was billed, for each one estimated from the text."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What one answered call adds to its conversation."""

    tier: str
    held: Held
    usd: float
    top_usd: float = 0.0
    """What the top tier alone would have been billed for this step, its cache warm."""
    maker: str = ""
    """Whose answer it is, for what is signed in it: provider and model, with a tab between."""
    seals: tuple[str, ...] = ()
    """Digests of what is signed in the answer; see `tierwise.conversation.makers`."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What is remembered of a conversation: cost facts only, never what an estimate needs, and no text."""

    conversation_id: str
    user: str | None = None
    tip: str = ""
    """The prefix under which the conversation was last seen; a step that matches an older one is a branch."""
    steps: int = 0
    last_tier: str | None = None
    held: Mapping[str, Held] = field(default_factory=dict)
    """Tier name to what its provider may still hold in its prompt cache."""
    spent_usd: float = 0.0
    top_usd: float = 0.0
    """What the top tier alone would have been billed for these steps, its cache warm."""
    makers: Mapping[str, str] = field(default_factory=dict)
    """Digest of what is signed in an answer to its maker, as in `CallRecord`; of the latest ones."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well a model did on a step: `score` in [0, 1], 1 is fully adequate."""

    model: str
    score: float
    messages: Sequence[Message] = field(repr=False)
    tools: Sequence[Tool] | None = field(default=None, repr=False)
    decision_id: str | None = None
    conversation_id: str | None = None
    """Outcomes of one conversation depend on each other; a guarantee counts them together."""
    traffic: str | None = None
    """The user's own name for traffic of this kind; steps name theirs as `metadata["traffic"]`."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One outcome as it is kept: computed figures of the step, never its text.

    Attributes:
        step: A digest of messages and tools; outcomes of different models on one step share it.
        model: Whose answer was graded.
        score: In [0, 1].
        weight: How much it says, in (0, 1]; 1 for a graded outcome, less for a thumb or a verdict.
        features: Shape (n_features,), float16; see `tierwise.classifier.learned.features_of`.
        p_adequate: Model to its chance before anything was learned, for all tiers of the router that read the step.
        kind: Kind of the step.
        input_tokens: Estimated tokens of the step.
        output_tokens: Expected tokens of the answer.
        origin: "outcome", "feedback", "preference" or "verdict".
        encoder: The encoder whose vectors stand in `features`; None for none.
        conversation_id: The conversation it belongs to, where known.
        traffic: The user's own name for traffic of this kind.
        text: Messages and tools, only where a store was asked to keep them.
    """

    step: str
    model: str
    score: float
    weight: float
    features: Floats = field(repr=False)
    p_adequate: Mapping[str, float] = field(repr=False)
    kind: Kind = "answer"
    input_tokens: int = 0
    output_tokens: int = 0
    origin: str = "outcome"
    encoder: str | None = None
    conversation_id: str | None = None
    traffic: str | None = None
    text: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LevelChange:
    """What outcomes have changed for one model on one kind of step.

    Attributes:
        model: The model.
        kind: The kind of step, the user's own name for the traffic, or "all".
        n: How many outcomes there are.
        prior: Mean chance before anything was learned, on the graded steps.
        observed: Mean score.
        before: Mean chance before this learning.
        after: Mean chance now.
        sd: Standard deviation of what is known of the model's level, in probability.
    """

    model: str
    kind: str
    n: int
    prior: float
    observed: float
    before: float
    after: float
    sd: float


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What `router.learn` did.

    Attributes:
        used: Outcomes that were taken in now.
        skipped: Reason to how many were not.
        n_outcomes: Outcomes known in all.
        trust: How far features of steps are believed, in [0, 1]; 0 leaves the ranking of steps as it was.
        changes: By model and kind of step; empty where refitting waits for the next decision.
        notes: What else a person should know.
    """

    used: int
    skipped: Mapping[str, int]
    n_outcomes: int
    trust: float = 0.0
    changes: tuple[LevelChange, ...] = ()
    notes: tuple[str, ...] = ()
