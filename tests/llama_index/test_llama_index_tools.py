"""Tools: formatted by the tier that was chosen, parsed by the tier that answered, whatever a model makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply
from pydantic import BaseModel

from llama_index.llms.tierwise import Tierwise
from tierwise.errors import StepError


def add_numbers(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def search_shop(query: str, limit: int = 5) -> str:
    """Searches the shop's catalogue."""
    return f"{limit} results for {query}"


TOOLS = [FunctionTool.from_defaults(add_numbers), FunctionTool.from_defaults(search_shop)]


class Person(BaseModel):
    """A person."""

    name: str
    age: int


async def test_the_chosen_tier_formats_the_tools(llm: Tierwise, openai_server: OpenAIServer):
    """Each way of chatting with tools sends them in the form of the tier's own package."""
    asked = "Please add the numbers 3 and 4."
    responses = [llm.chat_with_tools(TOOLS, asked), await llm.achat_with_tools(TOOLS, asked)]
    *_, last = llm.stream_chat_with_tools(TOOLS, asked)
    responses += [last, [chunk async for chunk in await llm.astream_chat_with_tools(TOOLS, asked)][-1]]

    for response in responses:
        (call,) = llm.get_tool_calls_from_response(response)
        assert (call.tool_name, call.tool_kwargs) == ("add_numbers", {"a": 3, "b": 4})
        assert call.tool_id.startswith("call_")
    sent = [request.body for request in openai_server.asked("small")]
    assert len(sent) == 4
    assert all([tool["function"]["name"] for tool in body["tools"]] == ["add_numbers", "search_shop"] for body in sent)
    assert all("_tierwise_tools" not in body for body in sent)


def test_a_call_can_be_demanded(llm: Tierwise, openai_server: OpenAIServer):
    """`tool_required` and a bare tool name reach the provider in its form, and the decision in the core's."""
    required = llm.chat_with_tools(TOOLS, "Hello there.", tool_required=True)
    named = llm.chat_with_tools(TOOLS, "Hello there.", tool_choice="search_shop")

    choices = [request.body["tool_choice"] for request in openai_server.asked()]
    assert choices == ["required", {"type": "function", "function": {"name": "search_shop"}}]
    assert [each.additional_kwargs["tierwise"]["kind"] for each in (required, named)] == ["tool_call", "tool_call"]
    assert llm.get_tool_calls_from_response(named)[0].tool_name == "search_shop"


def test_the_core_sees_the_tools(llm: Tierwise):
    """Their number and their parameters are signals, though no tier had formatted them yet."""
    signals = llm.chat_with_tools(TOOLS, "Hello there.").additional_kwargs["tierwise"]["signals"]

    assert (signals["tools"], signals["tool_parameters"]) == (2, 4)


def test_the_history_given_is_not_changed(llm: Tierwise):
    """Preparing a call appends the user's message to a list of its own."""
    history = [ChatMessage("Hello."), ChatMessage(role="assistant", content="Good day.")]

    llm.chat_with_tools(TOOLS, "Please add the numbers 3 and 4.", chat_history=history)

    assert len(history) == 2


def test_of_parallel_calls_one_is_kept_unless_more_are_allowed(llm: Tierwise, openai_server: OpenAIServer):
    """The tier's own package decides what to make of calls that were not asked for."""
    both = Reply(calls=(("add_numbers", {"a": 1, "b": 2}), ("add_numbers", {"a": 3, "b": 4})))
    openai_server.script("small", both, both)

    one = llm.chat_with_tools(TOOLS, "Please add.")
    two = llm.chat_with_tools(TOOLS, "Please add.", allow_parallel_tool_calls=True)

    assert len(llm.get_tool_calls_from_response(one)) == 1
    assert len(llm.get_tool_calls_from_response(two)) == 2


@pytest.mark.parametrize("arguments", ["", "null", '{"a": 1, "b"', "not json", "[1, 2]", '{"a": 1, "b": 2}'])
def test_odd_arguments_are_read_as_the_tier_reads_them(
    routed: Callable[..., Tierwise], openai_server: OpenAIServer, openai_like: Callable[..., OpenAILike], arguments: str
):
    """Empty, null, broken and unparsable arguments: the router adds no opinion of its own."""
    openai_server.always("small", Reply(calls=(("add_numbers", arguments),)))

    through_router = calls_of(routed(cascade=False))

    assert through_router == calls_of(openai_like("small"))
    assert through_router, "nothing was compared"


def test_broken_arguments_are_tried_once_more_one_tier_up(llm: Tierwise, openai_server: OpenAIServer):
    """A call that cannot be made is seen before the agent runs into it; both attempts are on the bill."""
    openai_server.script("small", Reply(calls=(("add_numbers", '{"a": 1, "b"'),)))

    response = llm.chat_with_tools(TOOLS, "Please add the numbers 3 and 4.")

    record = response.additional_kwargs["tierwise"]
    assert record["tier"] == "top"
    assert [attempt["tier"] for attempt in record["attempts"]] == ["small", "top"]
    assert record["attempts"][0]["fault"] == "the arguments of 'add_numbers' are not a JSON object"
    assert llm.get_tool_calls_from_response(response)[0].tool_kwargs == {"a": 3, "b": 4}


