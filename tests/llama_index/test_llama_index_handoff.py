"""LlamaIndex's messages as the core reads them, and the core's edits on LlamaIndex's own messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.llms import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.llms.openai.utils import to_openai_message_dicts
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply

from llama_index.llms.tierwise import Tierwise
from llama_index.llms.tierwise.answers import usage_of
from llama_index.llms.tierwise.handoff import apply_edits, in_form_of, with_ids
from llama_index.llms.tierwise.messages import read_calls, to_openai
from tierwise.handoff import apply_edits as core_apply
from tierwise.handoff import edits_for
from tierwise.tiers import Tier
from tierwise.types import Edit, Usage

SIGNED = ThinkingBlock(content="Let me see.", additional_information={"signature": "SIG"})


class Older(FunctionCallingLLM):
    """A package that has never heard of tool-call blocks, as far as its module shows."""

    __module__ = "an_older_package"


Older.__abstractmethods__ = frozenset()  # nothing of it is called


def said(*blocks: Any, role: str = "assistant", **kwargs: Any) -> ChatMessage:
    """A message of these blocks."""
    return ChatMessage(role=role, blocks=list(blocks), additional_kwargs=kwargs)


def called(call_id: str | None, name: str = "look", **arguments: Any) -> ToolCallBlock:
    """A tool call."""
    return ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs=arguments)


def result(call_id: str | None, text: str = "found") -> ChatMessage:
    """A tool result, as agents make it."""
    return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": call_id})


def test_a_conversation_reads_as_openai_writes_it():
    """Roles, texts, calls, results and their ids are those of the same conversation in OpenAI form."""
    messages = [
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content="Where is order 7?"),
        said(TextBlock(text="I look."), called("call_1", "find_order", number=7)),
        result("call_1", '{"status": "shipped"}'),
        ChatMessage(role="assistant", content="It is on its way."),
        ChatMessage(role=MessageRole.MODEL, content="Anything else?"),
    ]

    ours, theirs = to_openai(messages), to_openai_message_dicts(messages)

    assert ours[:-1] == theirs[:-1]
    assert ours[-1] == {"role": "assistant", "content": "Anything else?"}


def test_a_call_without_words_has_no_content():
    """As OpenAI writes it: `content` is null beside calls, and empty text otherwise."""
    assert to_openai([said(called("c"))])[0]["content"] is None
    assert to_openai([said()])[0]["content"] == ""


def test_one_block_is_one_part_and_no_medium_is_read(tmp_path):
    """Parts align with the blocks that are content; a missing file is never opened."""
    file = tmp_path / "a.png"
    file.write_bytes(b"not an image")
    message = said(
        TextBlock(text="See"),
        ImageBlock(path=file, image_mimetype="image/png"),
        ImageBlock(url="https://example.invalid/b.png"),
        AudioBlock(audio=b"x", format="wav"),
        DocumentBlock(data=b"x", title="terms.pdf", document_mimetype="application/pdf"),
        CitableBlock(title="t", source="s", content=[TextBlock(text="Cited words")]),
        CitationBlock(cited_content=TextBlock(text="words"), source="s", title="t", additional_location_info={}),
        CachePoint(cache_control={"type": "ephemeral"}),
        role="user",
    )
    file.unlink()

    parts = to_openai([message])[0]["content"]

    kinds = [part["type"] for part in parts]
    assert kinds == ["text", "image_url", "image_url", "input_audio", "file", "text", "text", "cache_point"]
    assert parts[2]["image_url"]["url"] == "https://example.invalid/b.png"
    assert (parts[4]["file"]["filename"], parts[5]["text"]) == ("terms.pdf", "Cited words")


@pytest.mark.parametrize(
    "kept",
    [
        {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}},
        {"id": "c", "name": "look", "input": {"at": 1}, "type": "tool_use"},
        {"id": "c", "name": "look", "args": {"at": 1}},
    ],
)
def test_calls_are_read_from_where_older_packages_keep_them(kept: dict[str, Any]):
    """In `additional_kwargs`, in the form of one maker or another."""
    (call,) = read_calls(said(TextBlock(text=""), tool_calls=[kept]))

    assert (call.id, call.name) == ("c", "look")
    assert call.arguments in ({"at": 1}, '{"at": 1}')


def test_another_makers_thinking_is_dropped_from_a_copy(llm: Tierwise, openai_server: OpenAIServer):
    """The tier is sent a history without it; the host's own message still has it."""
    message = said(SIGNED, TextBlock(text="It is nine."))
    history = [ChatMessage("When?"), message, ChatMessage("Sure?")]
    sent: list[Any] = []

    class Listening(OpenAILike):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            sent.extend(messages)
            return super().chat(messages, **kwargs)

    small = llm.tiers["small"]
    llm.tiers["small"] = Listening(model="small", api_base=openai_server.base_url, api_key="k", is_chat_model=True)
    llm.chat(history)

    assert isinstance(small, OpenAILike)
    assert sent[1].blocks == [TextBlock(text="It is nine.")]
    assert message.blocks[0] is SIGNED
    assert sent[0] is history[0]


