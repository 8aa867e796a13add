# %% [markdown]
# # Structured output
#
# A form is asked for by the method that the chosen tier's own package thinks best. An answer that does not parse is
# unusable: it is tried again, once, one tier up, and both calls are counted. Nothing is called out: the models are doubles,
# of which the small one leaves a field out.

# %%
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from langchain_tierwise import ChatTierwise
from tierwise import Tier


class Double(GenericFakeChatModel):
    """Stands for a paid model: calls the form's tool with what it has ready."""

    form: dict

    def bind_tools(self, tools, **_):
        """A double that calls the first tool."""
        call = {"id": "call_1", "name": tools[0].__name__, "args": self.form}
        return Double(messages=iter(lambda: AIMessage("", tool_calls=[call]), None), form=self.form)


class Line(BaseModel):
    """A line of an order."""

    item: str
    count: int


tiers = {
    "small": Double(messages=iter(()), form={"item": "lamp"}),
    "top": Double(messages=iter(()), form={"item": "lamp", "count": 2}),
}
facts = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
model = ChatTierwise(tiers, facts=facts, quality=0.95)

# %% [markdown]
# The parsed form is what comes out, as with any chat model.

# %%
print(model.with_structured_output(Line).invoke("Two lamps, please."))

# %% [markdown]
# With `include_raw` the message comes along, and on it the decision with both attempts.

# %%
result = model.with_structured_output(Line, include_raw=True).invoke("Two lamps, please.")
for attempt in result["raw"].response_metadata["tierwise"]["attempts"]:
    print(f"{attempt['tier']:6} {attempt['fault'] or 'good'}")
