"""Whose step is this? Conversations known by id, by prefix, by user."""

from __future__ import annotations

from collections.abc import Sequence

from tierwise.conversation.identity import prefix_chain
from tierwise.conversation.memory import Conversations
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.testing import check_state_store
from tierwise.types import Message, Step

SYSTEM: Message = {"role": "system", "content": "You help."}
ASK: Message = {"role": "user", "content": "Book a flight."}
CALL: Message = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{}"}}],
}
RESULT: Message = {"role": "tool", "tool_call_id": "c1", "content": "three flights"}


def conversation_of(store: MemoryStore, messages: Sequence[Message], **facts: str) -> str:
    return Conversations(store).locate(Step(messages, **facts)).conversation_id  # type: ignore[arg-type]


def test_a_growing_history_is_one_conversation():
    """An agent loop that re-sends its history is recognised without any id."""
    store = MemoryStore()

    first = conversation_of(store, [SYSTEM, ASK])
    second = conversation_of(store, [SYSTEM, ASK, CALL, RESULT])

    assert first == second


def test_a_shared_system_prompt_alone_names_no_conversation():
    """Two users of one application share the system prompt and nothing else."""
    store = MemoryStore()

    first = conversation_of(store, [SYSTEM, ASK])
    second = conversation_of(store, [SYSTEM, {"role": "user", "content": "Cancel it."}])

    assert first != second


def test_equal_openings_of_two_users_never_meet():
    """The chain begins with the user's scope."""
    store = MemoryStore()

    assert conversation_of(store, [ASK], user="ann") != conversation_of(store, [ASK], user="ben")


def test_equal_host_ids_of_two_users_never_meet():
    """What is stored for one user's thread is not found by another's of the same name."""
    store = MemoryStore()
    ann = Conversations(store).locate(Step([ASK], conversation_id="thread-1", user="ann"))
    ben = Conversations(store).locate(Step([ASK], conversation_id="thread-1", user="ben"))

    assert ann.tip != ben.tip
    assert store.find([ann.tip]) == ann


def test_a_branch_becomes_its_own_conversation():
    """A history that leaves the newest one behind forks off, and the main line goes on."""
    store = MemoryStore()
    main = conversation_of(store, [ASK])
    assert conversation_of(store, [ASK, CALL, RESULT]) == main

    branch = conversation_of(store, [ASK, {"role": "assistant", "content": "Where to?"}])

    assert branch != main
    assert conversation_of(store, [ASK, CALL, RESULT, {"role": "user", "content": "and back?"}]) == main


def test_an_explicit_id_wins_over_the_messages():
    """The host's thread id names the conversation whatever the messages say."""
    store = MemoryStore()

    assert conversation_of(store, [ASK], conversation_id="t") == "t"
    assert conversation_of(store, [RESULT], conversation_id="t") == "t"


def test_an_edited_message_changes_every_later_prefix():
    """In-place mutation of an old message is noticed."""
    before = prefix_chain([ASK, CALL, RESULT])
    after = prefix_chain([{**ASK, "content": "Book a train."}, CALL, RESULT])

    assert not set(before) & set(after)


def test_content_that_no_json_can_hold_does_not_break_the_chain():
    """Odd objects, cycles and broken surrogates in content still give a prefix."""
    cycle: list[object] = []
    cycle.append(cycle)
    odd = [
        {"role": "user", "content": cycle},
        {"role": "user", "content": "\ud800"},
        {"role": "user", "content": {1, 2}},
    ]

    assert len(prefix_chain(odd)) == 3


def test_the_memory_store_keeps_the_contract():
    """The store passes the check that any store must pass."""
    check_state_store(MemoryStore())


def test_the_memory_store_is_bounded_and_forgets_the_oldest_first():
    """Ten thousand conversations in a store of a hundred leave at most a hundred."""
    store = MemoryStore(max_prefixes=100)

    for i in range(10_000):
        conversation_of(store, [{"role": "user", "content": f"question {i}"}])

    assert len(store) == 100
    assert store.find(prefix_chain([{"role": "user", "content": "question 9999"}])) is not None
    assert store.find(prefix_chain([{"role": "user", "content": "question 0"}])) is None


def test_forgetting_removes_every_prefix():
    """After `forget` nothing leads to the conversation any more."""
    store = MemoryStore()
    key = conversation_of(store, [ASK])
    conversation_of(store, [ASK, CALL, RESULT])

    store.forget(key)

    assert store.find(prefix_chain([ASK, CALL, RESULT])) is None
    assert len(store) == 0


def test_parallel_sub_agents_of_one_opening_are_their_own_conversations_from_their_first_difference():
    """Side by side, each goes on where it stood; what one of them has spent is not put down to the other."""
    store = MemoryStore()
    names: list[list[str]] = [[], []]
    histories: list[list[Message]] = [[SYSTEM, ASK], [SYSTEM, ASK]]
    for turn in range(5):
        for agent, history in enumerate(histories):
            names[agent].append(conversation_of(store, history))
            history.append({"role": "assistant", "content": f"agent {agent} looks at page {turn}"})
            history.append({"role": "user", "content": "go on"})

    assert names[0][0] == names[1][0]  # until they differ, nobody can tell them apart
    assert len(set(names[0][1:])) == len(set(names[1][1:])) == 1
    assert names[0][1] != names[1][1]


def test_parallel_sub_agents_with_tasks_of_their_own_never_meet():
    """A shared system prompt and shared tools are no shared conversation."""
    store = MemoryStore()
    tasks = [{"role": "user", "content": f"Read chapter {i}."} for i in range(20)]

    first = [conversation_of(store, [SYSTEM, task]) for task in tasks]
    second = [conversation_of(store, [SYSTEM, task, CALL, RESULT]) for task in reversed(tasks)]

    assert len(set(first)) == 20
    assert second == first[::-1]


def test_an_edited_history_forks():
    """Whoever changes an older message and sends the list again has left the conversation, and the first one goes on."""
    store = MemoryStore()
    history = [SYSTEM, ASK, CALL, RESULT]
    main = [conversation_of(store, history[:end]) for end in (2, 4)]
    edited = [SYSTEM, ASK, CALL, {**RESULT, "content": "no flights"}]

    fork = conversation_of(store, edited)

    assert len({*main, fork}) == 2
    assert conversation_of(store, [*history, {"role": "user", "content": "and back?"}]) == main[0]
    assert conversation_of(store, [*edited, {"role": "user", "content": "and a train?"}]) == fork
