"""Fakes and contract checks, public: users test their routing, and their own plug points, with them.

router = Router(tiers, classifier=FakeClassifier({"small": 0.9, "top": 0.95}), embedder=None)
check_policy(MyPolicy())
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from hashlib import blake2b

import numpy as np

from tierwise.protocols import Classifier, Embedder, Handler, Policy, StateStore
from tierwise.signals import read_step
from tierwise.types import (
    Abstention,
    CallRecord,
    ConversationState,
    Cost,
    Estimate,
    Floats,
    Held,
    Limits,
    ModelFacts,
    Reading,
    Reference,
    Reply,
    Step,
    StepFacts,
)

Chances = Mapping[str, float]


class FakeClassifier:
    """Gives the chances it was told to: the same for all steps, or by a function of the reading."""

    def __init__(self, chances: Chances | Callable[[Reading], Chances]) -> None:
        self._chances = chances

    def estimate(
        self,
        readings: Sequence[Reading],
        vectors: Floats | None,
        models: Mapping[str, ModelFacts],
    ) -> list[Estimate]:
        """One estimate per reading."""
        return [self._one(reading, models) for reading in readings]

    def reference(self, models: Mapping[str, ModelFacts]) -> Reference:
        """Two kinds of traffic, easy and hard, on which dearer models are likelier to be adequate."""
        prices = [facts.usd_per_mtok_out for facts in models.values()]
        rank = np.argsort(np.argsort(prices, kind="stable"), kind="stable") / max(1, len(prices) - 1)
        easy, hard = 0.9 + 0.08 * rank, 0.3 + 0.5 * rank
        if isinstance(self._chances, Mapping):
            easy = hard = np.array([self._chances[name] for name in models])
        return Reference(np.vstack([easy, hard]), np.full(2, 1000.0), np.full(2, 100.0), np.full(2, 0.5))

    def _one(self, reading: Reading, models: Mapping[str, ModelFacts]) -> Estimate:
        chances = self._chances if isinstance(self._chances, Mapping) else self._chances(reading)
        return Estimate({name: chances[name] for name in models}, reading.signals.kind, reading.signals)


class FakeEmbedder:
    """Vectors that depend on the words of a text and on nothing else; equal words, equal vectors."""

    name = "fake-words"

    def __init__(self, dim: int = 16) -> None:
        self.dim = dim

    def embed(self, texts: Sequence[str]) -> Floats:
        """Shape (n_texts, dim), rows of length 1."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                row += np.random.default_rng(int.from_bytes(digest)).standard_normal(self.dim).astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def check_policy(policy: Policy) -> None:
    """A policy chooses an allowed tier, gives reasons, and answers alike when asked again.

    Raises:
        AssertionError: It does not; the message says for which input.
    """
    names = ("small", "middle", "large")
    costs = {name: Cost(usd, 100, 0, 50) for name, usd in zip(names, (0.001, 0.01, 0.1), strict=True)}
    facts = StepFacts("answer", 100, 50, 0.95)
    for p in itertools.product((0.0, 0.5, 1.0), repeat=3):
        estimate = Estimate(dict(zip(names, p, strict=True)))
        for allowed in (names, names[:1], names[1:], names[2:]):
            choice = policy.choose(facts, estimate, costs, Limits(allowed))
            assert choice.tier in allowed, f"{choice.tier!r} is not among the allowed {allowed!r} at p = {p!r}"
            assert choice.reasons, f"no reasons at p = {p!r}"
            again = policy.choose(facts, estimate, costs, Limits(allowed))
            assert again == choice, f"two choices for one input at p = {p!r}: {choice!r}, {again!r}"


