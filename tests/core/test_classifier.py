"""The classifier of the wheel: probabilities, heads, notes, weights files."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tierwise.classifier
from tierwise.classifier import load_classifier
from tierwise.classifier.features import AT, raw_signals
from tierwise.classifier.language import familiarity
from tierwise.classifier.model import NO_ENCODER_NOTE
from tierwise.classifier.weights_file import load_weights, save_weights
from tierwise.errors import WeightsError
from tierwise.protocols import Classifier
from tierwise.router import Router
from tierwise.signals import read_step
from tierwise.tiers import Tier
from tierwise.types import KINDS, ModelFacts, Reading, Signals, Step

WEIGHTS = Path(tierwise.classifier.__file__).parent / "weights"
SMALL = ModelFacts("gpt-4.1-nano", usd_per_mtok_in=0.1, usd_per_mtok_out=0.4)
TOP = ModelFacts("claude-opus-4-6", usd_per_mtok_in=5.0, usd_per_mtok_out=25.0)
MODELS = {"small": SMALL, "top": TOP}
ENCODER = load_weights().heads["tierwise-static-v1"]


def reading(text: str, **more: object) -> Reading:
    """What is read off one question."""
    return read_step(Step([{"role": "user", "content": text}], **more))  # type: ignore[arg-type]


def difficulty(text: str) -> float:
    """How hard a question is, on signals alone."""
    return load_classifier().estimate([reading(text)], None, MODELS)[0].difficulty


def wild_readings(n: int) -> list[Reading]:
    """Readings whose signals hold anything that their types allow."""
    rng = np.random.default_rng(7)
    readings = []
    for _ in range(n):
        values: dict[str, object] = {}
        for field in dataclasses.fields(Signals):
            if field.name == "kind":
                values[field.name] = KINDS[rng.integers(len(KINDS))]
            elif "bool" in str(field.type):
                values[field.name] = bool(rng.integers(2))
            else:
                values[field.name] = float(rng.choice([0.0, 0.3, 1.0, 7.0, 1e6, 1e12, float("nan"), float("inf")]))
        readings.append(Reading(task="مرحبا" if rng.integers(2) else "x", latest="", signals=Signals(**values)))  # type: ignore[arg-type]
    return readings


def vectors(n: int) -> np.ndarray:
    """Unit vectors of the packaged encoder's length."""
    found = np.random.default_rng(3).normal(size=(n, 2, ENCODER.dim)).astype(np.float32)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def test_it_is_a_classifier():
    """It has the protocol's methods."""
    assert isinstance(load_classifier(), Classifier)


@pytest.mark.parametrize("with_vectors", [False, True])
def test_probabilities_are_probabilities_whatever_the_signals(with_vectors: bool):
    """Even infinite and undefined signals give finite probabilities between 0 and 1."""
    readings = wild_readings(200)
    classifier = load_classifier(ENCODER.encoder, ENCODER.fingerprint) if with_vectors else load_classifier()

    estimates = classifier.estimate(readings, vectors(200) if with_vectors else None, MODELS)

    p = np.array([list(estimate.p_adequate.values()) for estimate in estimates])
    assert np.isfinite(p).all()
    assert ((p >= 0) & (p <= 1)).all()
    assert all(np.isfinite(estimate.difficulty) for estimate in estimates)


@pytest.mark.parametrize("with_vectors", [False, True])
def test_a_batch_is_its_steps_one_by_one(with_vectors: bool):
    """Neighbours in a batch do not change an estimate."""
    texts = [
        "hi",
        "Prove that e is transcendental.",
        "法国的首都是哪里？",
        "Why does my program deadlock?",
        "Résume ce texte",
    ]
    readings = [reading(text) for text in texts] + wild_readings(20)
    v = vectors(len(readings)) if with_vectors else None
    classifier = load_classifier(ENCODER.encoder, ENCODER.fingerprint) if with_vectors else load_classifier()

    together = classifier.estimate(readings, v, MODELS)
    alone = [classifier.estimate([r], None if v is None else v[i : i + 1], MODELS)[0] for i, r in enumerate(readings)]

    for a, b in zip(together, alone, strict=True):
        assert a.notes == b.notes
        assert a.p_adequate == pytest.approx(b.p_adequate, abs=1e-9)


