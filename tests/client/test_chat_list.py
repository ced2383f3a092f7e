"""The list of conversations: its order, its pages, its search, and that its diffs add up to what the store holds."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.client import changes, chat_list
from app.client.chat_list import ChatList, Entry
from app.client.diffs import Diff, Inserted, Removed, Replaced, Reset
from app.domain import delivery
from app.storage import chats, conversations, messages, people, recipients
from app.storage.transaction import Tx
from tests.client.room import ALICE, CAROL, MINUTE, NOON, Room, follow, opened
from tests.parts.examples import examples


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 4."""
    monkeypatch.setattr(chat_list, "PAGE", 4)


class Screen:
    """What a screen would show: the diffs, taken one after another."""

    def __init__(self) -> None:
        self.shown: list[Entry] = []
        self.told: list[tuple[Diff[Entry], ...]] = []

    def take(self, steps: Sequence[Diff[Entry]]) -> None:
        self.told.append(tuple(steps))
        follow(self.shown, steps)

    @property
    def titles(self) -> list[str]:
        return [entry.title.name for entry in self.shown]

    def last(self) -> tuple[Diff[Entry], ...]:
        """The newest diffs, once."""
        newest, self.told = self.told, []
        assert len(newest) == 1
        return newest[0]


@contextlib.asynccontextmanager
async def listed(
    room: Room, *, archived: bool = False, unread: bool = False, texts: bool = False
) -> AsyncIterator[tuple[ChatList, Screen]]:
    screen = Screen()
    found = ChatList(room.database, room.hub, screen.take, archived=archived, unread=unread, texts=texts)
    try:
        await found.open()
        screen.told.clear()
        yield found, screen
    finally:
        await found.close()


async def crowd(room: Room, count: int) -> list[bytes]:
    """People who wrote one after another, the first one longest ago."""
    people_met: list[bytes] = []
    for n in range(count):
        person = await room.meet(f"P{n}", bytes([n]) * 32)
        await room.say(person, NOON + n * MINUTE, f"from {n}")
        people_met.append(person)
    return people_met


# order and pages


async def test_the_most_recent_comes_first_and_pinned_ones_above(room: Room) -> None:
    [one, _, _] = await crowd(room, 3)
    async with listed(room) as (line, screen):
        assert screen.titles == ["P2", "P1", "P0"]
        assert [entry.preview for entry in screen.shown] == ["from 2", "from 1", "from 0"]
        await room.settle_conversation(one, lambda tx: conversations.set_pinned(tx, one, True))
        await line.settle()
        assert screen.titles == ["P0", "P2", "P1"]
        assert screen.last() == (Removed(2, 1), Inserted(0, (screen.shown[0],)))
        assert line.complete


async def test_pages_follow_each_other(room: Room, small: None) -> None:
    await crowd(room, 10)
    async with listed(room) as (line, screen):
        assert (screen.titles, line.complete) == (["P9", "P8", "P7", "P6"], False)
        await line.more()
        assert [type(step) for step in screen.last()] == [Inserted]
        await line.more()
        assert screen.titles == [f"P{n}" for n in reversed(range(10))]
        assert line.complete
        screen.told.clear()
        await line.more()
        assert screen.told == []


async def test_a_message_brings_a_conversation_up_even_from_below_what_is_loaded(room: Room, small: None) -> None:
    met = await crowd(room, 10)
    async with listed(room) as (line, screen):
        await room.say(met[0], NOON + 60 * MINUTE, "again")
        await line.settle()
        assert screen.titles == ["P0", "P9", "P8", "P7", "P6"]
        assert screen.last() == (Inserted(0, (screen.shown[0],)),)
        await room.say(met[8], NOON + 61 * MINUTE)
        await room.say(met[1], NOON - MINUTE, "late, and not the last")
        await line.settle()
        assert screen.titles == ["P8", "P0", "P9", "P7", "P6"]


async def test_a_list_whose_loaded_part_was_archived_shows_the_rest(room: Room, small: None) -> None:
    met = await crowd(room, 10)
    async with listed(room) as (line, screen), listed(room, archived=True) as (shelf, put_away):
        for person in met[5:]:
            await room.settle_conversation(person, lambda tx, who=person: conversations.set_archived(tx, who, True))
        await line.settle()
        await shelf.settle()
        assert screen.titles == ["P4", "P3", "P2", "P1"]
        assert put_away.titles == ["P9", "P8", "P7", "P6", "P5"]


