# %% [markdown]
# # Answers without a model
#
# What is asked every day has an answer already. A tier may have a handler in the place of a model: it answers what it is
# sure of, at no cost, and leaves everything else to the tiers with a model.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

from tierwise import Abstention, Reply, Router, Tier
from tierwise.handlers.entities import Entities
from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.rules import ReplyRule, Rules
from tierwise.handlers.sentiment import Sentiment
from tierwise.handlers.tool_args import ToolArgs

faq = FAQ(
    [
        Entry(
            "returns",
            ("What is your return policy?", "How do I return an item?", "Can I send something back?"),
            "You can return unused items within 30 days of delivery.",
        ),
        Entry("hours", ("What are your opening hours?", "When are you open?"), "Monday to Saturday, 9:00 to 18:00."),
    ]
)
models = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
router = Router([Tier("faq", handler=faq), *models])


def ask(router: Router, text: str, **facts: object) -> None:
    plan = router.start([{"role": "user", "content": text}], **facts)
    print(text)
    if plan.answer is None:
        print(f"  -> {plan.tier.name}, a model")
    else:
        said = plan.answer.message
        print(f"  -> {plan.tier.name}: {said.get('content') or said['tool_calls'][0]['function']}")
    for reason in plan.decision.reasons:
        if "abstained" in reason or "answers from" in reason:
            print("    ", reason)


# %% [markdown]
# A near miss goes up: every word that says something must stand in the entry. So does a stale entry (`valid_until`), a
# second question, a negation, a question that leans on what was said before, and any step inside a tool loop.

# %%
for text in (
    "Hi! How can I return an item?",
    "What is your return policy for wedding items?",
    "Can I return an item without a receipt?",
    "What are your opening hours, and do you have parking?",
):
    ask(router, text)

# %% [markdown]
# The other handlers: whole messages by pattern, entities (all or none), sentiment where it is plain, and the call of a tool
# whose arguments stand in the request. They are asked in the order given.

# %%
TRACK = {
    "type": "function",
    "function": {
        "name": "track_order",
        "description": "Where an order is.",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    },
}
router = Router(
    [
        Tier("commands", handler=Rules([ReplyRule("ping", "/ping", reply="pong")])),
        Tier("finds", handler=Entities()),
        Tier("feelings", handler=Sentiment()),
        Tier("calls", handler=ToolArgs()),
        *models,
    ]
)
ask(router, "/ping")
ask(router, "Extract all email addresses from this text: write to ada@example.org or bob@example.org.")
ask(router, "Extract all email addresses from this text: write to ada at example dot org or bob@example.org.")
ask(router, "Classify the sentiment of this review as positive or negative: Excellent food and very friendly staff!")
ask(router, "Please track order 81723", tools=[TRACK])
ask(router, "Please track order 81723 and cancel it", tools=[TRACK])

# %% [markdown]
# A handler of your own is any object with `handle(step, reading)`. If it raises, it has abstained, with one warning.


# %%
class Stock:
    """Knows what is in the warehouse, without asking anybody."""

    def handle(self, step, reading):
        words = reading.task.lower().strip(" ?").split()
        if words[:3] != ["how", "many", "lamps"]:
            return Abstention("not about stock")
        return Reply("warehouse.db#lamps", 1.0, "We have 12 lamps.")


ask(Router([Tier("stock", handler=Stock()), *models]), "How many lamps do you have?")

# %% [markdown]
# In a `tierwise.yaml`, which all hosts read: `ChatTierwise.from_yaml`, `Tierwise.from_yaml`, `litellm_tierwise.register`.
# With LangChain and LlamaIndex a handler may also stand among the models: `ChatTierwise({"faq": faq, "small": …})`.

# %%
with TemporaryDirectory() as folder:
    Path(folder, "faq.yaml").write_text(
        "entries:\n"
        "  - id: returns\n"
        "    questions: ['What is your return policy?']\n"
        "    answer: Within 30 days.\n"
        "    valid_until: 2099-12-31\n"
    )
    Path(folder, "tierwise.yaml").write_text(
        "tiers:\n"
        "  - {name: faq, handler: {kind: faq, path: faq.yaml}}\n"
        "  - {name: small, model: gpt-4.1-nano}\n"
        "  - {name: top, model: claude-opus-4-6}\n"
    )
    ask(Router.from_yaml(folder), "What is your return policy?")

# %% [markdown]
# A floor, a rule or trouble in the last steps asks for a model; then handlers stay out. So they do under
# `TIERWISE_FORCE_TIER`; in shadow mode they only say what they would have said.

# %%
decision = router.start([{"role": "user", "content": "/ping"}], floor="small").decision
print(decision.tier, "-", decision.reasons)

# %% [markdown]
# Is an answer wrong, say so: feedback counts for the source of the answer, and after two bad grades (or four thumbs down)
# nothing is answered from it any more. `handler_stats` also tells how often a handler was asked, answered or failed, and
# how long it took.

# %%
desk = Router([Tier("faq", handler=faq), *models])
for _ in range(2):
    decision = desk.start([{"role": "user", "content": "When are you open?"}]).decision
    desk.feedback(decision.id, score=0)
ask(desk, "When are you open?")
print(desk.handler_stats()["faq"].set_aside)
