# %% [markdown]
# # The same routing as a middleware of `create_agent`
#
# `TierwiseMiddleware` chooses the model of each step before tools and response format are bound to it, so that each tier
# gets them in the form that suits it. It goes with LangChain's own middlewares, in any order: here one asks a person before
# money is sent, one takes addresses out. What a run has spent is kept in the run's own state.

# %%
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, PIIMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_tierwise import TierwiseMiddleware
from tierwise import Tier


class Double(GenericFakeChatModel):
    """Stands for a paid model: follows a script."""

    def bind_tools(self, tools, **kwargs):
        """Takes any tools."""
        return self.bind(tools=tools, **kwargs)


def refund(order: str) -> str:
    """Sends a customer's money back."""
    return f"order {order} is refunded"


call = {"id": "call_1", "name": "refund", "args": {"order": "A-1"}}
usage = {"input_tokens": 900, "output_tokens": 40, "total_tokens": 940}
script = iter(
    [
        AIMessage("", tool_calls=[call], usage_metadata=usage),
        AIMessage("Your money is on its way.", usage_metadata=usage),
    ]
)
tiers = {"small": Double(messages=script), "top": Double(messages=script)}
facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]

# %% [markdown]
# The agent has a model of its own, which is never called: each step goes to one of the tiers.

# %%
agent = create_agent(
    tiers["top"],
    [refund],
    middleware=[
        TierwiseMiddleware(tiers, facts=facts, quality=0.85),
        HumanInTheLoopMiddleware(interrupt_on={"refund": True}),
        PIIMiddleware("email", strategy="redact", apply_to_input=True),
    ],
    checkpointer=InMemorySaver(),
)
thread = {"configurable": {"thread_id": "desk-7"}}
asked = {"role": "user", "content": "Please refund order A-1. I am ada@example.org."}

paused = agent.invoke({"messages": [asked]}, thread)
print("a person is asked about", paused["__interrupt__"][0].value["action_requests"][0]["name"])
done = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), thread)

# %%
for message in done["messages"]:
    tier = message.response_metadata.get("tierwise", {}).get("tier", "")
    print(f"{message.type:6} {tier:6} {message.text or message.tool_calls[0]['name']}")
run = agent.get_state(thread).values["tierwise"]
print(f"{run['steps']} steps, ${run['usd']:.6f}")