def test_a_tier_gets_its_own_thinking_back_and_others_do_not(
    routed: Callable[..., Tierwise], openai_like: Callable[..., OpenAILike], openai_server: OpenAIServer
):
    """Who made a signed message is remembered across a store that rebuilds it."""
    got: dict[str, list[Any]] = {"small": [], "top": []}

    class Listening(OpenAILike):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            got[self.model].append(messages)
            return super().chat(messages, **kwargs)

    tiers = {name: Listening(**openai_like(name).model_dump(exclude={"class_name"})) for name in got}
    llm = routed(tiers)
    openai_server.script("small", Reply("It is nine.", reasoning="Shops open at nine."))
    made = llm.chat([ChatMessage("When?")]).message
    rebuilt = ChatMessage.model_validate_json(made.model_dump_json())

    llm.chat([ChatMessage("When?"), rebuilt, ChatMessage("And on Sundays, when is it?")])
    llm.chat([ChatMessage("When?"), rebuilt, ChatMessage("Prove that it opens at nine, from the documents.")])

    assert [type(block) for block in got["small"][-1][1].blocks] == [ThinkingBlock, TextBlock]
    assert [type(block) for block in got["top"][-1][1].blocks] == [TextBlock]


def test_each_edit_changes_what_it_names_and_nothing_else():
    """Parts, fields, calls, ids and contents, on copies of the messages touched."""
    original = [
        ChatMessage("one"),
        said(SIGNED, TextBlock(text="two"), called("a"), called("b"), thought_signatures=["x"]),
        result("a"),
        result("b"),
        said(TextBlock(text=""), ThinkingBlock(content="hm"), called("c")),
        said(TextBlock(text="see"), CachePoint(cache_control={"type": "ephemeral"}), role="user"),
        said(TextBlock(text="see"), ImageBlock(url="https://example.invalid/a.png"), role="tool", tool_call_id="c"),
    ]
    before = [message.model_dump() for message in original]
    edits = [
        Edit("drop_part", 1, part=0),
        Edit("drop_field", 1, field="thought_signatures"),
        Edit("rewrite_id", 1, old="a", new="z"),
        Edit("rewrite_id", 2, old="a", new="z"),
        Edit("drop_call", 1, old="b"),
        Edit("fill_content", 4, new="(nothing)"),
        Edit("drop_field", 4, field="reasoning_content"),
        Edit("drop_field", 5, part=1, field="cache_control"),
        Edit("rewrite_part", 6, part=1, new="an image"),
    ]

    edited = apply_edits(original, edits)

    assert edited[0] is original[0]
    assert edited[1].blocks == [TextBlock(text="two"), called("z")]
    assert edited[1].additional_kwargs == {}
    assert edited[2].additional_kwargs == {"tool_call_id": "z"}
    assert edited[3] is original[3]
    assert edited[4].blocks == [TextBlock(text="(nothing)"), called("c")]
    assert edited[5].blocks == [TextBlock(text="see")]
    assert edited[6].blocks == [TextBlock(text="see"), TextBlock(text="an image")]
    assert [message.model_dump() for message in original] == before


def test_messages_are_dropped_put_in_and_summed_up():
    """A dropped message is gone, a summary stands in the place of those that it covers, the rest keeps its order."""
    image = ImageBlock(url="https://example.invalid/a.png")
    original = [*(ChatMessage(str(n)) for n in range(5)), said(TextBlock(text="5"), image)]
    edits = [
        Edit("drop_message", 0),
        Edit("summarise", 2, stop=5, new="2, 3 and 4"),
        Edit("insert_message", 1, new="before 1", role="user"),
        Edit("insert_message", 6, new="no result", role="tool", old="c"),
        Edit("insert_message", 6, new="an image", role="user", copies=(5, 1)),
    ]

    edited = apply_edits(original, edits)

    assert [message.content for message in edited] == ["before 1", "1", "2, 3 and 4", "5", "no result", "an image"]
    assert edited[4].additional_kwargs == {"tool_call_id": "c"}
    assert edited[5].blocks[1] is image