def test_nothing_to_estimate_gives_nothing():
    """An empty batch is an empty list."""
    assert load_classifier().estimate([], None, MODELS) == []


def test_a_more_able_model_is_likelier_to_be_adequate():
    """The chance rises with the ability that is set by hand, on every step."""
    models = {str(a): ModelFacts("any", ability=a) for a in (-2.0, 0.0, 1.0, 3.0)}

    for estimate in load_classifier().estimate(
        [reading("Prove Fermat's little theorem."), *wild_readings(20)], None, models
    ):
        p = list(estimate.p_adequate.values())
        assert p == sorted(p)


def test_the_ladder_of_requests_is_climbed_in_order():
    """A greeting is easier than a look-up, a look-up than an everyday task, that than a proof."""
    ladder = [
        difficulty("Hello!"),
        difficulty("What is the capital of France?"),
        difficulty("Write a Python function that reverses a list"),
        difficulty("Prove rigorously that every bounded sequence of reals has a convergent subsequence."),
    ]

    assert ladder == sorted(ladder)
    assert ladder[-1] - ladder[1] > 2


def test_the_gain_of_the_top_tier_shrinks_where_both_do_well():
    """Small talk leaves nothing to gain; a proof does."""
    estimates = load_classifier().estimate([reading("thanks!"), reading("Prove that pi is irrational.")], None, MODELS)

    thanks, proof = (e.p_adequate["top"] - e.p_adequate["small"] for e in estimates)
    assert thanks < 0.005
    assert proof > 0.1


def test_the_gain_of_the_top_tier_shrinks_where_both_fail():
    """Between two weak models, a harder question is worth less than one of middling difficulty."""
    models = {"small": ModelFacts("any", ability=-4.0), "top": ModelFacts("any", ability=-3.0)}
    texts = [
        "What is the capital of France?",
        "Write a haiku about autumn",
        "Prove that e is transcendental, step by step.",
    ]

    estimates = load_classifier().estimate([reading(text) for text in texts], None, models)

    by_difficulty = sorted(estimates, key=lambda e: e.difficulty)
    gains = [e.p_adequate["top"] - e.p_adequate["small"] for e in by_difficulty]
    assert gains[-1] < max(gains[:-1])