async def test_a_page_read_while_one_moves_into_it_shows_it_once(room: Room, small: None) -> None:
    """The page is read from a store that is ahead of the list."""
    met = await crowd(room, 10)
    await room.settle_conversation(met[3], lambda tx: conversations.set_pinned(tx, met[3], True))
    async with listed(room) as (line, screen):
        assert screen.titles == ["P3", "P9", "P8", "P7"]
        await room.settle_conversation(met[3], lambda tx: conversations.set_pinned(tx, met[3], False))
        await line.more()
        assert screen.titles == ["P9", "P8", "P7", "P6", "P5", "P4", "P3"]


async def test_the_end_is_told_even_when_nothing_more_came(room: Room, small: None) -> None:
    met = await crowd(room, 5)
    async with listed(room) as (line, screen):
        await room.settle_conversation(met[0], lambda tx: conversations.set_archived(tx, met[0], True))
        await line.settle()
        assert not line.complete
        await line.more()
        assert line.complete
        assert screen.last() == ()


# what an entry says


async def test_unread_counts_and_goes(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON)
    async with listed(room) as (line, screen):
        await room.say(bob, NOON + 1)
        await line.settle()
        assert screen.shown[0].unread == 2
        await room.mark_read(bob, row)
        await line.settle()
        assert screen.shown[0].unread == 1
        assert [type(step) for told in screen.told for step in told] == [Replaced, Replaced]


async def test_the_preview_is_what_is_shown_now_in_one_line(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "one\ntwo\u202e")
    async with listed(room) as (line, screen):
        assert screen.shown[0].preview == "one two"
        await room.edit(bob, row, "x" * 1000)
        await line.settle()
        assert screen.shown[0].preview == "x" * 200
        await room.retract(bob, row)
        await line.settle()
        assert (screen.shown[0].preview, screen.shown[0].unread) == ("", 0)
        last = screen.shown[0].last
        assert last is not None
        assert last.shown.retracted
        await room.remove(bob, row)
        await line.settle()
        assert screen.shown[0].last is None


async def test_the_last_message_shows_how_far_it_is(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, messages.PENDING + NOON, author=ALICE)
    async with listed(room) as (line, screen):
        last = screen.shown[0].last
        assert last is not None
        assert last.shown.message.status is delivery.Status.QUEUED

        def write(tx: Tx) -> None:
            recipients.apply(tx, row, bob, delivery.Event.ACCEPTED)
            tx.note(changes.DeliveryChanged(frozenset({last.shown.message.id})))

        await room.database.write(write)
        await line.settle()
        last = screen.shown[0].last
        assert last is not None
        assert last.shown.message.status is delivery.Status.SENT


async def test_names_requests_and_choices(room: Room) -> None:
    stranger = await room.meet("", CAROL, relation="stranger")
    async with listed(room) as (line, screen):
        assert (screen.shown[0].request, screen.shown[0].title.name) == (True, "")

        def claim(tx: Tx) -> None:
            people.set_claims(tx, stranger, "Carol", "carol@example.com")
            tx.note(changes.ContactsChanged(frozenset({stranger})))

        await room.database.write(claim)
        await line.settle()
        assert screen.shown[0].title == ("Carol", True)

        def accept(tx: Tx) -> None:
            people.set_relation(tx, stranger, "accepted")
            people.put_address(tx, "carol@example.com", stranger)
            people.set_verified(tx, stranger, True)
            conversations.set_draft(tx, stranger, "half")
            conversations.set_muted(tx, stranger, NOON * 2)
            tx.note(changes.ContactsChanged(frozenset({stranger})))

        await room.database.write(accept)
        await line.settle()
        entry = screen.shown[0]
        assert (entry.title, entry.request, entry.verified, entry.blocked) == (("Carol", False), False, True, False)
        assert (entry.draft, entry.muted_until) == ("half", NOON * 2)


async def test_a_title_of_its_own_comes_first(room: Room) -> None:
    bob = await room.meet()
    await room.settle_conversation(bob, lambda tx: conversations.set_title(tx, bob, "Hiking\n2027"))
    async with listed(room) as (_, screen):
        assert screen.shown[0].title == ("Hiking 2027", False)


# only what is unread


