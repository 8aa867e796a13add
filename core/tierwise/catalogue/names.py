"""When do two spellings mean the same model?

Price tables name a model once for each place that sells it: `claude-opus-4-6`, `us.anthropic.claude-opus-4-6-v1`,
`vertex_ai/claude-opus-4-6@default`. `plain_name` takes off what says where and when, and keeps what says which model:

- off: provider and vendor paths, regions, makers' prefixes, `-latest`, `-maas`, `-v1:0`, `-v0.1` (a first version);
- apart: a date or a snapshot number at the end (`20250805`, `2025-08-05`, `0613`, `2407`, `001`), as `.date`;
- alike: upper and lower case, `.` `-` `_` `:` `@` and spaces, `3p2` and `3.2`, `llama3` and `llama-v3` and `llama-3`,
  `claude-4-sonnet` and `claude-sonnet-4`.

A size, `mini`, `preview`, `fast`, `fp8`, `vision`, `thinking` belong to the name: another price, often another model.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# The names by which LangChain, LlamaIndex and people call a provider; all others are called as in litellm's table.
PROVIDER_ALIASES = {
    "amazon-nova": "amazon_nova",
    "anthropic_bedrock": "bedrock",
    "azure_openai": "azure",
    "bedrock_converse": "bedrock",
    "cohere_chat": "cohere",
    "fireworks": "fireworks_ai",
    "google": "gemini",
    "google_anthropic_vertex": "vertex_ai",
    "google_genai": "gemini",
    "google_vertexai": "vertex_ai",
    "ibm": "watsonx",
    "mistralai": "mistral",
    "moonshotai": "moonshot",
    "sagemaker_chat": "sagemaker",
    "together": "together_ai",
    "vertex": "vertex_ai",
}
# Providers that the table does not list, and that still may stand before a model's name.
UNLISTED_PROVIDERS = frozenset(
    {"hosted_vllm", "huggingface", "litellm_proxy", "llamafile", "lm_studio", "nvidia", "nvidia_nim", "openai_like"}
    | {"openrouter", "upstage", "vllm", "xinference"}
)
LOCAL_PROVIDERS = frozenset({"hosted_vllm", "lemonade", "llamafile", "lm_studio", "ollama", "vllm", "xinference"})
"""Run on one's own machine: a price of zero is meant."""

# (how the plain name of a family begins, the providers through which its maker sells it, the preferred one first)
_MAKERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"gpt(?!-oss)|o\d|chatgpt|codex|ft", ("openai",)),
    (r"claude", ("anthropic",)),
    (r"gemini|gemma|learnlm", ("gemini", "vertex_ai")),
    (r"mistral|mixtral|codestral|devstral|magistral|ministral|pixtral|voxtral", ("mistral", "codestral")),
    (r"deepseek", ("deepseek",)),
    (r"qwen|qwq|qvq", ("dashscope", "qwencloud", "qwen_ai_platform")),
    (r"grok", ("xai",)),
    (r"command|aya", ("cohere",)),
    (r"jamba", ("ai21",)),
    (r"kimi|moonshot", ("moonshot",)),
    (r"glm", ("zai",)),
    (r"minimax", ("minimax",)),
    (r"nova|titan", ("amazon_nova", "bedrock")),
    (r"llama", ("meta_llama", "meta")),
    (r"sonar|pplx", ("perplexity",)),
    (r"granite", ("watsonx",)),
    (r"phi", ("azure_ai",)),
    (r"doubao|seed", ("volcengine",)),
    (r"hunyuan", ("tencent",)),
    (r"mimo", ("xiaomi_mimo",)),
    (r"mercury", ("inception",)),
    (r"morph", ("morph",)),
    (r"dbrx", ("databricks",)),
    (r"nemotron|palmyra|yi|reka|olmo", ()),
)
_MAKER_PATTERNS = tuple((re.compile(rf"(?:{families})(?![a-z])"), providers) for families, providers in _MAKERS)

