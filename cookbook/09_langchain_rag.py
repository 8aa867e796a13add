# %% [markdown]
# # A chain over documents
#
# Prompt | model | parser: `ChatTierwise` is one link, and every call is decided on what the chain has put together,
# documents and all. The models here are doubles that answer with their tier's name; with real ones, only they change.

# %%
import math
import re

from langchain_core.embeddings import Embeddings
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_tierwise import ChatTierwise
from tierwise import Tier

NOTES = [
    "The shop opens at nine and closes at six.",
    "Returns are taken within 30 days, with the receipt.",
    "Lamps have a guarantee of two years.",
]


class Words(Embeddings):
    """Vectors by shared words: enough for three notes. Take a real embedding model for more."""

    def embed_query(self, text):
        """One dimension a word of the notes."""
        told = set(re.findall(r"\w+", text.lower()))
        return [1.0 if word in told else 1e-9 for word in sorted(set(re.findall(r"\w+", " ".join(NOTES).lower())))]

    def embed_documents(self, texts):
        """The same, scaled to length one."""
        rows = [self.embed_query(text) for text in texts]
        return [[x / math.hypot(*row) for x in row] for row in rows]


def double(name):
    """Answers with its tier's name."""
    return GenericFakeChatModel(messages=iter(lambda: AIMessage(f"the {name} tier's words"), None))


facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
model = ChatTierwise({"small": double("small"), "top": double("top")}, facts=facts, quality=0.95)

# %% [markdown]
# The chain. Its answer is a text; the decision is with the model's message, for those who ask for that too.

# %%
retriever = InMemoryVectorStore.from_texts(NOTES, Words()).as_retriever(search_kwargs={"k": 1})
prompt = ChatPromptTemplate.from_messages([("system", "Answer from these notes: {notes}"), ("human", "{question}")])


def joined(documents):
    """The documents' text."""
    return "\n".join(document.page_content for document in documents)


chain = {"notes": retriever | joined, "question": RunnablePassthrough()} | prompt | model
print((chain | StrOutputParser()).invoke("When does the shop open?"))
print("".join((chain | StrOutputParser()).stream("When does the shop close?")))

# %% [markdown]
# Two branches at once: each call is a step of its own.

# %%
both = RunnableParallel(easy=chain, hard=lambda question: chain.invoke(f"Prove that no answer is right: {question}"))
for name, message in both.invoke("How long is the guarantee of lamps?").items():
    print(f"{name}: {message.response_metadata['tierwise']['tier']}")
