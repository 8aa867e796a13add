"""Training, on small made-up data where the truth is known, and on the shared data where it is here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="training needs tierwise[train]")
pytest.importorskip("scipy", reason="training needs tierwise[train]")
pytest.importorskip("sklearn", reason="training needs tierwise[train]")

from tierwise.classifier.ability import FEATURES, GROUPS, Abilities  # noqa: E402
from tierwise.classifier.difficulty import CLASSES  # noqa: E402
from tierwise.classifier.features import AT, N_RAW, N_TEXT, STEP_FACTS, TEXT_SIGNALS  # noqa: E402
from tierwise.errors import ConfigError  # noqa: E402
from tierwise.training.corpus import Corpus, opinion_classes, padded  # noqa: E402
from tierwise.training.fit import main, step_rows  # noqa: E402
from tierwise.training.levels import LevelFit, cells, fit_levels  # noqa: E402
from tierwise.training.sources import CONVERSATIONS, SharedData, TraceStep  # noqa: E402
from tierwise.training.steps import StepRows, fit_steps  # noqa: E402
from tierwise.training.texts import SIGNS, TextRows, fit_texts, fit_within  # noqa: E402
from tierwise.types import Reading, Step  # noqa: E402

RNG = np.random.default_rng(11)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def made_up_cells(levels: dict[str, float], tasks: dict[str, float], seen: set[tuple[str, str]]) -> object:
    """Means of 2,000 questions per model and task, without noise."""
    rows = [
        {"model": m, "group": "knowledge", "source": t, "task": t, "mean": float(sigmoid(np.array(a - d))), "n": 2000}
        for m, a in levels.items()
        for t, d in tasks.items()
        if (m, t) in seen
    ]
    return pd.DataFrame(rows)


def test_models_that_never_met_are_linked_through_a_third():
    """Two sources with one model in common put all three on one scale, in the right order."""
    levels = {"model-weak": -1.5, "model-middle": 0.0, "model-strong": 1.5}
    seen = {("model-weak", "one"), ("model-middle", "one"), ("model-middle", "two"), ("model-strong", "two")}

    fitted = fit_levels(made_up_cells(levels, {"one": -1.0, "two": 1.0}, seen), {})

    found = {name: float(groups.mean()) for name, groups in fitted.abilities.table.items()}
    assert found["model-weak"] < found["model-middle"] < found["model-strong"]
    assert fitted.difficulty["one"] < fitted.difficulty["two"]


def test_a_task_with_one_model_says_nothing_about_it():
    """Whether a lone model does well or badly on a task of its own moves the task, not the model."""
    shared = {("model-a", "common"), ("model-b", "common")}
    levels = {"model-a": 0.0, "model-b": 0.0}
    easy = fit_levels(made_up_cells(levels, {"common": 0.0, "own": -2.0}, shared | {("model-a", "own")}), {})
    hard = fit_levels(made_up_cells(levels, {"common": 0.0, "own": 2.0}, shared | {("model-a", "own")}), {})

    gaps = [float((f.abilities.table["model-a"] - f.abilities.table["model-b"]).mean()) for f in (easy, hard)]
    assert abs(gaps[0] - gaps[1]) < 0.15


def test_few_outcomes_leave_a_model_near_its_price():
    """Levels are shrunk: an odd run of ten questions moves a model less than a run of two thousand."""
    frame = made_up_cells({"model-a": 0.0, "model-b": 3.0}, {"t": 0.0}, {("model-a", "t"), ("model-b", "t")})
    few = frame.assign(n=10)

    gaps = []
    for found in (few, frame):
        table = fit_levels(found, {}).abilities.table
        gaps.append(float((table["model-b"] - table["model-a"]).mean()))
    assert 0 < gaps[0] < gaps[1] < 3.0


def text_rows(n: int = 600) -> TextRows:
    """Questions whose failure grows with length inside each of two tasks, and opinions told apart by one signal."""
    questions = RNG.normal(size=(n, N_TEXT))
    task = np.repeat(["a", "b"], n // 2)
    failure = sigmoid(questions[:, AT["question_chars"]] + np.where(task == "a", -1.0, 1.0))
    opinions = RNG.normal(size=(500, N_TEXT))
    sort = np.arange(500) % 5
    opinions[:, AT["reasoning_steps"]] += 3.0 * (sort - 2)
    about = pd.DataFrame(
        {
            "source": "s",
            "task": task,
            "class": np.where(np.arange(n) % 10 == 0, CLASSES.index("CASE"), CLASSES.index("EXAM")),
            "failure": failure,
            "exact": True,
            "task_difficulty": np.where(task == "a", -1.0, 1.0),
        }
    )
    return TextRows(questions, None, opinions, None, sort, about)


def test_the_within_part_keeps_its_signs_and_its_scale():
    """Weights point where prior knowledge lets them, and the output has standard deviation 1 inside a task."""
    rows = text_rows()
    x = rows.questions
    lying = rows.about.assign(failure=sigmoid(-2 * x[:, AT["numbers"]]))  # says: more numbers, easier

    w, _ = fit_within(x, lying)

    for name, weight in zip(TEXT_SIGNALS, w, strict=True):
        assert weight * SIGNS.get(name, 0) >= 0
        assert weight == 0 or name in SIGNS
    assert np.std(x @ w) == pytest.approx(1.0, abs=0.1)


def test_the_within_part_finds_what_makes_questions_fail():
    """Longer questions fail more often: length gets the largest weight."""
    rows = text_rows()

    w, _ = fit_within(rows.questions, rows.about)

    assert np.argmax(w) == AT["question_chars"]


def test_sorts_of_request_are_told_apart_by_what_tells_them_apart():
    """The class scores of the made-up opinions follow the one signal that separates them."""
    text, _ = fit_texts(text_rows(), seed=5)

    assert text.shape == (N_TEXT, len(CLASSES) + 2)
    by_steps = text[AT["reasoning_steps"], :5]
    assert (np.diff(by_steps) > 0).all()


def test_fitting_again_gives_the_same():
    """Seeded: the same rows and seed give the same numbers."""
    rows = text_rows()

    first, again = fit_texts(rows, seed=5), fit_texts(rows, seed=5)

    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


def made_up_steps(n: int, bias: float, effect: float) -> tuple[StepRows, np.ndarray]:
    """Graded steps; `last_result_chars` makes them harder by `effect`."""
    standard = np.zeros((n, N_RAW))
    column = AT["last_result_chars"]
    standard[:, column] = RNG.normal(size=n)
    rows = StepRows()
    rows.add_readings([Reading("", "")] * n)
    p = sigmoid(1.0 - bias - effect * standard[:, column])
    for i in range(n):
        rows.add(i, 1.0, float(RNG.random() < p[i]), 1.0)
    return rows, standard


def test_step_facts_that_make_steps_fail_are_found():
    """A known effect and bias come back from graded steps."""
    rows, standard = made_up_steps(4000, bias=-0.5, effect=0.8)

    step, bias, _ = fit_steps(rows, standard, np.zeros(4000), np.ones(N_RAW))

    assert step[STEP_FACTS.index("last_result_chars")] == pytest.approx(0.8, abs=0.15)
    assert bias == pytest.approx(-0.5, abs=0.15)


def test_a_run_is_as_good_as_all_its_steps():
    """Runs of four steps that succeed in 0.66 of cases hold steps that succeed in 0.9, without being told which failed."""
    rows = StepRows()
    rows.add_readings([Reading("", "")] * 4)
    for i in range(1500):
        success = float(RNG.random() < 0.9**4)
        for step in range(4):
            rows.add(step, 0.0, success, 1.0, "", f"run {i}")

    _, bias, _ = fit_steps(rows, np.zeros((4, N_RAW)), np.zeros(4), np.ones(N_RAW))

    assert sigmoid(np.array(-bias)) == pytest.approx(0.9, abs=0.02)


def corpus_of_runs(sources: tuple[str, ...]) -> Corpus:
    """Two calls of one run from each source, and nothing else."""
    level = np.zeros(len(GROUPS))
    abilities = Abilities({"model-a": level}, {"model-a": 0.1}, np.zeros(len(FEATURES)), 0.0, 0.5)
    traces = [
        TraceStep(f"{source}/run", source, source, "model-a", 1.0, 2, Step([{"role": "user", "content": "go"}]), 10.0)
        for source in sources
        for _ in range(2)
    ]
    data = SimpleNamespace(labelled_steps=pd.DataFrame())
    readings = [Reading("", "") for _ in traces]
    return Corpus(data, LevelFit(abilities, {}), [], [], np.zeros(0), [], [], traces, readings)


@pytest.mark.parametrize(
    ("left_out", "seen"), [("bfcl", {"mint/run", "tau2/run"}), ("tau", {"bfcl_multi_turn/run", "mint/run"})]
)
def test_runs_of_a_source_left_out_are_not_learned_from(left_out: str, seen: set[str]):
    """BFCL's conversations go with its queries, and both harnesses of tau go together."""
    corpus = corpus_of_runs(("bfcl_multi_turn", "tau2", "mint"))
    corpus.data.tool_queries = corpus.data.tool_scores = pd.DataFrame({"source": [], "query_id": []})

    rows = step_rows(corpus, left_out)

    assert set(rows.run) == seen


