"""What a model's name says: its year, its size, its rung in the family, and whether it thinks before it speaks.

Names carry more than prices do: a price falls tenfold while the name says "4.1-nano". Years are of first release and
rough (± 0.3); they are public facts written down by hand, and a name that matches nothing has no year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["NameFacts", "normal_name", "read_name", "spelt_alike"]

_SERVING = re.compile(
    r"(-(fc|auto|any|prompt|hf|chat|instruct|it|preview|latest|beta|exp|turbo-preview|fp8|awq|gptq|bf16|versatile|"
    r"maas|thinking|non-reasoning|reasoning))+$"
)
_EFFORT = re.compile(r"^((?:gpt-[56]|o\d|gemini|claude|grok).*)-(?:high|medium|low|minimal)$")
_DATES = re.compile(r"[-@](20\d{2}-?\d{2}-?\d{2}|\d{2}-20\d{2}|\d{2}-\d{2}|\d{4}|00\d|v\d+:\d+)(?=$|-|:)")

# First match wins: the more special name stands first.
_YEARS: tuple[tuple[float, str], ...] = (
    (2022.9, r"davinci|text-bison|chat-bison|palm|koala|guanaco"),
    (
        2026.2,
        r"gpt-5\.[3-9]|claude-(opus|sonnet|haiku)-4[.-][6-9]|claude-[a-z]+-5|gemini-3\.[1-9]|kimi-k2\.5|"
        r"glm-5|minimax-m2\.[5-9]|qwen3\.5",
    ),
    (
        2025.9,
        r"gpt-5\.[12]|opus-4[.-]5|gemini-3|deepseek-v3[.-]2|minimax-m2|glm-4\.[67]|grok-4[.-]1|"
        r"mistral-large-3|devstral.*2512",
    ),
    (2025.8, r"haiku-4[.-]5|sonnet-4[.-]5|qwen3?-?max|qwen3-next|grok-4-fast|nova-2"),
    (
        2025.6,
        r"gpt-5|gpt-oss|opus-4[.-]1|grok-4|grok-code|glm-4\.5|kimi|qwen3?-?coder|deepseek-v3[.-]1|"
        r"deepseek-chat",
    ),
    (
        2025.4,
        r"claude-(opus|sonnet)-4|claude-4|o4-mini|o3(?!-mini)|gemini-2\.5|qwen-?3|magistral|devstral|"
        r"mistral-medium-3",
    ),
    (
        2025.2,
        r"gpt-4\.[15]|llama-?4|gemma-?3|claude-3[.-]7|o3-mini|grok-3|mistral-small-3|phi-4|"
        r"nemotron-super|command-a",
    ),
    (2025.0, r"deepseek-(r1|v3)|gemini-2\.0|gemini-2|qwq|nova|sonar|codestral-25"),
    (
        2024.8,
        r"llama-?3\.[23]|\bo1|claude-3[.-]5-haiku|sonnet-20241022|qwen-?2\.5|grok-2|ministral|granite-3|"
        r"pixtral|nemotron-70b",
    ),
    (
        2024.6,
        r"llama-?3\.1|gpt-4o|claude-3[.-]5|mistral-(nemo|large|small)|deepseek-v2|gemma-2|mathstral|"
        r"phi-3\.5|jamba-1\.5|gemini-1\.5|yi-coder|nemotron|athene|functionary|opencoder|xlam|chatqa",
    ),
    (
        2024.4,
        r"llama-?3(?!\d)|qwen-?2|phi-3|yi-1\.5|yi-large|mixtral-8x22b|gpt-4-turbo|command-r|dbrx|arctic|"
        r"codestral|hermes-2-pro|glm-4|reka|codeqwen|eurus",
    ),
    (
        2024.1,
        r"claude-3|qwen-?1\.5|internlm2|gemma|deepseek-coder|starling|jamba|grok-1|mistral-medium|"
        r"gpt-4-(?:0125|1106)|gemini|solar|orion|miqu|momo|bagel|stablelm-2|codeactagent|magicoder",
    ),
    (
        2023.8,
        r"mixtral|mistral|zephyr|openchat|yi-|gpt-3\.5-turbo-1106|qwen|claude-2|deepseek|phi-2|tulu|nous|"
        r"hermes|vicuna-.*1\.5|lemur|agentlm|wizardmath",
    ),
    (
        2023.5,
        r"llama-?2|codellama|gpt-4|gpt-3\.5|claude-instant|claude-1|vicuna|falcon|wizardlm|starchat|"
        r"goliath",
    ),
)
_YEAR_PATTERNS = tuple((re.compile(pattern), year) for year, pattern in _YEARS)

_RUNGS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r"nano|tiny|micro|flash-lite|flash-8b|ministral-3b|-1b\b|-0\.[56]b"), -2.0),
    (re.compile(r"(?<!ge)mini(?!max)|ministral|lite|small|haiku|flash|instant|fast|scout|nemo\b|\bair\b"), -1.0),
    (
        re.compile(
            r"opus|ultra|\bo1(?!-mini)|\bo3(?!-mini)|gpt-5(?!.*(?:mini|nano))|"
            r"gemini-[\d.]+-pro|-max|405b|nova-pro|reasoner"
        ),
        1.0,
    ),
)
_THINKS = re.compile(
    r"(^|-)o[134](-|$)|deepseek-r1|reasoner|qwq|thinking|gpt-5|grok-3-mini|grok-4|magistral|gpt-oss|minimax-m|"
    r"gemini-(2\.5|3)"
)
_MAKERS = re.compile(
    r"^(meta-llama-|google-|nousresearch-|salesforce-|nvidia-|open-|meta-|thudm-|meetkai-|ibm-granite-)+(?=[a-z])"
)
_MIXTURE = re.compile(r"(\d+)x(\d+(?:\.\d+)?)b")
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z])")


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a name says; None where it says nothing."""

    year: float | None
    rung: float
    """-2 nano, -1 mini, flash or haiku, 0 plain, 1 opus or pro."""
    thinks: bool
    """Spends hidden reasoning tokens by default."""
    params_b: float | None
    """Billions of parameters, a mixture counted at three fifths of its experts' sum."""


