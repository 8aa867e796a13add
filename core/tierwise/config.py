"""What a file may set: `tierwise.yaml`, read alike by every host.

    quality: 0.95
    tiers:
      - {name: small, model: gpt-4.1-nano}
      - {name: top, model: claude-opus-4-6}
    rules:
      - {name: careful after errors, kinds: [recovery], at_least: top}

Unknown keys are refused, so that a slip of the pen fails at once; every error names the line and the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from tierwise.errors import ConfigError
from tierwise.types import Kind

FILE_NAME = "tierwise.yaml"

M = TypeVar("M", bound=BaseModel)


def _beside(path: str, info: ValidationInfo) -> str:
    """A path as seen from the file that names it."""
    folder = (info.context or {}).get("folder")
    return path if folder is None else str(Path(folder) / path)


NearPath = Annotated[str, Field(min_length=1), AfterValidator(_beside)]
"""A path, relative to the file in which it stands."""


class Closed(BaseModel):
    """Settings that refuse unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def arguments(self) -> dict[str, Any]:
        """What was set, as keyword arguments."""
        return self.model_dump(exclude_unset=True)


class PricesConfig(Closed):
    """USD per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    cache_write: float | None = Field(default=None, ge=0)


class FaqConfig(Closed):
    """Answers questions of a list; see `tierwise.handlers.faq`."""

    kind: Literal["faq"]
    path: NearPath
    threshold: float | None = Field(default=None, gt=0, le=1, description="Least likeness of the nearest question.")
    margin: float | None = Field(default=None, ge=0, le=1, description="Least lead over the next different entry.")
    embedder: str | None = None


class CallConfig(Closed):
    """A tool call; `{name}` in an argument stands for a group of the pattern."""

    name: str = Field(min_length=1)
    values: dict[str, Any] = Field(default_factory=dict, alias="arguments")


class ReplyRuleConfig(Closed):
    """One pattern, and what it is answered with: a text or a tool call."""

    name: str = Field(min_length=1)
    pattern: str = Field(min_length=1)
    reply: str | None = Field(default=None, min_length=1)
    call: CallConfig | None = None


class RulesConfig(Closed):
    """Answers by patterns; see `tierwise.handlers.rules`."""

    kind: Literal["rules"]
    rules: tuple[ReplyRuleConfig, ...] = Field(min_length=1)


class SentimentConfig(Closed):
    """Labels texts as positive, negative, neutral or mixed; see `tierwise.handlers.sentiment`."""

    kind: Literal["sentiment"]


class EntitiesConfig(Closed):
    """Extracts addresses, dates, amounts and the like; see `tierwise.handlers.entities`."""

    kind: Literal["entities"]
    region: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="Whose phone numbers: DE, US, …")


class ToolArgsConfig(Closed):
    """Calls a tool whose arguments stand in the request; see `tierwise.handlers.tool_args`."""

    kind: Literal["tool_args"]
    tools: tuple[str, ...] = Field(
        default=(), description="Only these; without any, tools that read and change nothing."
    )


HandlerConfig = Annotated[
    FaqConfig | RulesConfig | SentimentConfig | EntitiesConfig | ToolArgsConfig, Field(discriminator="kind")
]


class TierConfig(Closed):
    """A tier; what is left out is found in the catalogue by `model`."""

    name: str = Field(min_length=1)
    model: str | None = None
    provider: str | None = None
    prices: PricesConfig | None = None
    context_tokens: int | None = Field(default=None, gt=0)
    max_output_tokens: int | None = Field(default=None, gt=0)
    latency_ms: float | None = Field(default=None, gt=0, description="Typical time to a whole answer.")
    tools: bool | None = None
    vision: bool | None = None
    structured_output: bool | None = None
    cache_ttl_s: float | None = Field(default=None, ge=0)
    cache_min_tokens: int | None = Field(default=None, ge=0)
    ability: float | None = Field(default=None, description="In logits; higher is abler.")
    handler: HandlerConfig | None = Field(default=None, description="Answers in the place of a model.")
    thinking: bool | None = Field(default=None, description="Requests ask it to think, by a switch.")


class RuleConfig(Closed):
    """A bound on the tier for every step that meets all the conditions."""

    name: str = "rule"
    at_least: str | None = None
    at_most: str | None = None
    kinds: tuple[Kind, ...] = ()
    has_tools: bool | None = None
    min_input_tokens: int = Field(default=0, ge=0)
    metadata: dict[str, Any] = Field(default_factory=dict)


class StateConfig(Closed):
    """Where conversation state is kept."""

    store: Literal["memory", "sqlite", "redis"] = "memory"
    max_prefixes: int = Field(default=50_000, ge=1, description="How many prefixes the memory store remembers.")
    path: str | None = Field(default=None, description="The file of the SQLite store.")
    url: str | None = Field(default=None, repr=False, description="Of Redis; better left to the environment: url_env.")
    url_env: str | None = Field(default=None, description="The environment variable that holds the URL of Redis.")
    ttl_s: int = Field(default=86_400, ge=1, description="Conversations unused for longer are removed.")

    @model_validator(mode="after")
    def _says_where(self) -> StateConfig:
        if self.store == "sqlite" and self.path is None:
            raise ValueError("the sqlite store needs a path")
        if self.store == "redis" and self.url is None and self.url_env is None:
            raise ValueError("the redis store needs url_env (or url)")
        return self


class FeedbackConfig(Closed):
    """Where outcomes are kept, in an SQLite file: figures, and text only where asked."""

    path: str = Field(min_length=1)
    keep_text: bool = False


class RouterConfig(Closed):
    """A whole `tierwise.yaml`."""

    tiers: tuple[TierConfig, ...] = Field(min_length=1)
    quality: float = Field(default=0.95, gt=0, le=1)
    rules: tuple[RuleConfig, ...] = ()
    embedder: str | None = "packaged"
    default_tier: str | None = None
    mode: Literal["route", "shadow"] = "route"
    max_latency_ms: float | None = Field(default=None, gt=0)
    most_over_top: float | None = Field(
        default=0.02, ge=0, description="Most that a conversation may cost beyond its top tier alone, as a share."
    )
    cascade: bool = True
    recovery: bool = True
    remember_messages: bool = True
    on_tier_error: Literal["raise", "step_up"] = "raise"
    learned: str | None = Field(default=None, description="A file of what was learned, to start from.")
    learn_from_verdicts: float = Field(default=0.0, ge=0, le=1, description="How much an unusable answer counts.")
    feedback: FeedbackConfig | None = None
    state: StateConfig = Field(default_factory=lambda: StateConfig())

    def router_arguments(self) -> dict[str, Any]:
        """The scalar settings that were set, as keyword arguments of `Router`."""
        return self.model_dump(exclude_unset=True, exclude={"tiers", "rules", "state", "feedback"})


def load_config(path: str | Path) -> RouterConfig:
    """Reads a configuration file.

    Args:
        path: The file, or a folder that holds a `tierwise.yaml`.

    Raises:
        ConfigError: The file is missing, is no YAML, or a key is unknown or wrong; the message names line and key.
    """
    file = Path(path)
    return read_yaml(file / FILE_NAME if file.is_dir() else file, RouterConfig, "tiers")


def read_yaml(file: Path, model: type[M], first_key: str) -> M:
    """Reads a YAML file (JSON is YAML) into a model.

    Args:
        file: The file; paths in it are relative to its folder.
        model: A pydantic model.
        first_key: What such a file begins with, for those who have it empty.

    Raises:
        ConfigError: As `load_config`.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {str(file)!r}: {error}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{file.name} is no YAML: {error}") from error
    if not isinstance(values, Mapping):
        raise ConfigError(f"{file.name} holds {_kind_of(values)}, not settings: begin with '{first_key}:'")
    _refuse_double_keys(node, file.name)
    try:
        return model.model_validate(values, context={"folder": file.parent})
    except ValidationError as error:
        raise ConfigError("\n".join(_complaint(file.name, node, e) for e in error.errors())) from error