def test_edits_say_the_same_of_the_openai_form_and_of_the_hosts_messages():
    """Whatever the core drops or puts in, for every provider: both views of the edited history agree."""
    history = [
        ChatMessage(role="system", content="Be brief."),
        said(TextBlock(text="See"), CachePoint(cache_control={"type": "ephemeral"}), role="user"),
        said(SIGNED, TextBlock(text="I look."), called("a/b", at=1), called("c"), thought_signatures=["x"]),
        result("a/b", ""),
        ChatMessage(role="system", content="Be kind."),
        said(ThinkingBlock(content="hm"), TextBlock(text="So")),
        said(ThinkingBlock(content="rs", additional_information={"id": "rs_1"}), TextBlock(text="it is.")),
    ]
    view = to_openai(history)
    for provider in ("openai", "anthropic", "gemini", "mistral", "bedrock", "deepseek", "groq", "unheard_of"):
        edits = edits_for(view, Tier("t", provider=provider, prices=(1, 2)))
        assert joined(to_openai(apply_edits(history, edits))) == joined(core_apply(view, edits)), provider


def joined(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A list of one text is that text, no content is an empty one, and a cache point without its mark is nothing."""

    def plain(content: Any) -> Any:
        if not isinstance(content, list):
            return content or ""
        parts = [part for part in content if part["type"] != "cache_point" or "cache_control" in part]
        return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts or ""

    return [{**message, "content": plain(message["content"])} for message in messages]


def test_dropping_calls_drops_them_from_both_places():
    """Calls left in `additional_kwargs` would be sent all the same."""
    message = said(TextBlock(text="I look."), called("a"), tool_calls=[{"id": "a"}])

    (edited,) = apply_edits([message], [Edit("drop_field", 0, field="tool_calls")])

    assert edited.blocks == [TextBlock(text="I look.")]
    assert edited.additional_kwargs == {}


def test_calls_without_ids_get_ids_and_so_do_their_results():
    """Ollama and Vertex pair by name; the next tier is given ids, for parallel calls of one tool too."""
    history = [
        ChatMessage("go"),
        said(called(None), called(None, "other"), called(None)),
        result("look", "1"),
        result("other", "2"),
        result("look", "3"),
        said(called("look")),
        result("look", "4"),
    ]

    mended = with_ids(history)

    ids = [call.id for call in read_calls(mended[1])]
    assert len(set(ids)) == 3
    assert [message.additional_kwargs["tool_call_id"] for message in mended[2:5]] == ids
    assert mended[5:] == history[5:]
    assert with_ids(history) == mended, "ids differ from step to step: a provider's prompt cache would be lost"


def test_a_history_without_ids_is_accepted_by_a_server_that_insists(llm: Tierwise):
    """The loopback server refuses unpaired calls and results, as OpenAI does."""
    history = [ChatMessage("go"), said(called(None), called(None)), result("look"), result("look")]

    assert llm.chat(history).message.content == "The tool says: found"


def test_calls_stand_where_the_tiers_package_looks_for_them(openai_like: Callable[..., OpenAILike]):
    """Packages that know blocks get blocks, the older ones get `additional_kwargs`; what stands right is left alone."""
    block = said(TextBlock(text="I look."), called("a", at=1))
    kept = in_form_of(Older(), [block])[0]

    assert kept.blocks == [TextBlock(text="I look.")]
    assert kept.additional_kwargs["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": 1}'}
    assert in_form_of(openai_like("small"), [kept])[0].blocks == [
        TextBlock(text="I look."),
        ToolCallBlock(tool_call_id="a", tool_name="look", tool_kwargs='{"at": 1}'),
    ]
    assert in_form_of(openai_like("small"), [block])[0] is block
    assert in_form_of(Older(), [kept])[0] is kept


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 2}}, Usage(9, 0, 0, 2)),
        (
            {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 5}}},
            Usage(9, 5, 0, 2),
        ),
        (
            {"usage": {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 6, "cache_creation_input_tokens": 3}},
            Usage(10, 6, 3, 2),
        ),
        ({"usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 2, "cached_content_token_count": 4}},
         Usage(9, 4, 0, 2)),
        ({"prompt_eval_count": 9, "eval_count": 2}, Usage(9, 0, 0, 2)),
        ({"usage": None}, None),
        (None, None),
    ],
)  # fmt: skip
def test_usage_is_read_in_each_makers_words(raw: Any, usage: Usage | None):
    """OpenAI, Anthropic (which counts its cache apart), Gemini, Ollama; and nothing where nothing was reported."""
    assert usage_of(ChatResponse(message=ChatMessage("x"), raw=raw)) == usage
