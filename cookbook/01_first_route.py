# %% [markdown]
# # First route
#
# Which tier takes a step, and why? Nothing is called here: the router decides, and you make the call.

# %%
from tierwise import Answer, Router, Tier, Usage

router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")], quality=0.95)

for question in ("What are your opening hours?", "Prove that there are infinitely many primes.", "thanks!"):
    decision = router.start([{"role": "user", "content": question}]).decision
    print(f"{decision.tier:6} {decision.kind:10} {decision.reasons[0]}")

# %% [markdown]
# A decision says how likely each tier is to do the step well, and what each would cost now.

# %%
for tier, p in decision.p_adequate.items():
    print(f"{tier:6} p_adequate {p:.2f}   ${decision.expected_usd[tier]:.6f}")

# %% [markdown]
# A plan is a decision being carried out. The loop below is all that an adapter does: an answer that nobody can go on with
# (here: empty) is tried again, once, one tier up. `call` is a stand-in for your client.


# %%
def call(model: str | None, messages: list[dict]) -> Answer:
    text = "" if model == "gpt-4.1-nano" else "We are open from 9 to 18."
    return Answer({"role": "assistant", "content": text}, usage=Usage(input=12 * len(messages), output=8))


plan = router.start([{"role": "user", "content": "What are your opening hours?"}])
while not plan.done:
    print("calling", plan.tier.name)
    plan = plan.after(call(plan.tier.model, plan.messages))
print(plan.answer.message["content"], f"(${plan.usd:.6f}, {len(plan.attempts)} calls)")
print(plan.decision.reasons[0])
