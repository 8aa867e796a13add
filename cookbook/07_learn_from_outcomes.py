# %% [markdown]
# # Learn from outcomes
#
# Without your data, quality is estimated. Tell the router how answers turned out, and the levels of your models move at
# once; on which kinds of your traffic they differ is believed as far as steps left out bear it out. Here a made-up
# service grades two models on its contracts: the small one does much better than anyone could have guessed.

# %%
import random

from tierwise import Outcome, Router, Tier

TIERS = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
router = Router(TIERS, quality=0.95)
rng = random.Random(0)


def ask(i: int) -> list[dict]:
    return [{"role": "user", "content": f"Which clause of contract {i} is at odds with the purchase terms?"}]


def graded(i: int) -> list[Outcome]:
    p = {"small": 0.93, "top": 0.95}
    return [Outcome(tier, float(rng.random() < p[tier]), ask(i)) for tier in p]


before = router.start(ask(9_999)).decision
print("before", before.tier, {tier: round(p, 2) for tier, p in before.p_adequate.items()})

# %% Two hundred graded contracts
report = router.learn([outcome for i in range(200) for outcome in graded(i)])
print(f"{report.used} used")
for change in report.changes:
    print(f"{change.model:16} {change.kind:9} n {change.n:3}  {change.before:.2f} -> {change.after:.2f}")

after = router.start(ask(9_999)).decision
print("after ", after.tier, {tier: round(p, 2) for tier, p in after.p_adequate.items()})

# %% [markdown]
# Traffic that you name has levels of its own: say `traffic=` with an outcome and `metadata={"traffic": …}` with a step. Here
# the small model does badly on memos, and contracts keep the level they have.


# %%
def memo(i: int) -> list[dict]:
    return [{"role": "user", "content": f"Which sentence of memo {i} is at odds with the purchase terms?"}]


for i in range(60):
    scores = {"small": float(rng.random() < 0.3), "top": 1.0}
    router.learn([Outcome(tier, score, memo(i), traffic="memos") for tier, score in scores.items()])
print("memo  ", router.start(memo(9_999), metadata={"traffic": "memos"}).tier.name)

# %% [markdown]
# A thumb on a single answer works too: `router.feedback(decision.id, better=True)`. What was learned goes into one small
# file without any text: `router.save_learned("learned.npz")`, and `Router(TIERS, learned="learned.npz")` starts from it.
# With enough outcomes, `router.calibrate(outcomes, quality=0.95, delta=0.1)` turns the estimate into a guarantee, or says
# how many are missing.

# %%
print("thumb taken:", router.feedback(after.id, better=True))
found = router.calibrate([outcome for i in range(200, 230) for outcome in graded(i)], quality=0.95, delta=0.1)
print("promise:", found.promise, "- outcomes missing:", found.missing)
