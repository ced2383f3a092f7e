"""Changes are merged within a turn of the loop, told in order, after the commit, and to everyone who listens."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.client import changes
from app.client.changes import (
    Change,
    ConnectionChanged,
    ContactsChanged,
    ConversationsChanged,
    DeliveryChanged,
    DevicesChanged,
    Hub,
    MessagesChanged,
    OutboxChanged,
    ReceiptsDue,
    SettingsChanged,
    TypingChanged,
)
from app.storage.transaction import Tx
from tests.client.room import opened

NAMES = st.frozensets(st.sampled_from([b"a", b"b", b"c"]))
ROWS = st.frozensets(st.integers(1, 5))
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(MessagesChanged, st.sampled_from([b"a", b"b"]), ROWS, ROWS, ROWS),
    st.builds(ConversationsChanged, NAMES),
    st.builds(ContactsChanged, NAMES),
    st.builds(DeliveryChanged, NAMES),
    st.builds(OutboxChanged, NAMES),
    st.builds(ReceiptsDue, NAMES),
    st.builds(TypingChanged, st.sampled_from([b"a", b"b"])),
    st.just(ConnectionChanged()),
    st.builds(SettingsChanged, st.frozensets(st.sampled_from(["theme", "region"]))),
    st.just(DevicesChanged()),
)


def facts(told: list[Change]) -> set[object]:
    """Everything a list of changes says, however it is packed."""
    found: set[object] = set()
    for change in told:
        match change:
            case MessagesChanged():
                for name in ("rows", "added", "removed"):
                    found |= {(name, change.conversation, row) for row in getattr(change, name)}
            case TypingChanged():
                found.add((TypingChanged, change.conversation))
            case ConnectionChanged() | DevicesChanged():
                found.add(type(change))
            case _:
                [names] = (getattr(change, name) for name in change.__slots__)
                found |= {(type(change), name) for name in names}
    return found


def key(change: Change) -> object:
    return type(change), getattr(change, "conversation", None)


@given(st.lists(CHANGES, max_size=12))
def test_merging_says_the_same_with_one_change_of_a_kind(told: list[Change]) -> None:
    merged = changes.merge(told)
    assert facts(merged) == facts(told)
    keys = [key(change) for change in merged]
    assert keys == list(dict.fromkeys(key(change) for change in told))


async def turn() -> None:
    """Let the loop come round once."""
    await asyncio.sleep(0)


async def test_what_is_published_in_one_turn_is_told_once_at_its_end() -> None:
    hub, heard = Hub(), list[Change]()
    hub.subscribe(heard.append)
    hub.publish([ContactsChanged(frozenset({b"a"}))])
    hub.publish([TypingChanged(b"x"), ContactsChanged(frozenset({b"b"}))])
    assert heard == []
    await turn()
    assert heard == [ContactsChanged(frozenset({b"a", b"b"})), TypingChanged(b"x")]
    hub.publish([])
    await turn()
    assert len(heard) == 2


async def test_a_listener_that_publishes_is_told_in_the_next_turn() -> None:
    hub, heard = Hub(), list[Change]()

    def answer(change: Change) -> None:
        heard.append(change)
        if len(heard) == 1:
            hub.publish([DevicesChanged()])

    hub.subscribe(answer)
    hub.publish([ConnectionChanged()])
    await turn()
    assert heard == [ConnectionChanged()]
    await turn()
    assert heard == [ConnectionChanged(), DevicesChanged()]


async def test_listeners_come_and_go_even_while_being_told() -> None:
    hub, one, two = Hub(), list[Change](), list[Change]()

    def once(change: Change) -> None:
        one.append(change)
        hub.unsubscribe(once)
        hub.unsubscribe(once)  # twice is no error

    hub.subscribe(once)
    with hub.listening(two.append):
        for _ in range(2):
            hub.publish([ConnectionChanged()])
            await turn()
    hub.publish([ConnectionChanged()])
    await turn()
    assert (len(one), len(two)) == (1, 2)


async def test_a_change_is_told_after_its_commit_and_before_its_writer_goes_on(profile: Path) -> None:
    async with opened(profile) as room:
        heard: list[Change] = []
        room.hub.subscribe(heard.append)
        bob = await room.meet()
        assert heard == [ContactsChanged(frozenset({bob})), ConversationsChanged(frozenset({bob}))]


async def test_what_was_taken_back_is_never_told(profile: Path) -> None:
    async with opened(profile) as room:
        heard: list[Change] = []
        room.hub.subscribe(heard.append)

        def fail(tx: Tx) -> None:
            tx.note(ConnectionChanged())
            raise LookupError

        try:
            await room.database.write(fail)
        except LookupError:
            await turn()
        assert heard == []


async def test_one_that_raises_keeps_nobody_from_hearing() -> None:
    loop, reported = asyncio.get_running_loop(), list[str]()
    loop.set_exception_handler(lambda _, context: reported.append(repr(context["exception"])))
    hub, before, after = Hub(), list[Change](), list[Change]()

    def raising(change: Change) -> None:
        raise ValueError(type(change).__name__)

    for listener in (before.append, raising, after.append):
        hub.subscribe(listener)
    told = [OutboxChanged(frozenset({b"a"})), ReceiptsDue(frozenset({b"b"}))]
    hub.publish(told)
    while len(after) < len(told):
        await asyncio.sleep(0)
    assert before == after == told
    assert reported == ["ValueError('OutboxChanged')", "ValueError('ReceiptsDue')"]
