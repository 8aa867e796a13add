"""What ChatTierwise adds to a call, beside a bare dispatcher around the same fake model, in one run.

    python tests/benchmarks/bench_langchain.py [--calls N] [--messages N N ...]

The bare dispatcher is the loop that anybody would write by hand: the core decides on a history that is in OpenAI form
already, the tier is called at Runnable level, the core hears the answer, one key is written on the message. Ours also
translates the history; that is timed apart and taken off in the last line. The classifier of these two is a fake, since what
a decision costs is `bench_decision.py`'s business; "deciding for real" is ChatTierwise as users have it, with the packaged
classifier and encoder. The peers decide for real, too: cascadeflow (its draft accepted, so that it calls one model as all
others do) and langchain-model-router. Where they are absent they are said to be; `make bench-peers` fetches them into
`.peers`, beside the environment, and runs this file with them.

All take turns call by call, in an order drawn anew each time (whoever follows its like finds caches warm: in a fixed order
ours looked faster than the bare loop), and what is compared is the lower fifth of the times, so that a busy machine spoils
little. Milliseconds; ratios hold between machines, times do not.

Found (--calls 600, load 18 on two cores, langchain-core 1.7.2, cascadeflow 1.2.0, langchain-model-router 0.1.0), in times of
the bare dispatcher's 0.53 ms at 2 messages and 2.5 ms at 41, all of them new: ChatTierwise 1.18 and 1.18 (1.14 without
translation), deciding for real 1.9 and 2.9, cascadeflow 13.7 and 7.8, langchain-model-router 1.0 and 0.25.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from langchain_tierwise import ChatTierwise
from langchain_tierwise.messages import to_openai
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.types import Answer

Call: TypeAlias = Callable[[list[BaseMessage], list[dict[str, Any]]], Any]
"""Takes a history twice: LangChain's messages, and the same in OpenAI form."""

PRICES = {"small": (0.1, 0.4), "top": (2.0, 8.0)}
BARE, OURS = "bare dispatcher", "ChatTierwise"
PEERS = ("cascadeflow", "langchain-model-router")


def history(messages: int) -> list[BaseMessage]:
    """A tool loop of so many messages."""
    asked: list[BaseMessage] = [HumanMessage("Find the cheapest delivery for order 17 and tell me when it arrives.")]
    while len(asked) < messages:
        call = {"id": f"call_{len(asked)}", "name": "find_order", "args": {"order_id": str(len(asked))}}
        asked += [AIMessage("", tool_calls=[call]), ToolMessage("delivered on Monday", tool_call_id=call["id"])]
    return asked[:messages]


def bare_dispatcher(tiers: dict[str, Any], router: Router) -> Call:
    """The least that a router does around a model."""

    def call(messages: list[BaseMessage], ready: list[dict[str, Any]]) -> Any:
        plan = router.start(ready)
        message = tiers[plan.tier.name].invoke(messages, {"metadata": {"tier": plan.tier.name}})
        plan = plan.after(Answer({"role": "assistant", "content": message.content}))
        noted = {**message.response_metadata, "tierwise": plan.decision.to_dict()}
        return message.model_copy(update={"response_metadata": noted})

    return call


class Named(FakeListChatModel):
    """A fake with a name that price tables know: peers complain at every call otherwise."""

    model_name: str = "gpt-4o-mini"


def peers(model: Any) -> Iterator[tuple[str, Call]]:
    """Other routers around the same model, where they are installed."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # cascadeflow imports litellm where it finds it
    if importlib.util.find_spec("cascadeflow") is not None:
        from cascadeflow.integrations.langchain.wrapper import CascadeFlow

        cascade = CascadeFlow(drafter=model, verifier=model, quality_threshold=0.0)
        yield "cascadeflow", lambda messages, _: cascade.invoke(messages)
    if importlib.util.find_spec("langchain_model_router") is not None:
        from langchain_model_router import ChatRouter, HeuristicStrategy

        routes = {"small": model, "large": model}
        router = ChatRouter(routes=routes, default_route="small", strategy=HeuristicStrategy("small", "large"))
        yield "langchain-model-router", lambda messages, _: router.invoke(messages)


def timed(calls: dict[str, Call], messages: list[BaseMessage], rounds: int) -> dict[str, float]:
    """The lower fifth of each call's times; each call has a history of its own, so that nothing is remembered."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    turns = random.Random(0)
    for i in range(rounds):
        for name, call in turns.sample(list(calls.items()), len(calls)):  # whoever follows its like finds caches warm
            asked = [HumanMessage(f"Case {i} of {name}."), *messages]
            ready = to_openai(asked)
            began = time.perf_counter()
            call(asked, ready)
            times[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.quantiles(found[rounds // 10 :], n=5)[0] for name, found in times.items()}


def contenders() -> dict[str, Call]:
    """What is timed, by name."""
    model = Named(responses=["ok"])
    tiers = {"small": model, "top": model}
    ours = ChatTierwise(tiers, prices=PRICES, classifier=FakeClassifier({"small": 0.95, "top": 0.96}), embedder=None)
    real = ChatTierwise(tiers, prices=PRICES, quality=0.95)
    return {
        "the model itself": lambda messages, _: model.invoke(messages),
        "translation alone": lambda messages, _: to_openai(messages),
        BARE: bare_dispatcher(tiers, ours.router),
        OURS: lambda messages, _: ours.invoke(messages),
        "… deciding for real": lambda messages, _: real.invoke(messages),
        **dict(peers(model)),
    }


def main() -> None:
    """Prints a table for each length of history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--messages", type=int, nargs="+", default=[1, 40])
    arguments = parser.parse_args()
    calls = contenders()
    absent = [name for name in PEERS if name not in calls]
    if absent:
        print(f"absent: {', '.join(absent)} (make bench-peers fetches them)")
    for length in arguments.messages:
        found = timed(calls, history(length), arguments.calls)
        bare, translation = found[BARE], found["translation alone"]
        print(f"{length + 1} messages, {arguments.calls} calls of each, lower fifths")
        for name, ms in found.items():
            print(f"{name:24s} {ms:8.3f} ms  {ms / bare:6.2f} x bare")
        print(f"{OURS} without translation: {(found[OURS] - translation) / bare:.2f} x bare\n")


if __name__ == "__main__":
    main()