@lru_cache(maxsize=4096)
def normal_name(model: str) -> str:
    """The name without its host, maker's prefix, date and serving words: `openai/gpt-4o-2024-08-06` is `gpt-4o`."""
    name = _spelt(model)
    name = re.sub(r"^gpt-4-(?:0125|1106)(-preview)?", "gpt-4-turbo", name)
    name = re.sub(r"-(instruct|chat|it)(?=-v\d)", "", name)
    previous = ""
    while previous != name:
        previous = name
        name = _EFFORT.sub(r"\1", _SERVING.sub("", _DATES.sub("", name)))
    return re.sub(r"-v\d+(\.\d+)?$", "", name) if name.startswith(("claude", "solar", "mixtral")) else name


def spelt_alike(one: str, other: str) -> bool:
    """Whether two names are one model's but for host, maker's prefix and spelling: `openai/gpt-4o` and `GPT-4o` are."""
    return one == other or _spelt(one) == _spelt(other)


@lru_cache(maxsize=4096)
def read_name(model: str) -> NameFacts:
    """Reads year, rung, size and thinking off a model's name, in any spelling."""
    name = _spelt(model)
    year = next((year for pattern, year in _YEAR_PATTERNS if pattern.search(name)), None)
    rung = next((rung for pattern, rung in _RUNGS if pattern.search(name)), 0.0)
    return NameFacts(year, rung, _THINKS.search(name) is not None, _params_b(name))


def _spelt(model: str) -> str:
    """One spelling: lower case, dashes, no host or maker in front, `4-1` as `4.1`."""
    name = re.sub(r"\s*\(.*\)$", "", model.strip().lower()).rsplit("/", 1)[-1].replace(" ", "-").replace("_", "-")
    name = re.sub(r"^(us|eu|apac|global)\.", "", name)
    name = re.sub(r"^(anthropic|openai|google|meta|mistral|amazon|cohere|deepseek|qwen|xai|ai21)\.", "", name)
    name = re.sub(_MAKERS, "", name)
    name = re.sub(r"^llama(\d)", r"llama-\1", name)
    name = re.sub(r":(\d+(?:\.\d+)?b)", r"-\1", name).split(":", 1)[0]
    if name.startswith(("gpt-", "claude-", "gemini-", "glm-", "deepseek-v", "grok-")):
        name = re.sub(r"(?<=\d)-(?=\d(?:-|$))", ".", name)
    return name


def _params_b(name: str) -> float | None:
    mixture = _MIXTURE.search(name)
    if mixture:
        return 0.6 * float(mixture[1]) * float(mixture[2])
    sizes = [float(size) for size in _SIZE.findall(name)]
    return sizes[0] if sizes else None