def test_padding_keeps_the_class_of_a_prompt():
    """All prompts come once more, behind talk that changes nothing."""
    prompts = [f"question {i}" for i in range(20)]
    classes = np.arange(20) % 5

    more, sorts = padded(prompts, classes)

    assert more[:20] == prompts
    assert list(sorts) == [*classes, *classes]
    for original, text in zip(prompts, more[20:], strict=True):
        assert text.endswith(original)
        assert len(text) > len(original) + 40


def test_debugging_is_taken_out_of_the_middle():
    """Opinions map to classes by their tier, and debugging is a class of its own."""
    labels = pd.DataFrame(
        {"expected_tier": ["SIMPLE", "MEDIUM", "MEDIUM", "REASONING"], "category": ["a", "b", "debugging", "c"]}
    )

    assert [CLASSES[i] for i in opinion_classes(labels)] == ["LOOKUP", "EVERYDAY", "DEBUG", "PROOF"]


def test_a_folder_without_data_is_refused(tmp_path: Path):
    """The error names the folder and says what it should hold."""
    with pytest.raises(ConfigError, match="outcomes"):
        SharedData(tmp_path)


def test_training_needs_a_place_for_the_weights(tmp_path: Path):
    """Neither --out nor --evaluate is a usage error, before any data is read."""
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path)])


