"""What each provider demands of a history, beyond what all demand; each demand with the report that shows it.

All of them demand that calls have results and results have calls, and refuse what another maker has signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tierwise.handoff.makers import Family

ANY_ID: Final = re.compile(r"(?s).+")
"""Of providers that take any id."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What one provider's API wants. The defaults are the most lenient.

    Attributes:
        call_id: What the whole of a tool-call id must match.
        call_id_length: How long the ids are that we make.
        cache_marks: `cache_control` on content parts is understood, or at least let through.
        blanks: Messages and text parts may be empty.
        empty_results: A tool's result may be the empty text.
        lists: A content may be a list of parts; else it must be a text.
        tool_images: A tool's result may hold an image.
        answer_images: An assistant message may hold an image.
        user_after_tool: A user message may follow a tool's result directly.
        alone: Roles of which two messages may not follow each other.
        starts_with_user: The first message that is not the system's must be a user's.
        ends_with_answer: The last message may be an assistant's, which the model then carries on.
        late_system: A system message may stand after the beginning.
        several_systems: More than one may stand at the beginning.
        developers: The role `developer` is known; else such a message is the system's.
        loops_begin_with_thoughts: While it is asked to think, it carries on no tool loop that another model began.
        answers_have_thoughts: While it thinks, every answer must come with `reasoning_content`.
    """

    call_id: re.Pattern[str] = ANY_ID
    call_id_length: int = 29
    cache_marks: bool = True
    blanks: bool = True
    empty_results: bool = True
    lists: bool = True
    tool_images: bool = True
    answer_images: bool = True
    user_after_tool: bool = True
    alone: frozenset[str] = frozenset()
    starts_with_user: bool = False
    ends_with_answer: bool = True
    late_system: bool = True
    several_systems: bool = True
    developers: bool = True
    loops_begin_with_thoughts: bool = False
    answers_have_thoughts: bool = False


# Open models' chat templates. Developers: ogx-ai/ogx#6069. One system message, the first: ggml-org/llama.cpp#20215.
_CHAT = Demands(
    cache_marks=False,
    tool_images=False,
    answer_images=False,
    late_system=False,
    several_systems=False,
    developers=False,
)

_BY_FAMILY: dict[Family, Demands] = {
    # ids up to 40: vercel/ai#5171. Images: openai/openai-node#1030, OpenHands/OpenHands#7700. Keys: BerriAI/litellm#12787.
    "openai": Demands(
        call_id=re.compile(r"[a-zA-Z0-9_-]{1,40}"), cache_marks=False, tool_images=False, answer_images=False
    ),
    # ids: anomalyco/opencode#1279. Blanks: anthropics/claude-code#59812. Prefill: vybestack/llxprt-code#3695.
    # Start: docs.anthropic.com/en/api/messages. Late system messages: langchain-anthropic raises on them. Loops:
    # deepset-ai/haystack-core-integrations#2146.
    "anthropic": Demands(
        call_id=re.compile(r"[a-zA-Z0-9_-]{1,64}"),
        blanks=False,
        answer_images=False,
        starts_with_user=True,
        ends_with_answer=False,
        late_system=False,
        loops_begin_with_thoughts=True,
    ),
    # Blanks: genkit-ai/genkit#3816. Order: google-gemini/gemini-cli#11814. End: crewAIInc/crewAI#6973. The system's words
    # have a field of their own there and at Bedrock: taken out of the middle, they leave two answers side by side.
    "google": Demands(
        blanks=False, alone=frozenset({"assistant"}), starts_with_user=True, ends_with_answer=False, late_system=False
    ),
    # mistralai/mistral-common, validator.py. ids: langchain-ai/langchain#24668. Order: mistral-common#169. End:
    # 0xPlaygrounds/rig#1130. Blanks: OpenHands/OpenHands#8685. Keys: BerriAI/litellm#30835.
    "mistral": Demands(
        call_id=re.compile(r"[a-zA-Z0-9]{9}"),
        call_id_length=9,
        cache_marks=False,
        blanks=False,
        empty_results=False,  # litellm leaves such a result out, and the call is then without one
        tool_images=False,
        answer_images=False,
        user_after_tool=False,
        ends_with_answer=False,
        late_system=False,
        developers=False,
    ),
    # ids: run-llama/llama_index#22775. Blanks: aws-samples/bedrock-engineer#8. Start, order: langchain-ai/langchainjs#6724
    # (clients merge). End: NousResearch/hermes-agent#105780. Empty results: NousResearch/hermes-agent#55092.
    "bedrock": Demands(
        call_id=re.compile(r"[a-zA-Z0-9_-]{1,64}"),
        blanks=False,
        empty_results=False,
        answer_images=False,
        starts_with_user=True,
        ends_with_answer=False,
        late_system=False,
        loops_begin_with_thoughts=True,
    ),
    # Lists: BerriAI/litellm#6642. Order: GaiZhenbiao/ChuanhuChatGPT#1184. Thoughts: openclaw/openclaw#73417 and
    # https://api-docs.deepseek.com/guides/thinking_mode. Developers: icebear0828/codex-proxy#589.
    "deepseek": Demands(
        cache_marks=False,
        lists=False,
        tool_images=False,
        answer_images=False,
        alone=frozenset({"user", "assistant"}),
        developers=False,
        answers_have_thoughts=True,
    ),
    "compatible": _CHAT,
}
_UNKNOWN = Demands()


def demands_of(family: Family | None) -> Demands:
    """What a provider of this family demands; nothing special where it is not known."""
    return _UNKNOWN if family is None else _BY_FAMILY[family]
