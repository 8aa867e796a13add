# %% [markdown]
# # A LangChain agent, routed step by step
#
# Two ways: `ChatTierwise` is a chat model made of several, and stands wherever one can; `TierwiseMiddleware` chooses the
# model of each step of `create_agent`, before tools are bound to it. Nothing is called out here: the two models are
# doubles that say what a script tells them. With real ones, only this changes:
#
#     tiers = {"small": ChatOpenAI(model="gpt-4.1-nano"), "top": ChatAnthropic(model="claude-opus-4-6")}

# %%
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise import Rule, Tier

SCRIPT = [
    ("find_order", {"number": "1"}),  # fails: what to do about it is the next step's question
    ("find_order", {"number": "A-1"}),
    ("look_up_price", {"item": "lamp"}),
    ("multiply", {"a": 40.0, "b": 2.0}),
    "Order A-1 costs 80 euros.",
]


class Double(GenericFakeChatModel):
    """Follows the script, whichever tier it stands for."""

    def bind_tools(self, tools, **kwargs):
        """Takes any tools."""
        return self.bind(tools=tools, **kwargs)


def tiers():
    """Two doubles that read from one script."""
    moves = iter(
        AIMessage(move if isinstance(move, str) else "", tool_calls=[] if isinstance(move, str) else [call(i, *move)])
        for i, move in enumerate(SCRIPT)
    )
    return {"small": Double(messages=moves), "top": Double(messages=moves)}


def call(number, name, arguments):
    """A tool call, as LangChain writes it."""
    return {"id": f"call_{number}", "name": name, "args": arguments}


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
# As a model, then as a middleware: the same decisions. The doubles have no model name to be priced by, so `facts` says
# which models they stand for; a rule sends what follows an error to the top.

# %%
facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
careful = Rule(name="careful after errors", kinds=["recovery"], at_least="top")
settings = {"facts": facts, "quality": 0.85, "rules": [careful]}
tools = [find_order, look_up_price, multiply]
as_model = create_agent(ChatTierwise(tiers(), **settings), tools)
doubles = tiers()
as_middleware = create_agent(doubles["top"], tools, middleware=[TierwiseMiddleware(doubles, **settings)])

for agent in (as_model, as_middleware):
    messages = agent.invoke({"messages": [{"role": "user", "content": "What does order 1 cost?"}]})["messages"]
    for message in messages:
        if isinstance(message, AIMessage):
            decision = message.response_metadata["tierwise"]
            said = message.tool_calls[0]["name"] if message.tool_calls else message.text
            print(f"{decision['tier']:6} {decision['kind']:10} {said}")
    print()