async def test_a_list_of_unread_ones_follows_what_is_read(room: Room, small: None) -> None:
    met = await crowd(room, 10)
    for person in met[::2]:
        [message] = await room.stored(person)
        await room.mark_read(person, message.row)
    await room.settle_conversation(met[0], lambda tx: conversations.set_marked_unread(tx, met[0], True))
    async with listed(room, unread=True) as (line, screen):
        assert (screen.titles, line.complete) == (["P9", "P7", "P5", "P3"], False)
        await line.more()
        assert (screen.titles, line.complete) == (["P9", "P7", "P5", "P3", "P1", "P0"], True)
        [message] = await room.stored(met[5])
        await room.mark_read(met[5], message.row)
        await line.settle()
        assert screen.titles == ["P9", "P7", "P3", "P1", "P0"]
        await room.say(met[2], NOON + 20 * MINUTE, "again")
        await line.settle()
        assert screen.titles == ["P2", "P9", "P7", "P3", "P1", "P0"]


async def test_what_is_open_stays_among_the_unread_ones_until_another_is(room: Room) -> None:
    met = await crowd(room, 3)
    async with listed(room, unread=True) as (line, screen):
        line.keep(met[1])
        [message] = await room.stored(met[1])
        await room.mark_read(met[1], message.row)
        await line.settle()
        assert screen.titles == ["P2", "P1", "P0"]
        line.keep(None)
        await line.settle()
        assert screen.titles == ["P2", "P0"]


async def test_the_filters_count_conversations_not_messages(room: Room) -> None:
    met = await crowd(room, 4)
    await room.say(met[0], NOON + 9 * MINUTE, "and once more")
    async with listed(room) as (line, _):
        assert await line.counts() == (4, False, False)
        await room.settle_conversation(met[1], lambda tx: conversations.set_muted(tx, met[1], NOON * 2))
        await room.settle_conversation(met[2], lambda tx: conversations.set_archived(tx, met[2], True))
        assert await line.counts() == (2, True, False)
        for message in await room.stored(met[3]):
            await room.mark_read(met[3], message.row)
        assert await line.counts() == (1, True, False)


async def test_the_texts_alone_in_pages_with_the_open_one_until_another_is_opened(room: Room, small: None) -> None:
    met = await crowd(room, 12)
    green = met[1:11:2] + met[10:11]
    for person in green:
        [said] = await room.stored(person)
        await room.change(person, said.row, lambda tx, row=said.row: messages.set_bearer(tx, row, "text"))
    async with listed(room, texts=True) as (line, screen):
        assert screen.titles == ["P10", "P9", "P7", "P5"]
        await line.more()
        assert screen.titles == ["P10", "P9", "P7", "P5", "P3", "P1"]
        assert line.complete
        line.keep(met[9])
        await room.say(met[9], NOON + 60 * MINUTE, "encrypted again")
        await room.say(met[7], NOON + 61 * MINUTE, "so am I")
        await line.settle()
        assert screen.titles == ["P9", "P10", "P5", "P3", "P1"]
        line.keep(met[10])
        await line.settle()
        assert screen.titles == ["P10", "P5", "P3", "P1"]
        assert (await line.counts()).texts
        for person in green:
            await room.settle_conversation(person, lambda tx, who=person: conversations.set_archived(tx, who, True))
        assert not (await line.counts()).texts


async def test_a_message_takes_a_conversation_out_of_the_archive_unless_it_is_muted(room: Room) -> None:
    [loud, quiet] = await crowd(room, 2)
    for person in (loud, quiet):
        await room.settle_conversation(person, lambda tx, person=person: conversations.set_archived(tx, person, True))
    await room.settle_conversation(quiet, lambda tx: conversations.set_muted(tx, quiet, NOON * 2))
    async with listed(room, archived=True) as (shelf, put_away):
        assert put_away.titles == ["P1", "P0"]
        await room.say(loud, NOON + 5 * MINUTE, "are you there?")
        await room.say(quiet, NOON + 6 * MINUTE, "are you?")
        await shelf.settle()
        assert put_away.titles == ["P1"]


# search