_FAMILY = "|".join(families for families, _ in _MAKERS)
_REGION = re.compile(r"(?:us|eu|apac|au|jp|in|ca|global|us-gov|system)\.(?=[a-z])")
_DOTTED_MAKER = re.compile(
    r"(ai21|ai|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai|moonshot|nvidia|openai|qwen"
    r"|twelvelabs|writer|xai|zai)\.(?=[a-z])"
)
_DASHED_MAKER = re.compile(
    r"(?:alibaba|amazon|anthropic|cohere|databricks|deepseek-ai|fw|google|meta-llama|meta|mistralai|moonshotai|nvidia"
    rf"|openai|qwen|snowflake|thudm|xai|zai-org|zai)[-_](?={_FAMILY}|gpt-oss|meta-llama)"
)
_CLAUDE_ORDER = re.compile(r"^claude-(\d(?:-\d)?)-(opus|sonnet|haiku)(?=-|$)")
_BEDROCK_VERSION = re.compile(r"-v?\d{1,2}:0$")
_TAIL = re.compile(r"-(?:latest|default|maas|v0-1)$")
_MAKER_VERSION = re.compile(r"^((?:claude|nova)-.*\d.*|nova-[a-z]+)-v1$")
_DAY, _MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_DATE = re.compile(
    rf"-(20\d\d-?{_MONTH}-?{_DAY}|2[2-9]{_MONTH}{_DAY}|{_MONTH}-20\d\d|{_MONTH}{_DAY}|2[2-9]{_MONTH}"
    rf"|(?<=preview-){_MONTH}-{_DAY}|00\d)$"
)
_SIZE = re.compile(r"(?:^|[-x])\d+(?:-\d+)?b(?:-|$)")
_TUNING = re.compile(r"(?:-(?:instruct|chat|it|hf|v0-\d))+$")


class PlainName(NamedTuple):
    """A model's name without where and when. `date` holds digits only, and is empty for an undated name."""

    base: str
    date: str = ""


def plain_name(text: str) -> PlainName:
    """The name of a model without provider, region, vendor and date; two spellings of one model give the same."""
    name = _without_path(unicodedata.normalize("NFKC", text).strip().casefold())
    name = _without_maker(_BEDROCK_VERSION.sub("", name))
    name = re.sub(r"[\s._:@()\[\]/-]+", "-", name).strip("-")
    name = re.sub(r"(?<=\d)p(?=\d)", "-", name)
    name = re.sub(r"^([a-z]{3,})-?v?(?=\d)", r"\1-", name)
    name = re.sub(r"^gpt-35(?=-)", "gpt-3-5", name)  # Azure's spelling
    name = re.sub(r"^open-(?=mistral-|mixtral-)", "", name)  # Mistral's own spelling
    name = _MAKER_VERSION.sub(r"\1", _TAIL.sub("", name))
    name = _CLAUDE_ORDER.sub(r"claude-\2-\1", name)
    dated = _DATE.search(name)
    if not dated or dated.start() == 0:
        return PlainName(name)
    return PlainName(_TAIL.sub("", name[: dated.start()]), dated[1].replace("-", ""))


def _without_path(name: str) -> str:
    if name.startswith("ft:"):  # a fine-tuned model has its own price: `ft:base:organisation::id`
        return "ft-" + name.split(":")[1]
    parts = [part for part in name.split("/") if part and part not in ("community", "query")]
    return parts[-1] if parts else name


def _without_maker(name: str) -> str:
    name = _REGION.sub("", name, count=1) if _REGION.match(name) else name
    if dotted := _DOTTED_MAKER.match(name):
        rest = name[dotted.end() :]
        name = f"{dotted[1]}-{rest}" if re.match(r"[vr]\d", rest) else rest
    while dashed := _DASHED_MAKER.match(name):
        name = name[dashed.end() :]
    return name


def loose_name(base: str) -> str | None:
    """A plain name with a size in it (`-70b`) without `-instruct`, `-chat`, `-it`; None for names without a size.

    The table lists chat models only, so `llama-3.3-70b` there is the instruct model. Without a size it would be wrong:
    `gpt-3.5-turbo-instruct` is not `gpt-3.5-turbo`.
    """
    return _TUNING.sub("", base) if _SIZE.search(base) else None


def makers(base: str) -> tuple[str, ...]:
    """The providers through which the maker of this family sells it, the preferred one first; often none."""
    for pattern, providers in _MAKER_PATTERNS:
        if pattern.match(base):
            return providers
    return ()


def canonical_provider(provider: str) -> str:
    """The provider's name in the catalogue: `google_genai` is `gemini`, `vertex_ai-anthropic_models` is `vertex_ai`."""
    name = provider.strip().casefold()
    name = "vertex_ai" if name.startswith("vertex_ai-") else name
    return PROVIDER_ALIASES.get(name, name)
