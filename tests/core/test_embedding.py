"""The two encoders: what they read, what they keep, and what they do when a model is not there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tierwise.embedding import (
    READ_BYTES,
    FastEmbedder,
    PackagedEncoder,
    clip,
    load_embedder,
    packaged_encoder,
    plain,
)
from tierwise.errors import ConfigError, EmbedderUnavailable
from tierwise.protocols import Embedder
from tierwise.types import Floats

ENCODER = Path(sys.modules["tierwise.embedding"].__file__ or "").parent.parent / "encoder"
LANGUAGES = [
    "Please book a table for two.",
    "请帮我订一张桌子。",
    "Забронируйте столик.",
    "Réservez une table à deux.",
    "🍕 ok",
]


class Countdown(PackagedEncoder):
    """The packaged encoder, writing down what reaches the model."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def _encode(self, texts: list[str]) -> list[Floats]:
        self.asked.append(texts)
        return super()._encode(texts)


def test_paraphrases_are_nearer_than_another_subject():
    """Two ways to ask for one thing are nearer than two things."""
    flight, plane, proof = packaged_encoder().embed(
        ["Book a flight to Paris for me", "Reserve plane tickets to Paris, please", "Prove that root two is irrational"]
    )

    assert flight @ plane > flight @ proof + 0.3


def test_vectors_are_unit_rows_of_float32_and_zeros_for_a_blank_text():
    """The shape, type and length that the protocol promises, in any language."""
    vectors = packaged_encoder().embed([*LANGUAGES, "", " \n\t"])

    assert vectors.shape == (len(LANGUAGES) + 2, packaged_encoder().dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1] * len(LANGUAGES) + [0, 0], abs=1e-5)


def test_no_texts_give_no_rows():
    """An empty list is answered with an empty matrix of the right width."""
    assert packaged_encoder().embed([]).shape == (0, 256)


def test_a_batch_gives_what_single_texts_give():
    """A text's vector does not depend on the texts beside it, however long those are."""
    texts = [f"question {i} about {'refunds ' * (i % 40)}" for i in range(70)] + LANGUAGES

    together = PackagedEncoder().embed(texts)
    apart = np.vstack([PackagedEncoder.embed(single, [text]) for single in [PackagedEncoder()] for text in texts])

    assert np.abs(together - apart).max() < 1e-6


def test_the_same_text_is_encoded_once():
    """Equal texts in a call, and texts of earlier calls, do not reach the model again."""
    encoder = Countdown()

    encoder.embed(["task", "latest", "task"])
    encoder.embed(["task", "next"])

    assert encoder.asked == [["task", "latest"], ["next"]]


def test_the_memory_of_texts_is_bounded():
    """Old texts are forgotten, the latest 2,048 are kept."""
    encoder = Countdown()

    encoder.embed([f"text {i}" for i in range(3_000)])
    encoder.asked.clear()
    encoder.embed(["text 0", "text 2999"])

    assert encoder.asked == [["text 0"]]
    assert len(encoder._cache) == 2_048


def test_changing_a_returned_vector_does_not_change_the_next():
    """What is handed out is the caller's own."""
    encoder = packaged_encoder()
    first = encoder.embed(["keep me"])
    kept = first.copy()
    first[:] = 7

    assert np.array_equal(encoder.embed(["keep me"]), kept)


def test_both_ends_of_a_long_text_are_read():
    """The beginning and the end of a long text both move its vector; the middle does not."""
    middle = "The quick planner reads the repository and sums up what it finds for the customer. " * 600
    request, failure = "Translate this contract into Spanish. ", " Traceback: ZeroDivisionError"
    dull, first, last, inside = packaged_encoder().embed(
        [middle, request + middle, middle + failure, middle + request + middle]
    )

    assert dull @ inside > 0.9999
    assert dull @ first < 0.998
    assert dull @ last < 0.998


