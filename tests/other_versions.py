"""Runs LangChain's tests on other versions than the environment's: the newest, and the oldest that the bounds allow.

    python tests/other_versions.py newest [PYTEST ARGUMENTS …]
    python tests/other_versions.py oldest [PYTEST ARGUMENTS …]

Each has an environment of its own (`.venv-newest`, `.venv-oldest`), made anew by uv, which is fetched where it is missing.
"newest" is what decision models need (langchain-core 1.8); that version asks for a certifi of its own week, which some
registries do not have yet: there, certifi is taken as it comes, and this is said. "oldest" is uv's `lowest-direct`: the
lowest version of each direct dependency; the tools of the tests are then the newest that go with these.

Where nothing can be installed, the tests are skipped with the reason, and the exit status is 0.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEMBERS = ("-e", "core[cli]", "-e", "integrations/langchain[agents,demo]")
TOOLS = (
    "langchain-openai",
    "langchain-anthropic",
    "langchain-google-genai",
    "langchain-tests",
    "langgraph-checkpoint-sqlite",
    "pytest",
    "pytest-asyncio",
    "pytest-socket",
    "pytest-xdist",
)
NEWEST = ("langchain>=1.5", "langchain-core>=1.8")
OLDEST = ("numpy==1.26.2",)  # older ones do, but not beside langchain-tests
HELD = ("langchain", "langchain-core", "fastembed", "numpy", "pydantic", "pyyaml", "rich", "typer")
TESTS = ("tests/langchain", "-q", "-m", "not network")
# openai 3's client cannot be taken from one event loop to the next, as langchain-openai does: a bare ChatOpenAI fails the same.
ONE_LOOP = ("-o", "asyncio_default_test_loop_scope=session", "-o", "asyncio_default_fixture_loop_scope=session")


class CannotInstall(Exception):
    """Why there is nothing to run the tests on."""


def find_uv(folder: Path) -> str:
    """The uv of the PATH, or one fetched into a folder."""
    found = shutil.which("uv")
    if found is None:
        run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "uv"])
        found = str(folder / "bin" / "uv")
    return found


def run(command: list[str]) -> str:
    """A command's output.

    Raises:
        CannotInstall: It failed; with the last lines of what it said.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise CannotInstall("\n".join(done.stderr.strip().splitlines()[-8:]))
    return done.stdout


def install(uv: str, which: str, python: str, scratch: Path) -> None:
    """The members and the tools of their tests, in the versions asked for."""
    pip = [uv, "pip", "install", "--quiet", "--python", python]
    if which == "newest":
        everything = [*MEMBERS, *TOOLS, *NEWEST]
        try:
            run([*pip, "--upgrade", *everything])
        except CannotInstall as error:
            if "certifi" not in str(error):
                raise
            print("the registry has not the certifi that langchain-core asks for: any other is taken", flush=True)
            override = scratch / "override.txt"
            override.write_text("certifi\n", encoding="utf-8")
            run([*pip, "--upgrade", "--override", str(override), *everything])
        return
    run([*pip, "--resolution", "lowest-direct", *MEMBERS, *OLDEST])
    there = run([uv, "pip", "freeze", "--python", python]).splitlines()
    held = scratch / "held.txt"
    held.write_text("\n".join(line for line in there if line.split("==")[0] in HELD), encoding="utf-8")
    run([*pip, "--constraint", str(held), *TOOLS])


def main(which: str, *arguments: str) -> int:
    """Installs, says what, and runs the tests."""
    folder = ROOT / f".venv-{which}"
    python = str(folder / "bin" / "python")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            uv = find_uv(Path(scratch) / "uv")
            run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
            install(uv, which, python, Path(scratch))
            versions = run([uv, "pip", "list", "--quiet", "--python", python]).splitlines()
        except CannotInstall as error:
            print(f"skipped: the {which} versions cannot be installed here:\n{error}")
            return 0
    print(", ".join("==".join(line.split()[:2]) for line in versions if line.split()[0] in HELD), flush=True)
    surroundings = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [python, "-m", "pytest", *(arguments or TESTS), *ONE_LOOP], cwd=ROOT, env=surroundings
    ).returncode


if __name__ == "__main__":
    if sys.argv[1:2] not in (["newest"], ["oldest"]):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
