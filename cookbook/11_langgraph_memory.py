# %% [markdown]
# # LangGraph with memory
#
# LangGraph keeps a thread's messages, decisions and all; the thread's id is the conversation's, so that tierwise knows what
# the thread's last tier holds in its prompt cache. Going back in time is deciding anew, on the history of that moment. The
# models are doubles that answer with their tier's name; with real ones, only they change.

# %%
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from langchain_tierwise import ChatTierwise
from tierwise import Tier


def double(name):
    """Answers with its tier's name."""
    return GenericFakeChatModel(messages=iter(lambda: AIMessage(f"the {name} tier's words"), None))


facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
model = ChatTierwise({"small": double("small"), "top": double("top")}, facts=facts, quality=0.95)

graph = StateGraph(MessagesState).add_node("say", lambda state: {"messages": [model.invoke(state["messages"])]})
app = graph.add_edge(START, "say").compile(checkpointer=InMemorySaver())
thread = {"configurable": {"thread_id": "desk-7"}}

# %%
for asked in ("What are your opening hours?", "Prove that there are infinitely many primes.", "thanks"):
    message = app.invoke({"messages": [HumanMessage(asked)]}, thread)["messages"][-1]
    decision = message.response_metadata["tierwise"]
    print(f"{decision['conversation_id']} {decision['tier']:6} {asked}")

# %% [markdown]
# Back to where the first answer had been given, and on from there.

# %%
past = next(state for state in app.get_state_history(thread) if len(state.values["messages"]) == 2)
fork = app.invoke({"messages": [HumanMessage("Thank you!")]}, past.config)["messages"]
print([message.type for message in fork], fork[-1].response_metadata["tierwise"]["tier"])