@pytest.mark.parametrize("unit", ["word ", "字", "слово ", "🍕", "[1,2],", "\t", "a", "\ud800", "\x00", "न\u094dम "])
def test_the_work_for_a_huge_text_is_bounded(unit: str):
    """Whatever a text of 600,000 characters consists of, the model is given at most 800 bytes, and as many tokens."""
    encoder = Countdown()
    text = unit * (600_000 // len(unit))

    assert len(clip(text).encode("utf-8")) <= READ_BYTES
    encoder.embed([text])
    tokens = encoder._loaded().token_count(encoder.asked[0]) if encoder.asked else 0
    assert tokens <= READ_BYTES + 2


def test_a_text_of_ordinary_english_is_read_to_about_190_tokens():
    """What 800 bytes come to in English, the two special tokens included."""
    words = "The planner should call the search tool with the right arguments and sum up what it found. " * 50

    assert 140 <= packaged_encoder()._loaded().token_count([plain(clip(words))]) <= 200


def test_short_texts_are_read_whole():
    """Nothing is cut from a text that fits, and only what UTF-8 cannot say is dropped."""
    assert clip("Größe? 你好") == "Größe? 你好"
    assert clip("a\ud800b") == "ab"


def test_a_cut_falls_between_words():
    """Neither the last word of the beginning nor the first of the end is a fragment."""
    words = [f"word{i:04}" for i in range(1_000)]

    assert set(clip(" ".join(words)).split()) <= set(words)


def test_the_tokenizer_is_given_plain_text():
    """Case, accents and underscores do not make another word; an ideograph is a word."""
    assert plain("get_Weather São 你好") == "get weather sao  你  好 "


@pytest.mark.parametrize("text", ["\ud800", "a\udfff b", "\x00\x01\x1b[31m", "\u202e\ufeff", "[MASK] [CLS]", "e" * 500])
def test_odd_characters_do_not_break_it(text: str):
    """Broken surrogates, control characters and the tokenizer's own words give a finite vector."""
    assert np.isfinite(packaged_encoder().embed([text])).all()


def test_a_missing_folder_is_named_at_once(tmp_path: Path):
    """A folder without a model says what is lacking, when the embedder is made."""
    (tmp_path / "tokenizer.json").write_text("{}")

    with pytest.raises(EmbedderUnavailable, match=r"'model.onnx', 'tokenizer_config.json'"):
        FastEmbedder(tmp_path)
    with pytest.raises(EmbedderUnavailable, match="no folder"):
        load_embedder(tmp_path / "nowhere")


def test_a_damaged_model_says_which_and_what_to_do(tmp_path: Path):
    """A file that is no model is reported with its folder, not as an error of onnxruntime."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((ENCODER / name).read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"not a model")

    with pytest.raises(EmbedderUnavailable, match=f"{tmp_path.name}.*fetch its files again"):
        load_embedder(tmp_path)


def test_a_model_of_another_kind_is_refused_when_it_is_loaded():
    """A folder whose graph does not give a vector a token fails at once, not while an agent runs."""
    with pytest.raises(EmbedderUnavailable, match="one vector a token"):
        load_embedder(ENCODER)


def test_a_model_that_is_not_here_is_not_waited_for(tmp_path: Path):
    """Without a download asked for, a missing model is an error that says how to get it, and no socket is opened."""
    embedder = FastEmbedder("BAAI/bge-small-en-v1.5", cache_dir=tmp_path)

    with pytest.raises(EmbedderUnavailable, match="local_files_only=False"):
        embedder.load()


def test_an_unknown_name_is_a_mistake_in_the_configuration():
    """A name that is neither a folder nor a model of fastembed says so."""
    with pytest.raises(ConfigError, match="'no/such-model' is neither a folder nor a model"):
        load_embedder("no/such-model")


def test_a_configuration_names_an_embedder_or_gives_one():
    """None, the packaged one, an object (a folder: below); anything else is refused with what was found."""

    class Own:
        name, dim = "own", 2

        def embed(self, texts: Sequence[str]) -> Floats:
            return np.zeros((len(texts), 2), dtype=np.float32)

    own = Own()

    assert load_embedder(None) is None
    assert load_embedder("packaged") is packaged_encoder()
    assert load_embedder(own) is own
    with pytest.raises(ConfigError, match=r"embedder is 7 \(int\)"):
        load_embedder(7)  # type: ignore[arg-type]


def test_it_is_an_embedder_and_says_which_vectors_it_gives():
    """The packaged encoder fits the protocol; its fingerprint is that of the model file."""
    encoder = packaged_encoder()

    assert isinstance(encoder, Embedder)
    assert (encoder.name, encoder.dim) == ("tierwise-static-v1", 256)
    assert encoder.fingerprint in (ENCODER / "CARD.md").read_text("utf-8")


def test_the_whole_encoder_is_under_twelve_megabytes():
    """What the wheel carries."""
    assert sum(path.stat().st_size for path in ENCODER.iterdir()) < 12_000_000


def test_a_folder_runs_a_sentence_encoder(shared: Path):
    """MiniLM from its folder gives unit vectors of 384 numbers, the same single as batched, and tells meanings apart."""
    embedder = load_embedder(shared / "models" / "all-MiniLM-L6-v2-onnx")
    assert isinstance(embedder, FastEmbedder)
    texts = ["Book a flight to Paris", "Reserve plane tickets for Paris", "Prove that root two is irrational", ""]
    vectors = embedder.embed(texts)
    singly = np.vstack([FastEmbedder(embedder.folder or "").embed([text]) for text in texts])

    assert vectors.shape == (4, embedder.dim) == (4, 384)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert np.abs(vectors - singly).max() < 1e-5
    assert not vectors[3].any()
