"""The shared data sets as tables of one form, with the caveats of their READMEs applied.

Nothing here computes features. Benchmark and task names are kept to centre and to split by; they never become inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierwise.classifier.families import normal_name
from tierwise.errors import ConfigError, MissingExtra
from tierwise.types import ModelFacts, Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ADEQUATE", "CONVERSATIONS", "OUTCOME_SOURCES", "RUN_SOURCES", "STEP_TIERS", "SharedData", "TraceStep"]

ADEQUATE = 0.99
"""A score from here on counts as adequate (outcomes README: many verifiers give a little credit for wrong answers)."""

OUTCOME_SOURCES = ("zeroeval", "mmlu_pro", "reasoning_gym", "llmrouter", "routerbench", "evalperf", "eq_bench")
RUN_SOURCES = ("agentdojo", "tau", "mint")
"""Whole runs of agents, each with a reward."""
CONVERSATIONS = "bfcl"
"""BFCL's conversations of several turns, recorded call by call: they count as runs."""
LOOPS = "intercode"
"""Loops of commands whose instructions were not recorded: rewards that say what models can do, not what a step asks."""
_PROBABILITIES = ("evalperf", "eq_bench")
"""Scores taken as they are: pass rates over 100 samples, and a judge's marks."""

_TRACE_FILES = {CONVERSATIONS: "traces_multi_turn.parquet"}
_SETTINGS = {LOOPS: "schema_given"}
"""What tells harnesses of a source apart, other than the agent's implementation."""
_LOOP_DOMAINS = ("bash", "sql")
"""Not capture-the-flag, where one model ran alone, nor Python, whose label of gpt-4 is doubtful (agents README)."""
_LOOP_MODELS = {"gpt-3.5": "gpt-3.5-turbo", "vicuna": "vicuna-13b"}
"""Names that other sources spell in full (agents `models.csv`)."""

