# %% [markdown]
# # litellm: one line, and `tierwise/auto` is a model
#
# What you learn: how litellm users route every call, sync, async and streamed, and what they see of it.
# Runs offline: litellm's own mock answers. `python cookbook/04_litellm.py --real` calls OpenAI with your key.

# %% Set up: once, where the program begins
import asyncio
import os
import sys

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing litellm fetches a price list otherwise

import litellm

import litellm_tierwise
from tierwise import Tier

REAL = "--real" in sys.argv
TIERS = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="gpt-4.1")]
MOCK = {tier.name: {"mock_response": f"This is {tier.model}."} for tier in TIERS}

litellm_tierwise.register(TIERS, quality=0.95, litellm_params={} if REAL else MOCK)  # or: register("tierwise.yaml")

# %% An easy question and a hard one
EASY = [{"role": "user", "content": "Thanks, that is all!"}]
HARD = [
    {"role": "user", "content": "Prove that every finite integral domain is a field, then generalise the argument."}
]

for messages in (EASY, HARD):
    response = litellm.completion(model="tierwise/auto", messages=messages)
    decided = response._hidden_params["tierwise"]
    print(f"{decided['tier']:5} {response.choices[0].message.content[:60]!r}")
    print(f"      because {decided['reasons'][0]}")
    print(f"      billed ${response._hidden_params['response_cost']:.7f} as {response.model}")

# %% Bounds for one call: where a mistake would be dear, not below the top
response = litellm.completion(model="tierwise/auto", messages=EASY, tierwise={"floor": "top"})
print(response._hidden_params["tierwise"]["tier"])


# %% Async and streamed: the decision is there before the first chunk
async def stream() -> None:
    chunks = await litellm.acompletion(model="tierwise/auto", messages=EASY, stream=True)
    print(chunks._hidden_params["tierwise"]["tier"], end=": ")
    async for chunk in chunks:
        print(chunk.choices[0].delta.content or "", end="")
    print()


asyncio.run(stream())

# %% Several routers: each has a name
litellm_tierwise.register(TIERS, name="careful", quality=1.0, litellm_params={} if REAL else MOCK)
response = litellm.completion(model="tierwise/careful", messages=HARD)
print(response._hidden_params["tierwise"]["tier"])

# %% The proxy: see `cookbook/litellm_proxy/config.yaml`
