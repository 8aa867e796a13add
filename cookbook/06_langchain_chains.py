# %% [markdown]
# # Chains, forms and memory in LangChain
#
# A chat model made of several stands in a prompt | model | parser chain, gives structured output, and keeps a thread in
# LangGraph. The models here are doubles that answer with their tier's name; with real ones, only `tiers` changes.

# %%
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from langchain_tierwise import ChatTierwise
from tierwise import Tier


class Double(GenericFakeChatModel):
    """Stands for a paid model: answers with its words, or, asked for a form, with the arguments it has ready."""

    form: dict

    def bind_tools(self, tools, **_):
        """A double that calls the first tool."""
        call = {"id": "call_1", "name": tools[0].__name__, "args": self.form}
        return Double(messages=iter(lambda: AIMessage("", tool_calls=[call]), None), form=self.form)


def double(name, form):
    """Answers with its tier's name."""
    return Double(messages=iter(lambda: AIMessage(f"the {name} tier's words"), None), form=form)


tiers = {"small": double("small", {"item": "lamp"}), "top": double("top", {"item": "lamp", "count": 2})}
facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
model = ChatTierwise(tiers, facts=facts, quality=0.95)

# %% [markdown]
# A chain over documents: the model is one link, and every call is decided on what the chain has put together.

# %%
notes = {"open": "The shop opens at nine.", "return": "Returns are taken within 30 days."}
prompt = ChatPromptTemplate.from_messages([("system", "Answer from these notes: {notes}"), ("human", "{question}")])


def find_notes(question):
    """The notes that share a word with the question."""
    return [note for word, note in notes.items() if word in question]


chain = {"notes": find_notes, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
print(chain.invoke("When does the shop open?"))

# %% [markdown]
# A form. The small double leaves a field out; the answer does not parse, so the next tier is asked, once. Both attempts
# stand in the raw message.


# %%
class Line(BaseModel):
    """A line of an order."""

    item: str
    count: int


result = model.with_structured_output(Line, include_raw=True).invoke("Two lamps, please.")
print(result["parsed"])
for attempt in result["raw"].response_metadata["tierwise"]["attempts"]:
    print(f"  {attempt['tier']:6} {attempt['fault'] or 'good'}")

# %% [markdown]
# Memory: LangGraph keeps the messages, decisions and all; the thread's id is the conversation's.

# %%
graph = StateGraph(MessagesState).add_node("say", lambda state: {"messages": [model.invoke(state["messages"])]})
app = graph.add_edge(START, "say").compile(checkpointer=InMemorySaver())
thread = {"configurable": {"thread_id": "desk-7"}}
for asked in ("What are your opening hours?", "Prove that there are infinitely many primes.", "thanks"):
    message = app.invoke({"messages": [HumanMessage(asked)]}, thread)["messages"][-1]
    decision = message.response_metadata["tierwise"]
    print(f"{decision['conversation_id']} {decision['tier']:6} {asked}")