def check_embedder(embedder: Embedder) -> None:
    """An embedder returns unit rows of its dimension, alike in a batch and alone, whatever the text.

    Raises:
        AssertionError: It does not.
    """
    texts = ["hello", "", "two words", "hello", "\ud800 broken", "多 言語", "x" * 5000]
    together = embedder.embed(texts)
    assert together.shape == (len(texts), embedder.dim), (
        f"shape {together.shape}, expected {(len(texts), embedder.dim)}"
    )
    assert np.isfinite(together).all(), "a vector is not finite"
    lengths = np.linalg.norm(together, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)), f"rows are not of length 1: {lengths}"
    alone = np.vstack([embedder.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-6), "a text's vector depends on what else is in the batch"


def check_classifier(classifier: Classifier, models: Mapping[str, ModelFacts], dim: int | None = None) -> None:
    """A classifier gives every tier a chance, for one step as for many, and a reference to price quality with.

    Raises:
        AssertionError: It does not.
    """
    readings = [Reading("What is 2 + 2?", "What is 2 + 2?"), Reading("", ""), Reading("Prove it.", "yes")]
    vectors = None if dim is None else FakeEmbedder(dim).embed([t for r in readings for t in (r.task, r.latest)])
    shaped = None if vectors is None else vectors.reshape(len(readings), 2, -1)
    together = classifier.estimate(readings, shaped, models)
    assert len(together) == len(readings), f"{len(together)} estimates for {len(readings)} readings"
    for i, estimate in enumerate(together):
        assert set(estimate.p_adequate) == set(models), f"chances for {set(estimate.p_adequate)}, asked {set(models)}"
        assert all(0 <= p <= 1 for p in estimate.p_adequate.values()), f"not chances: {estimate.p_adequate}"
        alone = classifier.estimate(readings[i : i + 1], None if shaped is None else shaped[i : i + 1], models)[0]
        assert all(abs(alone.p_adequate[name] - p) < 1e-6 for name, p in estimate.p_adequate.items())
    reference = classifier.reference(models)
    assert reference.p_adequate.shape == (len(reference.weights), len(models))
    assert abs(float(reference.weights.sum()) - 1) < 1e-6, "the weights of the reference do not sum to 1"


def check_handler(handler: Handler, answers: Sequence[Step] = (), abstains: Sequence[Step] = ()) -> None:
    """A handler answers or abstains in words, alike when asked again, quickly, and changes nothing.

    Args:
        handler: The handler.
        answers: Steps that it is expected to answer.
        abstains: Steps that it is expected to leave to others; some that break handlers are always added.

    Raises:
        AssertionError: It does not; the message says for which step.
    """
    odd = [
        Step([{"role": "user", "content": text}])
        for text in ("", "?", "\ud800 broken", "多 言語", "a" * 50_000, "(" * 999)
    ]
    odd.append(Step([{"role": "system", "content": "be brief"}]))
    odd.append(Step([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]))
    for step in (*answers, *abstains, *odd):
        before = deepcopy(step)
        reading = read_step(step)
        given = handler.handle(step, reading)
        assert step == before, f"the handler has changed the step {step!r}"
        assert isinstance(given, Reply | Abstention), f"{given!r} is neither a Reply nor an Abstention"
        assert handler.handle(step, reading) == given, f"two answers for one step: {given!r} and another"
        _check_given(given, step)
    for expected, steps in ((Reply, answers), (Abstention, abstains)):
        for step in steps:
            given = handler.handle(step, read_step(step))
            assert isinstance(given, expected), f"{given!r} for {step!r}"


def _check_given(given: Reply | Abstention, step: Step) -> None:
    if isinstance(given, Abstention):
        assert given.reason, f"no reason for abstaining from {step!r}"
        return
    assert 0 <= given.confidence <= 1, f"the confidence is {given.confidence!r}"
    assert given.source, f"no source for the answer to {step!r}"
    assert given.text or given.tool_calls, f"an empty answer to {step!r}"
    offered = {tool.get("function", {}).get("name") for tool in step.tools}
    stray = [name for name, _ in given.tool_calls if name not in offered]
    assert not stray, f"a call of {stray[0]!r}, which is not among the tools offered: {offered!r}"


def check_state_store(store: StateStore) -> None:
    """A store finds a conversation by its newest known prefix, and keeps older prefixes pointing at it.

    Raises:
        AssertionError: It does not.
    """
    first = ConversationState("check-a", tip="prefix-1")
    later = ConversationState("check-a", tip="prefix-2")
    assert store.find(["prefix-1"]) is None, "an empty store knows a prefix"
    store.put(first)
    assert store.find(["prefix-0", "prefix-1"]) == first
    store.put(later)
    assert store.find(["prefix-1", "prefix-2", "prefix-3"]) == later
    assert store.find(["prefix-1"]) == later, "an older prefix must still lead to its conversation"
    store.record(later, CallRecord("small", Held(1200, 5.0), 0.25))
    store.record(first, CallRecord("top", Held(1500, 6.0), 0.5))
    after = store.find(["prefix-2"])
    assert after is not None
    assert (after.steps, after.last_tier, after.spent_usd) == (later.steps + 2, "top", 0.75), "both calls must count"
    assert after.held == {"small": Held(1200, 5.0), "top": Held(1500, 6.0)}
    store.put(ConversationState("check-a", user="ben", tip="prefix-3"))
    assert store.find(["prefix-2"]) == after, "equal ids of two users must not meet"
    store.forget("check-a")
    assert store.find(["prefix-1", "prefix-2"]) is None, "a forgotten conversation is still found"
    assert store.find(["prefix-3"]) is not None, "forgetting one user's conversation removed another's"
