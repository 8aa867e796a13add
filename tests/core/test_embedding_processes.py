"""Encoders among threads and processes: one model, shared; nobody is called and nothing is written."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np

from tierwise.embedding import (
    READ_BYTES,
    FastEmbedder,
    PackagedEncoder,
    packaged_encoder,
)
from tierwise.types import Floats

ENCODER = Path(sys.modules["tierwise.embedding"].__file__ or "").parent.parent / "encoder"


def alone(code: str, home: Path, **environment: str) -> dict[str, object]:
    """What `code` prints as JSON in a fresh process whose home and temporary folder are `home`."""
    inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**inherited, "HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_copy_shares_the_model_and_another_process_opens_its_own():
    """Copying or pickling a router does not carry eight megabytes."""
    encoder = packaged_encoder()
    loaded = FastEmbedder(ENCODER, read_bytes=100)

    assert copy.deepcopy(encoder) is encoder
    assert pickle.loads(pickle.dumps(encoder)) is encoder
    assert pickle.loads(pickle.dumps(loaded)).read_bytes == 100


def test_many_threads_at_first_use_register_and_load_one_model(tmp_path: Path):
    """Sixteen threads that ask at once get the same vectors from a model that is registered once."""
    found = alone(
        """
        import json, threading
        from concurrent.futures import ThreadPoolExecutor
        from tierwise.embedding import packaged_encoder

        gate = threading.Barrier(16)

        def first(i):
            gate.wait()
            encoder = packaged_encoder()
            return id(encoder), id(encoder._loaded()), encoder.embed(["the same text"]).tobytes().hex()

        with ThreadPoolExecutor(16) as pool:
            answers = set(pool.map(first, range(16)))
        from fastembed import TextEmbedding
        names = [model["model"] for model in TextEmbedding.list_supported_models()]
        print(json.dumps({"answers": len(answers), "registered": names.count("tierwise-static-v1")}))
        """,
        tmp_path,
    )

    assert found == {"answers": 1, "registered": 1}


def test_threads_share_it_without_mixing_texts():
    """Texts embedded from many threads get the vectors they get alone."""
    texts = [f"message {i} on topic {i % 7}" for i in range(64)]
    alone_vectors = PackagedEncoder().embed(texts)
    shared, gate = PackagedEncoder(), Barrier(8)

    def work(part: list[str]) -> Floats:
        gate.wait()
        return np.vstack([shared.embed([text]) for text in part])

    with ThreadPoolExecutor(8) as pool:
        together = np.vstack(list(pool.map(work, [texts[i : i + 8] for i in range(0, 64, 8)])))

    assert np.abs(together - alone_vectors).max() < 1e-6


def test_it_calls_nobody_and_writes_nothing_anywhere(tmp_path: Path):
    """A fresh process that embeds a text connects to nothing, and its home and temporary folder stay empty.

    onnxruntime would leave a device number and a database of events to send in the home folder.
    """
    found = alone(
        """
        import json, pathlib, socket, sys

        calls = []
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, lambda *args, name=name: calls.append(name))
        socket.getaddrinfo = lambda *args, **kwargs: calls.append("getaddrinfo")
        import tierwise.embedding

        before = "fastembed" in sys.modules
        vector = tierwise.embedding.packaged_encoder().embed(["hello"])
        left = [str(path) for path in pathlib.Path.home().rglob("*")]
        after = "fastembed" in sys.modules
        print(json.dumps({"before": before, "after": after, "rows": len(vector), "calls": calls, "left": left}))
        """,
        tmp_path,
    )

    assert found == {"before": False, "after": True, "rows": 1, "calls": [], "left": []}


def test_it_leaves_its_own_folder_as_it_was_and_needs_no_right_to_write(tmp_path: Path):
    """A read-only copy of the encoder works, and nothing is added to it."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    for path in ENCODER.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    before = sorted(path.name for path in folder.iterdir())
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        encoder = PackagedEncoder.__new__(PackagedEncoder)
        FastEmbedder.__init__(encoder, folder, read_bytes=READ_BYTES)
        encoder.name = "tierwise-static-v1"

        assert np.array_equal(encoder.embed(["hello"]), packaged_encoder().embed(["hello"]))
        assert sorted(path.name for path in folder.iterdir()) == before
    finally:
        folder.chmod(stat.S_IRWXU)


def test_a_graphics_card_is_never_asked_for():
    """The session has one provider, the CPU's."""
    session = packaged_encoder()._loaded().model.model  # type: ignore[attr-defined]

    assert session.get_providers() == ["CPUExecutionProvider"]