def test_a_failed_tool_result_is_harder_to_go_on_from_than_a_sound_one():
    """Recovery is judged harder than the digest of a routine result."""
    tools = [
        {"type": "function", "function": {"name": "get_order", "parameters": {"type": "object", "properties": {}}}}
    ]
    call = {"id": "1", "type": "function", "function": {"name": "get_order", "arguments": "{}"}}

    def after(result: str) -> Step:
        return Step(
            [
                {"role": "user", "content": "Where is my order?"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": result},
            ],
            tools,
        )

    steps = [after('{"status": "shipped"}'), after("Error: connection timed out")]
    sound, failed = load_classifier().estimate([read_step(step) for step in steps], None, MODELS)

    assert (sound.kind, failed.kind) == ("digest", "recovery")
    assert failed.difficulty > sound.difficulty + 1


def agent_at_work(task: str) -> Step:
    """A task, a call, and a plain result."""
    call = {"id": "1", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    return Step(
        [
            {"role": "user", "content": task},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "Done: 3 entries."},
        ],
        [{"type": "function", "function": {"name": "run", "parameters": {"type": "object", "properties": {}}}}],
    )


def test_work_on_a_program_tells_models_apart_better_than_other_work_does():
    """In a coding agent the gap between two tiers is wider, the step harder, and the sort of traffic named."""
    steps = [
        agent_at_work("Fix the bug in src/parser.py: parse() raises KeyError in the unit tests"),
        agent_at_work("Find me a table for four on Friday evening, somewhere with a terrace"),
    ]

    coding, other = load_classifier().estimate([read_step(step) for step in steps], None, MODELS)

    assert coding.difficulty > other.difficulty + 1
    gaps = [np.diff(np.log(p / (1 - p)))[0] for e in (coding, other) for p in [np.array(list(e.p_adequate.values()))]]
    assert gaps[0] == pytest.approx(2 * gaps[1], rel=0.01)
    assert (coding.traffic, other.traffic) == ("coding agents", "")


def test_a_question_with_answer_options_is_an_examination():
    """The same words with options to choose from are no look-up: they are judged at least as hard."""
    plain = "Which gas do plants take in from the air?"

    assert difficulty(f"{plain}\nA. oxygen\nB. carbon dioxide\nC. helium\nD. neon") > difficulty(plain)


def test_without_an_encoder_the_estimate_says_so():
    """Signals alone are enough for an estimate, and it says that they were alone."""
    estimate = load_classifier().estimate([reading("hello there")], None, MODELS)[0]

    assert NO_ENCODER_NOTE in estimate.notes


def test_vectors_of_the_encoder_in_training_need_no_note():
    """With the right encoder nothing has to be excused."""
    classifier = load_classifier(ENCODER.encoder, ENCODER.fingerprint)

    assert classifier.estimate([reading("What is a monad?")], vectors(1), MODELS)[0].notes == ()


@pytest.mark.parametrize(("name", "fingerprint"), [(ENCODER.encoder, "another build"), ("another encoder", None)])
def test_vectors_of_another_encoder_are_not_trusted(name: str, fingerprint: str | None):
    """Another name or fingerprint falls back on signals alone, with a note that names the encoder."""
    classifier = load_classifier(name, fingerprint)
    asked = [reading("What is a monad?")]

    estimate = classifier.estimate(asked, np.ones((1, 2, 7)), MODELS)[0]

    assert estimate.p_adequate == load_classifier().estimate(asked, None, MODELS)[0].p_adequate
    assert any(repr(name) in note for note in estimate.notes)


MINILM = next((info for info in load_weights().heads.values() if "MiniLM" in (info.encoder or "")), None)


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2-onnx", MINILM.encoder])
def test_an_encoder_is_known_again_by_what_it_does(name: str):
    """Another file of the same encoder, nearly the same vectors: its head is used."""
    nearly = MINILM.probe + np.random.default_rng(0).normal(size=MINILM.dim) * 0.002

    classifier = load_classifier(name, "another build", embed=lambda texts: nearly[None] / np.linalg.norm(nearly))

    assert classifier.with_vectors is not None
    assert classifier.with_vectors.dim == MINILM.dim


@pytest.mark.parametrize("vector", [np.eye(MINILM.dim)[0], np.ones(7) / 7], ids=["other vectors", "other length"])
def test_an_encoder_that_does_something_else_is_not_trusted(vector: np.ndarray):
    """The name alone is not enough: a model trained further under an old name is another model."""
    classifier = load_classifier(MINILM.encoder, "another build", embed=lambda texts: vector[None])

    assert classifier.with_vectors is None
    assert "differs" in classifier.encoder_note


@pytest.mark.shared
def test_the_larger_encoder_has_a_head_of_its_own(shared: Path):
    """all-MiniLM-L6-v2 by configuration: no estimate has to be excused, and the ladder is climbed."""
    router = Router(
        [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")],
        embedder=shared / "models" / "all-MiniLM-L6-v2-onnx",
    )

    texts = ("What are your opening hours?", "Prove that there are infinitely many primes.")
    plans = [router.start([{"role": "user", "content": text}]) for text in texts]

    assert [plan.tier.name for plan in plans] == ["small", "top"]
    assert not any("signals alone" in reason for plan in plans for reason in plan.decision.reasons)


def test_an_unfamiliar_script_is_judged_harder_and_noted():
    """A script that was never trained on is pulled to the safe side; small talk in it stays easy."""
    greeting, question = load_classifier().estimate(
        [reading("नमस्ते"), reading("यह प्रोग्राम कैसे काम करता है")], None, MODELS
    )

    assert any("script" in note for note in question.notes)
    assert greeting.p_adequate["small"] > 0.99


def test_a_text_beyond_the_training_data_is_noted():
    """Signals are clipped to what was seen, and the estimate says it."""
    book = Reading("a book", "a book", Signals(question_chars=10_000_000, question_words=2_000_000))

    estimate = load_classifier().estimate([book], None, MODELS)[0]

    assert any("longer" in note for note in estimate.notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is the station?", "english"),
        ("hi", "english"),
        ("Dove si trova la stazione centrale?", "known"),
        ("Где находится вокзал?", "known"),
        ("車站在哪裡？", "known"),
        ("أين تقع المحطة؟", "unfamiliar"),
        ("역은 어디에 있나요?", "unfamiliar"),
    ],
)
def test_languages_are_told_apart(text: str, expected: str):
    """English, the other languages in training scripts, and other scripts."""
    assert familiarity(text) == expected


def test_dense_scripts_are_measured_in_words():
    """A Chinese question counts as long as its words say, not as short as its characters."""
    signals = Signals(question_chars=20, question_words=12, non_latin=1.0)

    raw = raw_signals([Reading("", "", signals)])

    assert raw[0, AT["question_chars"]] == pytest.approx(np.log1p(72))


def test_reference_traffic_tells_coding_agents_from_the_rest():
    """Both sorts stand in the reference, the rest with the larger weight."""
    reference = load_classifier().reference(MODELS)

    coding = np.array([name == "coding agents" for name in reference.traffic])
    assert 0.1 < reference.weights[coding].sum() < 0.3
    assert set(reference.traffic) == {"coding agents", ""}


def test_reference_traffic_is_figures_for_any_models():
    """A thousand to two thousand steps, weights that sum to 1, and a top tier that does better."""
    reference = load_classifier().reference(MODELS)

    n = len(reference.weights)
    assert 1000 <= n <= 2000
    assert reference.p_adequate.shape == (n, 2)
    assert reference.weights.sum() == pytest.approx(1.0)
    assert (reference.p_adequate[:, 1] > reference.p_adequate[:, 0]).all()
    assert (reference.input_tokens > 0).all()
    assert (reference.output_tokens > 0).all()


def test_the_weights_hold_numbers_only_and_little():
    """No text in the arrays, no pickles, and less than 1.5 MB."""
    with np.load(WEIGHTS / "model.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind == "f" for name in arrays.files)
    assert sum((WEIGHTS / name).stat().st_size for name in ("model.npz", "model.json")) < 1_500_000


def test_weights_survive_a_round_trip(tmp_path: Path):
    """What is saved is what is loaded."""
    save_weights(load_weights(), tmp_path)

    readings = wild_readings(10)
    again = load_classifier(folder=tmp_path).estimate(readings, None, MODELS)
    for a, b in zip(again, load_classifier().estimate(readings, None, MODELS), strict=True):
        assert a.p_adequate == pytest.approx(b.p_adequate, abs=1e-6)


@pytest.mark.parametrize("key", ["text_signals", "step_facts", "groups", "classes", "version"])
def test_weights_trained_on_other_signals_are_refused(tmp_path: Path, key: str):
    """A mismatch between code and weights is an error at construction that says what to run."""
    for name in ("model.npz", "model.json"):
        shutil.copy(WEIGHTS / name, tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    about[key] = ["another"]
    (tmp_path / "model.json").write_text(json.dumps(about))

    with pytest.raises(WeightsError, match="make model"):
        load_classifier(folder=tmp_path)


@pytest.mark.parametrize("damage", ["missing", "cut", "no json"])
def test_damaged_weights_are_refused(tmp_path: Path, damage: str):
    """A missing or broken file is an error that names the folder."""
    for name in ("model.npz", "model.json"):
        shutil.copy(WEIGHTS / name, tmp_path)
    if damage == "missing":
        (tmp_path / "model.npz").unlink()
    elif damage == "cut":
        (tmp_path / "model.npz").write_bytes((WEIGHTS / "model.npz").read_bytes()[:500])
    else:
        (tmp_path / "model.json").write_text("{")

    with pytest.raises(WeightsError, match=tmp_path.name):
        load_classifier(folder=tmp_path)