async def test_search_finds_people_and_words(room: Room) -> None:
    met = await crowd(room, 3)
    bob = await room.meet("Bob", address="bob@example.com")
    await room.say(bob, NOON + 5 * MINUTE, "see you from tomorrow")
    await room.settle_conversation(bob, lambda tx: conversations.set_archived(tx, bob, True))
    async with listed(room) as (line, _):
        found = await line.search("fro")
        assert [(each.title.name, each.snippet.words) for each in found.messages] == [
            ("Bob", "see you from tomorrow"),
            ("P2", "from 2"),
            ("P1", "from 1"),
            ("P0", "from 0"),
        ]
        assert found.messages[0].snippet.marks == ((8, 4),)
        assert found.conversations == ()
        assert [entry.conversation for entry in (await line.search("bob@ex")).conversations] == [bob]
        assert [entry.conversation for entry in (await line.search("P1")).conversations] == [met[1]]
        rest = await line.search_more("fro", found.messages[1])
        assert [each.title.name for each in rest] == ["P1", "P0"]


# any sequence of changes


async def test_it_follows_by_itself(room: Room) -> None:
    heard: asyncio.Queue[tuple[Diff[Entry], ...]] = asyncio.Queue()
    line = ChatList(room.database, room.hub, lambda steps: heard.put_nowait(tuple(steps)))
    await line.open()
    assert await heard.get() == (Reset(()),)
    await room.meet()
    assert [type(step) for step in await heard.get()] == [Reset]  # the first entry of an empty list
    await line.close()
    await room.meet("Carol", CAROL)
    await room.database.read(lambda _: None)
    assert heard.empty()


async def test_an_interrupted_settling_loses_nothing(room: Room) -> None:
    async with listed(room) as (line, screen):

        async def interrupted() -> None:
            await room.meet()
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await line.settle()

        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_task(interrupted())
        await line.settle()
        assert screen.titles == ["Bob"]


NUMBER = st.integers(0, 40)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["meet", "say", "mine", "pin", "archive", "draft", "read", "rename", "remove", "more", "settle"]
        ),
        NUMBER,
    ),
    max_size=30,
)


@settings(max_examples=examples(30))
@given(st.integers(0, 9), STEPS)
def test_after_any_changes_the_diffs_add_up_to_the_store(start: int, steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(chat_list, "PAGE", 4)
        asyncio.run(play(Path(folder), start, steps))


async def play(folder: Path, start: int, steps: list[tuple[str, int]]) -> None:
    async with opened(folder) as room:
        met = await crowd(room, start)
        async with listed(room) as (line, screen), listed(room, archived=True) as (shelf, put_away):
            for name, number in steps:
                await act(room, met, line, name, number)
                if number % 3:  # otherwise several are taken in at once
                    await is_shown(room, line, screen, archived=False)
                    await is_shown(room, shelf, put_away, archived=True)
            await is_shown(room, line, screen, archived=False)
            await is_shown(room, shelf, put_away, archived=True)


async def act(room: Room, met: list[bytes], line: ChatList, name: str, number: int) -> None:
    if name == "meet" or not met:
        met.append(await room.meet(f"N{number}", bytes([100 + len(met)]) * 32))
        return
    who = met[number % len(met)]
    match name:
        case "say" | "mine":
            await room.say(who, NOON + number * MINUTE, **({"author": ALICE} if name == "mine" else {}))
        case "pin":
            await room.settle_conversation(who, lambda tx: conversations.set_pinned(tx, who, number % 2 == 0))
        case "archive":
            await room.settle_conversation(who, lambda tx: conversations.set_archived(tx, who, number % 4 > 0))
        case "draft":
            await room.settle_conversation(who, lambda tx: conversations.set_draft(tx, who, "d" * number))
        case "rename":
            await room.rename(who, f"R{number}")
        case "more":
            await line.more()
        case "settle":
            await line.settle()
        case _:
            stored = await room.stored(who)
            if stored:
                row = stored[number % len(stored)].row
                await (room.remove(who, row) if name == "remove" else room.mark_read(who, row))


async def is_shown(room: Room, line: ChatList, screen: Screen, *, archived: bool) -> None:
    """The diffs add up to the first part of what the store holds, and to all of it when that is said."""
    await line.settle()
    assert tuple(screen.shown) == line.entries
    expected = await room.database.read(lambda view: chats.listed(view, 1000, archived=archived))
    if line.complete:
        assert len(screen.shown) == len(expected)
    else:
        assert len(screen.shown) >= chat_list.PAGE // 2
    for entry, chat in zip(screen.shown, expected, strict=False):
        assert entry.place == chat.place
        assert (entry.unread, entry.draft, entry.title.name) == (chat.unread, chat.draft, chat.name)
        assert (entry.last and entry.last.position) == (chat.last and chat.last.position)