def _complaint(file: str, node: yaml.Node | None, error: Mapping[str, Any]) -> str:
    where = _in_file(node, error["loc"])
    key = ".".join(str(part) for part in where) or "the file"
    found = "" if error["type"] == "missing" else f" (found {error['input']!r})"
    said = "unknown key" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{file}, line {_line_of(node, where)}: {key}: {said}{found}"


def _in_file(node: yaml.Node | None, where: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A path as it stands in the file: pydantic puts the kind of a handler into it, as if it were a key."""
    kept: list[int | str] = []
    told: yaml.Node | None = None
    for part in where:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            if node is not told and part == _under("kind", node):
                told = node
                continue
            inner = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        kept.append(part)
        node = inner
    return tuple(kept)


def _under(key: str, node: yaml.MappingNode) -> Any:
    return next((value.value for name, value in node.value if name.value == key), None)


def _line_of(node: yaml.Node | None, where: tuple[int | str, ...]) -> int:
    """The line of the deepest part of a path that stands in the file."""
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _refuse_double_keys(node: yaml.Node | None, file: str) -> None:
    """YAML lets a later key win silently; here a key given twice is a slip."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_double_keys(item, file)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(f"{file}, line {line}: {key.value}: given twice (first in line {seen[key.value]})")
            seen[key.value] = line
            _refuse_double_keys(value, file)


def _kind_of(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