@pytest.mark.shared
def test_the_shared_data_is_read_with_its_caveats(shared: Path):
    """Base models and goals of attackers are left out, the best configuration stands for a model, evalperf is as it is."""
    data = SharedData(shared / "data")

    assert not data.scores["model"].str.endswith("-base").any()
    fractions = data.scores[~data.scores["adequate"].isin([0.0, 1.0])]
    assert set(fractions["source"]) <= {"evalperf", "eq_bench"}
    per_category = data.tool_scores.groupby(["source", "category", "base"])["model"].nunique()
    assert (per_category == 1).all()
    assert not data.tool_queries["category"].str.startswith("multi_turn").any()
    for step in data.trace_steps("agentdojo", 5, seed=1):
        assert step.step.messages[-1]["role"] != "assistant"
        assert 0 <= step.reward <= 1


@pytest.mark.shared
def test_loops_of_commands_say_what_models_can_do_where_settings_are_alike(shared: Path):
    """Bash and SQL, with and without the schema apart; neither a model alone nor one whose label is in doubt."""
    rewards = SharedData(shared / "data").run_rewards
    loops = rewards[rewards["source"] == "intercode"]

    assert set(loops["task"]) == {"intercode/bash/False", "intercode/sql/False", "intercode/sql/True"}
    assert loops.groupby("task")["model"].nunique().min() > 1
    assert "gpt-3.5-turbo" in set(loops["model"])


@pytest.mark.shared
def test_conversations_come_call_by_call_with_the_tools_they_offered(shared: Path):
    """Each call of BFCL's conversations of several turns follows something, and knows its tools."""
    steps = list(SharedData(shared / "data").trace_steps(CONVERSATIONS, 3, seed=1))

    assert len({step.run for step in steps}) == 3
    for step in steps:
        assert step.step.tools
        assert step.step.messages[-1]["role"] != "assistant"


@pytest.mark.shared
def test_levels_from_the_shared_data_follow_known_orders(shared: Path):
    """Larger siblings stand above smaller ones, and more than 150 models are known."""
    data = SharedData(shared / "data")

    fitted = fit_levels(cells(data), data.prices)

    level = {name: float(groups.mean()) for name, groups in fitted.abilities.table.items()}
    assert len(level) >= 150
    assert level["gpt-4o-mini"] < level["gpt-4o"]
    assert level["llama-3.1-8b"] < level["llama-3.1-70b"]
    assert level["claude-3-haiku"] < level["claude-3-opus"]
    assert all(groups.shape == (len(GROUPS),) for groups in fitted.abilities.table.values())
    assert fitted.difficulty["bfcl_v1/simple"] < fitted.difficulty["bfcl_v1/simple_java"]
