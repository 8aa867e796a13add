# %% [markdown]
# # A LangChain agent, routed step by step
#
# `ChatTierwise` is a chat model made of several, and stands wherever one can: here, in `create_agent`. Nothing is called
# out: the two models are doubles that say what a script tells them. With real ones, only this changes:
#
#     tiers = {"small": ChatOpenAI(model="gpt-4.1-nano"), "top": ChatAnthropic(model="claude-opus-4-6")}

# %%
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from langchain_tierwise import ChatTierwise
from tierwise import Rule, Tier


class Double(GenericFakeChatModel):
    """Follows the script, whichever tier it stands for."""

    def bind_tools(self, tools, **kwargs):
        """Takes any tools."""
        return self.bind(tools=tools, **kwargs)


def calls(index, name, **arguments):
    """A message that calls a tool."""
    return AIMessage("", tool_calls=[{"id": f"call_{index}", "name": name, "args": arguments}])


script = iter(
    [
        calls(1, "find_order", number="1"),  # fails: what to do about it is the next step's question
        calls(2, "find_order", number="A-1"),
        calls(3, "look_up_price", item="lamp"),
        calls(4, "multiply", a=40.0, b=2.0),
        AIMessage("Order A-1 costs 80 euros."),
    ]
)
tiers = {"small": Double(messages=script), "top": Double(messages=script)}

# %% [markdown]
# The tools of a small shop.


# %%
def find_order(number: str) -> str:
    """Finds an order by its number."""
    return "2 x lamp" if number == "A-1" else f"Error: no order {number!r}; numbers look like A-1"


def look_up_price(item: str) -> float:
    """Looks up the price of an item, in euros."""
    return {"lamp": 40.0}[item]


def multiply(a: float, b: float) -> float:
    """Multiplies two numbers."""
    return a * b


# %% [markdown]
# The doubles have no model name to be priced by, so `facts` says which models they stand for; a rule sends what follows an
# error to the top. Each answer carries its decision.

# %%
facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
careful = Rule(name="careful after errors", kinds=["recovery"], at_least="top")
model = ChatTierwise(tiers, facts=facts, quality=0.85, rules=[careful])
agent = create_agent(model, [find_order, look_up_price, multiply])

for message in agent.invoke({"messages": [{"role": "user", "content": "What does order 1 cost?"}]})["messages"]:
    if isinstance(message, AIMessage):
        decision = message.response_metadata["tierwise"]
        said = message.tool_calls[0]["name"] if message.tool_calls else message.text
        print(f"{decision['tier']:6} {decision['kind']:10} {said}")