_GROUP_OF_DOMAIN = {
    "knowledge": "knowledge",
    "commonsense": "knowledge",
    "math": "maths",
    "reasoning": "maths",
    "code_reasoning": "code",
    "coding": "code",
    "emotional": "chat",
    "writing": "chat",
}
STEP_TIERS: tuple[ModelFacts, ...] = (
    ModelFacts("deepseek-v3.2", usd_per_mtok_in=0.252, usd_per_mtok_out=0.378),
    ModelFacts("minimax-m2.7", usd_per_mtok_in=0.3, usd_per_mtok_out=1.2),
    ModelFacts("gemini-3-flash-preview", usd_per_mtok_in=0.5, usd_per_mtok_out=3.0),
    ModelFacts("claude-opus-4-6", usd_per_mtok_in=5.0, usd_per_mtok_out=25.0),
)
"""What the four target tiers of the step labels stand for, cheapest first (agents README)."""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One model call of a recorded run.

    `run` names the run, `reward` is the whole run's, `n_steps` its number of calls; `task` names what may be compared.
    """

    run: str
    source: str
    task: str
    model: str
    reward: float
    n_steps: int
    step: Step
    output_tokens: float


@dataclass(frozen=True)
class SharedData:
    """Reads the shared data under `folder`.

    Raises:
        ConfigError: The folder does not hold the data.
        MissingExtra: pandas or pyarrow is not installed.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not (self.folder / "outcomes").is_dir():
            raise ConfigError(f"no training data in {str(self.folder)!r}: give the folder that holds 'outcomes'")
        try:
            import pandas  # noqa: F401
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise MissingExtra(error.name or "pandas", "train") from error

    def _parquet(self, *parts: str) -> pd.DataFrame:
        import pandas as pd

        return pd.read_parquet(self.folder.joinpath(*parts))

    @cached_property
    def prices(self) -> dict[str, tuple[float, float]]:
        """Normalised model name to list prices (in, out), USD per million tokens, where known."""
        import pandas as pd

        outcomes = pd.read_csv(self.folder / "outcomes" / "models.csv")
        agents = pd.read_csv(self.folder / "agents" / "models.csv")
        names = [*outcomes["model"], *agents["model"]]
        into = [*outcomes["price_in_usd_per_m"], *agents["usd_per_1m_input"]]
        out = [*outcomes["price_out_usd_per_m"], *agents["usd_per_1m_output"]]
        rows = zip(names, into, out, strict=True)
        return {normal_name(name): (float(a), float(b)) for name, a, b in rows if a == a and b == b}

    @cached_property
    def queries(self) -> pd.DataFrame:
        """Benchmark questions: source, task, domain, group, query_id, prompt, system."""
        import pandas as pd

        frames = [self._parquet("outcomes", source, "queries.parquet") for source in OUTCOME_SOURCES]
        queries = pd.concat(frames, ignore_index=True)
        queries["group"] = queries["domain"].map(_GROUP_OF_DOMAIN)
        return queries

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Adequacy per (source, query_id, model): 0, 1, or a probability; base models are left out."""
        import pandas as pd

        scores = pd.concat(
            [self._parquet("outcomes", source, "scores.parquet") for source in OUTCOME_SOURCES], ignore_index=True
        )
        scores = scores[~scores["model"].str.endswith("-base")]
        solved = (scores["score"] >= ADEQUATE).astype(float)
        return scores.assign(adequate=solved.where(~scores["source"].isin(_PROBABILITIES), scores["score"]))

    @cached_property
    def tool_queries(self) -> pd.DataFrame:
        """BFCL's queries of one turn, as steps: source, task, query_id, step."""
        queries = self._parquet("agents", "bfcl", "queries.parquet")
        queries = queries[~queries["category"].str.startswith("multi_turn")].reset_index(drop=True)
        steps = [
            Step(json.loads(messages), _tools(tools))
            for messages, tools in zip(queries["messages"], queries["tools"], strict=True)
        ]
        return queries.assign(task=queries["source"] + "/" + queries["category"], step=steps)

    @cached_property
    def tool_scores(self) -> pd.DataFrame:
        """BFCL outcomes per (source, query_id, model): the best configuration of each base model in each category."""
        scores = self._parquet("agents", "bfcl", "scores.parquet")
        means = scores.groupby(["source", "category", "model"])["score"].mean().reset_index()
        means["base"] = means["model"].map(normal_name)
        best = means.sort_values("score").groupby(["source", "category", "base"]).tail(1)
        kept = scores.merge(best[["source", "category", "model", "base"]], on=["source", "category", "model"])
        return kept.assign(task=kept["source"] + "/" + kept["category"], adequate=(kept["score"] >= ADEQUATE) * 1.0)

    @cached_property
    def tool_scores_as_run(self) -> pd.DataFrame:
        """BFCL outcomes of every configuration: source, query_id, model, adequate."""
        scores = self._parquet("agents", "bfcl", "scores.parquet")
        return scores.assign(adequate=(scores["score"] >= ADEQUATE) * 1.0)

    @cached_property
    def labelled_steps(self) -> pd.DataFrame:
        """Agent steps with the cheapest tier that sufficed: benchmark, instance_id, target_tier_id (0 to 3), step."""
        rows = self._parquet("agents", "twinrouterbench", "steps.parquet")
        return rows.assign(step=[Step(json.loads(messages)) for messages in rows["messages"]])

    @cached_property
    def tier_labels(self) -> pd.DataFrame:
        """Prompts with somebody's expected tier: prompt, expected_tier, category, lang."""
        return self._parquet("tier_labels", "prompts.parquet")

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The fixed weak and strong pairs: source, part, weak, strong."""
        import pandas as pd

        pairs = pd.read_csv(self.folder / "pairs.csv")
        split = pairs["source"].str.split(":", n=1, expand=True)
        return pairs.assign(part=split[1].fillna(""), source=split[0])

    @cached_property
    def run_rewards(self) -> pd.DataFrame:
        """Whole-run rewards of agents: source, task (what may be compared), model, adequate."""
        import pandas as pd

        frames = [self._traces(source)[["source", "task", "model", "adequate"]] for source in (*RUN_SOURCES, LOOPS)]
        tau = self._parquet("agents", "tau", "scores.parquet")
        tau = tau.assign(
            source="tau_scores",
            task="tau_scores/" + tau["category"] + "/" + [_field(extra, "policy") for extra in tau["extra"]],
            adequate=(tau["score"] >= ADEQUATE) * 1.0,
        )
        return pd.concat([*frames, tau[["source", "task", "model", "adequate"]]], ignore_index=True)

    def run_scores(self, source: str) -> pd.DataFrame:
        """Rewards of whole runs on the same tasks, of a source in `RUN_SOURCES`: task_id, model, adequate (0 or 1).

        Of tau the runs without traces, which gave every model the same tasks; those with traces hardly meet.
        """
        if source != "tau":
            return self._traces(source)[["task_id", "model", "adequate"]]
        scores = self._parquet("agents", "tau", "scores.parquet").rename(columns={"query_id": "task_id"})
        return scores.assign(adequate=(scores["score"] >= ADEQUATE) * 1.0)[["task_id", "model", "adequate"]]

    def run_openings(self, source: str) -> pd.DataFrame:
        """The first model call of each task of a source in `RUN_SOURCES`: task_id, step."""
        traces = self._traces(source).sort_values("trace_id").drop_duplicates("task_id")
        steps: dict[str, Step] = {}
        for call in self._calls_of(source, traces):
            steps.setdefault(call.run, call.step)
        opened = traces[traces["trace_id"].isin(steps)]
        return opened[["task_id"]].assign(step=opened["trace_id"].map(steps)).reset_index(drop=True)

    def _traces(self, source: str) -> pd.DataFrame:
        traces = self._parquet("agents", source, _TRACE_FILES.get(source, "traces.parquet"))
        if source == "agentdojo":
            traces = traces[[_field(meta, "kind") == "user_task" for meta in traces["meta"]]]
        if source == "tau":
            traces = traces[~traces["model"].str.contains("toolorchestra|ft:")]
        if source == LOOPS:
            traces = traces[traces["domain"].isin(_LOOP_DOMAINS)]
            traces = traces.assign(model=traces["model"].replace(_LOOP_MODELS))
        harness = [_field(meta, _SETTINGS.get(source, "agent_implementation")) for meta in traces["meta"]]
        return traces.assign(
            task=source + "/" + traces["domain"] + "/" + harness, adequate=(traces["reward"] >= ADEQUATE) * 1.0
        ).reset_index(drop=True)

    def trace_steps(self, source: str, n_traces: int, seed: int) -> Iterator[TraceStep]:
        """The model calls of a seeded sample of recorded runs: of a source in `RUN_SOURCES`, or `CONVERSATIONS`."""
        traces = self._traces(source)
        yield from self._calls_of(source, traces.sample(min(n_traces, len(traces)), random_state=seed))

    def _calls_of(self, source: str, traces: pd.DataFrame) -> Iterator[TraceStep]:
        offered = self._tools_offered(source)
        for row in traces.itertuples():
            yield from _calls(row, _tools(offered.get(row.tools_ref)))

    def _tools_offered(self, source: str) -> dict[str, str]:
        """The schemas, as JSON, that a trace's `tools_ref` stands for."""
        if source == CONVERSATIONS:
            queries = self._parquet("agents", source, "queries.parquet")
            return dict(zip("query:" + queries["query_id"], queries["tools"], strict=True))
        tools = self._parquet("agents", source, "tools.parquet")
        return dict(zip(tools["tools_ref"], tools["tools"], strict=True))


def _calls(row: Any, tools: list[Any]) -> Iterator[TraceStep]:
    messages = json.loads(row.messages)
    usage = {entry["i"]: entry for entry in json.loads(row.usage) if entry} if isinstance(row.usage, str) else {}
    at = [i for i, m in enumerate(messages) if m["role"] == "assistant" and not m.get("scripted")]
    for i in at:
        output = usage.get(i, {}).get("output_tokens") or len(json.dumps(messages[i])) / 4
        if i > 0:
            step = Step(messages[:i], tools)
            reward = float(row.adequate)
            yield TraceStep(row.trace_id, row.source, row.task, row.model, reward, len(at), step, float(output))


def _tools(text: str | None) -> list[Any]:
    return list(json.loads(text)) if isinstance(text, str) else []


def _field(text: str | None, key: str) -> str:
    return str(json.loads(text).get(key)) if isinstance(text, str) else "None"
