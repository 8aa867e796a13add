# %% [markdown]
# # LlamaIndex
#
# `Tierwise` is a LlamaIndex LLM made of several: wherever an LLM can stand, it can stand, and each call goes to the
# cheapest tier that will do it well. Nothing is called out here: the two models are LlamaIndex's own test doubles, which
# say what a script tells them. With real ones, only this cell changes:
#
#     from llama_index.llms.openai import OpenAI
#     llm = Tierwise(tiers={"small": OpenAI(model="gpt-4.1-nano"), "top": OpenAI(model="gpt-5.1")}, quality=0.95)

# %%
import asyncio

from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.instrumentation.dispatcher import instrument_tags
from llama_index.core.llms.mock import MockFunctionCallingLLM

from llama_index.llms.tierwise import Tierwise
from tierwise import Rule, Tier


def says(name):
    """A double that answers with its tier's name."""
    return MockFunctionCallingLLM(
        response_generator=lambda _messages, **_: ChatMessage(role="assistant", content=f"the {name} tier's words"),
        is_chat_model=True,
    )


# The doubles have no model name to be priced by, so the tiers say which models they stand for.
PRICED_AS = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
llm = Tierwise(tiers={"small": says("small"), "top": says("top")}, facts=PRICED_AS, quality=0.95)

# %% [markdown]
# The decision stands in the response: which tier, why, and what each would have cost.

# %%
for question in ("What are your opening hours?", "Prove that there are infinitely many primes."):
    response = llm.chat([ChatMessage(question)])
    decision = response.additional_kwargs["tierwise"]
    print(f"{decision['tier']:6} ${decision['usd']:.6f}  {response.message.content!r}: {decision['reasons'][0]}")

# %% [markdown]
# In a query engine it is the LLM like any other.

# %%
notes = [Document(text="The shop opens at nine. It is closed on Sundays."), Document(text="Returns: within 30 days.")]
index = VectorStoreIndex.from_documents(notes, embed_model=MockEmbedding(embed_dim=8))
print(index.as_query_engine(llm=llm).query("When does the shop open?"))  # an embedding double: finds both notes

# %% [markdown]
# In an agent every step is decided on its own; a rule may bound some of them. Agents pass no keywords on to their LLM;
# instrumentation tags reach it, and name the conversation and the user.


# %%
def find_order(number: str) -> str:
    """Finds an order by its number."""
    if number != "A-1":
        raise ValueError(f"Error: no order {number!r}; numbers look like A-1")
    return "2 x lamp"


def look_up_price(item: str) -> float:
    """Looks up the price of an item, in euros."""
    return {"lamp": 40.0}[item]


def multiply(a: float, b: float) -> float:
    """Multiplies two numbers."""
    return a * b


SCRIPT = [
    ("find_order", {"number": "1"}),  # fails: what to do about it is the next step's question
    ("find_order", {"number": "A-1"}),
    ("look_up_price", {"item": "lamp"}),
    ("multiply", {"a": 40.0, "b": 2.0}),
    "Order A-1 costs 80 euros.",
]
taken = []


def scripted(name):
    """A double that follows the script, whichever tier it stands for, and writes down that it was asked."""

    def answer(messages, **_):
        step = sum(message.role == "assistant" for message in messages)
        taken.append((name, SCRIPT[step]))
        if isinstance(SCRIPT[step], str):
            return ChatMessage(role="assistant", content=SCRIPT[step])
        tool, arguments = SCRIPT[step]
        call = ToolCallBlock(tool_call_id=f"call_{step}", tool_name=tool, tool_kwargs=arguments)
        return ChatMessage(role="assistant", blocks=[call])

    return MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)


agent_llm = Tierwise(
    tiers={"small": scripted("small"), "top": scripted("top")},
    facts=PRICED_AS,
    quality=0.85,
    rules=[Rule(name="careful after errors", kinds=["recovery"], at_least="top")],
)


async def main():
    """Runs the agent under a session's name."""
    agent = FunctionAgent(tools=[find_order, look_up_price, multiply], llm=agent_llm)
    with instrument_tags({"session_id": "desk-7", "user_id": "ada"}):
        return await agent.run("What does order 1 cost?")


answer = asyncio.run(main())
for tier, step in taken:
    print(f"{tier:6} {step}")
print(answer)