def test_a_call_without_an_id_is_still_a_call(llm: Tierwise):
    """Some servers leave ids out; the tier's parser has the word."""
    message = ChatMessage(
        role="assistant", blocks=[ToolCallBlock(tool_name="add_numbers", tool_kwargs={"a": 1, "b": 2})]
    )

    (call,) = llm.get_tool_calls_from_response(ChatResponse(message=message))

    assert (call.tool_id, call.tool_name, call.tool_kwargs) == ("", "add_numbers", {"a": 1, "b": 2})


def test_no_call_is_an_error_only_where_one_was_wanted(llm: Tierwise):
    """`error_on_no_tool_call` is honoured."""
    response = llm.chat([ChatMessage("hello")])

    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    with pytest.raises(ValueError, match="at least one tool call"):
        llm.get_tool_calls_from_response(response)


def test_a_streamed_call_grows_chunk_by_chunk(llm: Tierwise):
    """Agents read the calls of every chunk, so every chunk must be readable."""
    seen = [
        [call.tool_kwargs for call in llm.get_tool_calls_from_response(chunk, error_on_no_tool_call=False)]
        for chunk in llm.stream_chat_with_tools(TOOLS, "Please add the numbers 3 and 4.")
    ]

    assert seen[0] == []
    assert seen[-1] == [{"a": 3, "b": 4}]
    assert len(seen) > 3


def test_the_tier_that_answered_parses(routed: Callable[..., Tierwise], openai_like):
    """Two packages read calls differently; each reads its own answers, on a shared router."""

    class Shouting(OpenAILike):
        def get_tool_calls_from_response(
            self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
        ) -> list[ToolSelection]:
            calls = super().get_tool_calls_from_response(response, error_on_no_tool_call, **kwargs)
            return [call.model_copy(update={"tool_name": call.tool_name.upper()}) for call in calls]

    plain = openai_like("top")
    llm = routed({"small": openai_like("small"), "top": Shouting(**{**plain.__dict__, "model": "top"})})
    easy = llm.chat_with_tools(TOOLS, "Please add the numbers 3 and 4.")
    hard = llm.chat_with_tools(TOOLS, "Please add the numbers 3 and 4 and prove it.")

    assert llm.get_tool_calls_from_response(hard)[0].tool_name == "ADD_NUMBERS"
    assert llm.get_tool_calls_from_response(easy)[0].tool_name == "add_numbers"


def test_tools_can_be_given_in_openai_form(llm: Tierwise, openai_server: OpenAIServer):
    """A caller of `chat` may format tools himself; they are sent as they are and seen by the core."""
    tools = [tool.metadata.to_openai_tool() for tool in TOOLS]

    response = llm.chat([ChatMessage("Please add the numbers 3 and 4.")], tools=tools)

    assert response.additional_kwargs["tierwise"]["signals"]["tools"] == 2
    assert openai_server.asked("small")[0].body["tools"] == tools


def test_a_tier_that_takes_no_tools_is_passed_over(routed: Callable[..., Tierwise], openai_like):
    """Steps with tools go to a tier that can call them; where none can, the error says which tier was asked."""
    llm = routed({"small": MockLLM(), "top": openai_like("top")})
    without = routed({"small": MockLLM(), "top": MockLLM()})

    response = llm.chat_with_tools(TOOLS, "Please add the numbers 3 and 4.")

    assert response.additional_kwargs["tierwise"]["tier"] == "top"
    with pytest.raises(StepError, match="takes no tools"):
        without.chat_with_tools(TOOLS, "Please add the numbers 3 and 4.")


async def test_predict_and_call_calls_the_tool(llm: Tierwise):
    """The host's shortcut: predict, call, and give back what the tool said."""
    assert str(llm.predict_and_call(TOOLS, "Please add the numbers 3 and 4.")) == "7"
    assert str(await llm.apredict_and_call(TOOLS, "Please add the numbers 3 and 4.")) == "7"


async def test_structured_output_is_routed(llm: Tierwise, openai_server: OpenAIServer):
    """`structured_predict` and `as_structured_llm`, whole and streamed, give the class that was asked for."""
    prompt = PromptTemplate("Who is 'Ada', 36?")
    structured = llm.as_structured_llm(Person)

    people = [llm.structured_predict(Person, prompt), await llm.astructured_predict(Person, prompt)]
    people += [structured.complete("Who is 'Ada', 36?").raw, (await structured.achat([ChatMessage("'Ada', 36")])).raw]
    openai_server.always("small", Reply(calls=(("Person", {"name": "Ada", "age": 36}),)))
    people += [list(llm.stream_structured_predict(Person, prompt))[-1]]
    people += [[each async for each in await llm.astream_structured_predict(Person, prompt)][-1]]

    assert people == [Person(name="Ada", age=36)] * 6
    assert {request.model for request in openai_server.asked()} == {"small"}


def test_without_function_calling_structured_output_is_asked_for_in_words(routed, openai_like, openai_server):
    """Where a tier has no function calling, the host's own program puts the schema into the prompt."""
    no_calls = {"is_function_calling_model": False}
    llm = routed({"small": openai_like("small", **no_calls), "top": openai_like("top", **no_calls)})
    openai_server.script("*", Reply('{"name": "Ada", "age": 36}'))

    assert llm.structured_predict(Person, PromptTemplate("Who is Ada?")) == Person(name="Ada", age=36)


def calls_of(llm: Any) -> Any:
    """The arguments that an LLM reads in a scripted call, or the class of what it raises."""
    response = llm.chat_with_tools(TOOLS, "Please add.")
    try:
        return [call.tool_kwargs for call in llm.get_tool_calls_from_response(response)]
    except Exception as error:
        return type(error)
