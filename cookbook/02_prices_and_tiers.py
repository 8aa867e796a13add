# %% [markdown]
# # Prices and tiers
#
# A tier is a model and its price. What you leave out is found in the bundled catalogue; what you give wins.

# %%
from tierwise import Router, Rule, Tier
from tierwise.errors import UnknownModel

listed = Tier("small", model="gpt-4.1-nano")
own = Tier(
    "own", model="our-finetune-7b", prices={"input": 0.05, "output": 0.15}, context_tokens=32_000, latency_ms=400
)
top = Tier("top", model="claude-opus-4-6")
for tier in (listed, own, top):
    print(
        f"{tier.name:6} {tier.prices.usd_per_mtok_in:>6} in {tier.prices.usd_per_mtok_out:>6} out   {tier.price_source}"
    )

# %% [markdown]
# An unknown model without a price is an error that says what to do.

# %%
try:
    Tier("small", model="gpt-4.1-nanoo")
except UnknownModel as error:
    print(error)

# %% [markdown]
# Any number of tiers. Their order does not matter: strength is estimated. Quality, bounds and rules are settings of the
# router, or of one step.

# %%
router = Router(
    [top, listed, own], quality=0.9, rules=[Rule(name="careful after errors", kinds=["recovery"], at_least="top")]
)
print([tier.name for tier in router.tiers], "weakest first")

question = [{"role": "user", "content": "Compare the two contracts clause by clause and find every contradiction."}]
for quality in (0.7, 0.9, 0.99, 1.0):
    print(f"quality {quality:<5}", router.start(question, quality=quality).tier.name)
print("ceiling own  ", router.start(question, ceiling="own").tier.name)
