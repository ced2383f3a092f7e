"""The window on a conversation: where it opens, how it moves, and that its diffs add up to what the store holds."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.client import changes, records, stretch, timeline
from app.client.diffs import Diff, Inserted, Removed, Replaced
from app.client.timeline import AtOrder, AtRow, Item, Start, Timeline
from app.common import errors, ids
from app.content import base, text
from app.domain import delivery, grouping
from app.domain.ordering import Place
from app.storage import conversations, messages, recipients
from app.storage.transaction import Tx, View
from tests.client.room import ALICE, BOB, CAROL, MINUTE, NOON, Room, follow, opened
from tests.parts.examples import examples

PENDING = messages.PENDING


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 4 and at most 10 messages, so that a handful fills the window."""
    monkeypatch.setattr(stretch, "PAGE", 4)
    monkeypatch.setattr(stretch, "LONGEST", 10)


class Screen:
    """What a screen would show: the diffs, taken one after another."""

    def __init__(self) -> None:
        self.shown: list[Item] = []
        self.told: list[tuple[Diff[Item], ...]] = []

    def take(self, steps: Sequence[Diff[Item]]) -> None:
        self.told.append(tuple(steps))
        follow(self.shown, steps)

    @property
    def rows(self) -> list[int]:
        return [item.row for item in self.shown]

    @property
    def words(self) -> list[str]:
        return [item.record.words for item in self.shown]

    def last(self) -> tuple[Diff[Item], ...]:
        """The newest diffs, once."""
        newest, self.told = self.told, []
        assert len(newest) == 1
        return newest[0]


@contextlib.asynccontextmanager
async def window(
    room: Room, conversation: bytes, target: timeline.Target = Start.FIRST_UNREAD
) -> AsyncIterator[tuple[Timeline, Screen]]:
    screen = Screen()
    opened_window = Timeline(room.database, room.hub, conversation, screen.take)
    try:
        await opened_window.open(target)
        screen.told.clear()
        yield opened_window, screen
    finally:
        await opened_window.close()


async def fill(room: Room, conversation: bytes, count: int) -> list[int]:
    return [await room.say(conversation, NOON + n * MINUTE, f"m{n}") for n in range(count)]


# where it opens


async def test_an_empty_conversation_is_an_empty_window_with_both_ends(room: Room) -> None:
    bob = await room.meet()
    async with window(room, bob) as (line, screen):
        assert (screen.shown, line.at_beginning, line.at_end) == ([], True, True)
        assert await line.jump(Start.NEWEST) == 0
        await room.say(bob, NOON)
        await line.settle()
        assert screen.words == ["hello"]


async def test_it_opens_at_the_newest_page_when_all_is_read(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 9)
    await room.mark_read(bob, rows[-1])
    async with window(room, bob) as (line, screen):
        assert screen.rows == rows[-4:]
        assert (line.at_beginning, line.at_end) == (False, True)
        assert not any(item.unread for item in screen.shown)


async def test_a_screenful_comes_first_and_pages_follow_around_it(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 12)
    await room.mark_read(bob, rows[-1])
    async with window(room, bob) as (line, screen):
        line.first = 3
        await line.jump(Start.FIRST_UNREAD)  # all is read: the end
        assert screen.rows == rows[-3:]
        assert (line.at_beginning, line.at_end) == (False, True)
        await line.older()
        assert screen.rows == rows[-7:]
        await line.jump(AtRow(rows[6]))
        assert screen.rows == rows[5:8]
        assert (line.at_beginning, line.at_end) == (False, False)
        await line.newer()
        assert screen.rows == rows[5:12]
        assert line.at_end


async def test_what_is_unread_opens_by_the_page_however_little_fills_the_screen(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 12)
    await room.mark_read(bob, rows[4])
    async with window(room, bob) as (line, screen):
        line.first = 2
        await line.jump(Start.FIRST_UNREAD)
        assert screen.rows == rows[3:9]


async def test_it_opens_around_the_first_unread_with_its_line(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 12)
    await room.mark_read(bob, rows[4])
    async with window(room, bob, AtRow(rows[0])) as (line, screen):
        assert await line.jump(Start.FIRST_UNREAD) == rows[5]
        assert screen.rows == rows[3:9]
        assert [item.row for item in screen.shown if item.unread] == [rows[5]]
        assert (line.at_beginning, line.at_end) == (False, False)


async def test_it_opens_at_a_row_and_at_a_date(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 12)
    async with window(room, bob, AtRow(rows[6])) as (line, screen):
        assert screen.rows == rows[4:10]
        assert await line.jump(AtOrder(NOON + 2 * MINUTE - 1)) == rows[2]
        assert screen.rows == rows[0:6]
        assert line.at_beginning
        assert await line.jump(AtOrder(NOON + 100 * MINUTE)) == rows[11]
        assert screen.rows == rows[6:12], "what is not there below is taken above"
        assert line.at_end


async def test_a_screenful_is_read_around_a_place_where_that_is_all_there_is_to_see(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 12)
    async with window(room, bob, Start.NEWEST) as (line, screen):
        line.first = 6
        for at, seen in ((5, (3, 9)), (10, (6, 12)), (0, (0, 4))):
            assert await line.jump(AtRow(rows[at])) == rows[at]
            assert screen.rows == rows[slice(*seen)]


async def test_a_row_of_another_conversation_is_refused_and_the_window_stays(room: Room) -> None:
    bob, carol = await room.meet(), await room.meet("Carol", CAROL)
    row = await room.say(carol, NOON, author=CAROL)
    await room.say(bob, NOON)
    async with window(room, bob) as (line, screen):
        for target in (row, 999):
            with pytest.raises(errors.GiveUp, match="no_message"):
                await line.jump(AtRow(target))
        assert screen.words == ["hello"]


# how it moves


async def test_pages_come_at_both_ends_and_the_far_end_goes(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 20)
    async with window(room, bob, Start.NEWEST) as (line, screen):
        for expected in (rows[12:], rows[8:18], rows[4:14], rows[0:10]):
            await line.older()
            assert screen.rows == expected
        assert (line.at_beginning, line.at_end) == (True, False)
        await line.older()
        assert screen.rows == rows[0:10]
        for expected in (rows[4:14], rows[8:18], rows[10:20]):
            await line.newer()
            assert screen.rows == expected
        assert (line.at_beginning, line.at_end) == (False, True)


async def test_a_full_window_lets_the_oldest_go_for_what_arrives(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 10)
    async with window(room, bob, Start.NEWEST) as (line, screen):
        await line.older()
        await line.older()
        await line.newer()  # back at the end
        assert screen.rows == rows
        rows.append(await room.say(bob, NOON + 60 * MINUTE))
        await line.settle()
        assert screen.rows == rows[1:]
        assert (line.at_beginning, line.at_end) == (False, True)


async def test_whoever_reads_the_beginning_of_a_full_window_keeps_it_and_is_told(room: Room, small: None) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 10)
    async with window(room, bob, Start.NEWEST) as (line, screen):
        await line.older()
        await line.older()
        screen.told.clear()
        await room.say(bob, NOON + 60 * MINUTE)
        await line.settle()
        assert screen.rows == rows
        assert not line.at_end
        assert screen.last() == ()  # no row changed, but there is more below now


async def test_what_happens_outside_the_window_is_not_shown(room: Room, small: None) -> None:
    bob, carol = await room.meet(), await room.meet("Carol", CAROL)
    rows = await fill(room, bob, 20)
    async with window(room, bob, AtRow(rows[10])) as (line, screen):
        before = screen.rows
        await room.say(bob, NOON + 100 * MINUTE)
        await room.say(carol, NOON + 10 * MINUTE + 1, author=CAROL)
        await room.remove(bob, rows[1])
        await line.settle()
        assert screen.rows == before
        assert screen.told == []


# what the diffs are


async def test_an_arrival_is_one_insertion_and_ends_the_run_of_the_one_above(room: Room) -> None:
    bob = await room.meet()
    first = await room.say(bob, NOON)
    async with window(room, bob) as (line, screen):
        second = await room.say(bob, NOON + 1000)
        await line.settle()
        assert screen.rows == [first, second]
        assert screen.last() == (Inserted(1, (screen.shown[1],)), Replaced(0, screen.shown[0]))
        assert [item.position for item in screen.shown] == [grouping.Position.FIRST, grouping.Position.LAST]
        assert screen.shown[0].day == grouping.DayLine(NOON, new_day=True)


async def test_a_late_one_takes_its_place_by_order(room: Room) -> None:
    bob = await room.meet()
    early, late = await room.say(bob, NOON), await room.say(bob, NOON + 20 * MINUTE)
    async with window(room, bob) as (line, screen):
        between = await room.say(bob, NOON + 10 * MINUTE)
        await line.settle()
        assert screen.rows == [early, between, late]
        assert screen.last() == (Inserted(1, (screen.shown[1],)),)


async def test_a_status_is_one_replacement(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, author=ALICE)
    async with window(room, bob) as (line, screen):
        await room.event(bob, row, delivery.Event.ACCEPTED)
        await line.settle()
        assert screen.last() == (Replaced(0, screen.shown[0]),)
        assert screen.shown[0].shown.message.status is delivery.Status.SENT
        await room.event(bob, row, delivery.Event.REJECTED, delivery.Reason.BLOCKED)
        await line.settle()
        assert screen.shown[0].shown.message.deliveries[0].reason is delivery.Reason.BLOCKED


async def test_a_status_change_is_also_found_by_message_id(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, author=ALICE)
    async with window(room, bob) as (line, screen):
        identity = screen.shown[0].shown.message.id

        def write(tx: Tx) -> None:
            recipients.apply(tx, row, bob, delivery.Event.DELIVERED)
            tx.note(changes.DeliveryChanged(frozenset({identity})))

        await room.database.write(write)
        await line.settle()
        assert screen.shown[0].shown.message.status is delivery.Status.DELIVERED


async def test_what_waits_to_be_sealed_stays_below_and_then_takes_its_place(room: Room) -> None:
    bob = await room.meet()
    mine = await room.say(bob, PENDING + NOON, author=ALICE)
    async with window(room, bob) as (line, screen):
        theirs = await room.say(bob, NOON + 5 * MINUTE)
        await line.settle()
        assert screen.rows == [theirs, mine]
        assert screen.shown[1].record.pending
        assert screen.shown[1].day is None  # no day of the far future
        last = await room.say(bob, PENDING + NOON + 20 * MINUTE, author=ALICE)
        await line.settle()
        screen.told.clear()
        await room.seal(bob, mine, NOON + 6 * MINUTE)
        await line.settle()
        assert screen.rows == [theirs, mine, last]
        assert screen.last() == (Replaced(1, screen.shown[1]),)  # its place is the same: nothing jumps
        newest = await room.say(bob, NOON + 30 * MINUTE)
        await line.settle()
        screen.told.clear()
        await room.seal(bob, last, NOON + 20 * MINUTE)
        await line.settle()
        assert screen.last()[:2] == (Removed(3, 1), Inserted(2, (screen.shown[2],)))
        assert screen.rows == [theirs, mine, last, newest]


async def test_what_waits_since_yesterday_makes_no_day_line_below_today(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, PENDING + NOON, author=ALICE)
    await room.say(bob, NOON + 24 * 60 * MINUTE)
    async with window(room, bob) as (_, screen):
        assert [item.day is not None for item in screen.shown] == [True, False]


async def test_a_quote_finds_what_comes_later(room: Room) -> None:
    bob = await room.meet()
    late = ids.MessageId(ids.new_id(room.clock))
    reply = base.Reference(b"w" * 32, BOB, late)
    await room.say(bob, NOON + 2, author=ALICE, content=text.Text("answer", reply=reply))
    async with window(room, bob) as (line, screen):
        row = await room.say(bob, NOON, "question", message=late)
        await line.settle()
        quote = screen.shown[1].record.quote
        assert quote is not None
        assert (quote.row, quote.words) == (row, "question")


async def test_edit_reaction_and_retraction_replace_the_row(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "first")
    async with window(room, bob) as (line, screen):
        await room.edit(bob, row, "second")
        await room.react(bob, row, "👍")
        await line.settle()
        shown = screen.shown[0].shown
        assert (shown.content, shown.edited) == (text.Text("second"), True)
        assert [(each.emoji, each.authors) for each in shown.reactions] == [("👍", (ALICE,))]
        screen.told.clear()
        await room.retract(bob, row)
        await line.settle()
        assert screen.shown[0].shown.retracted
        assert screen.last() == (Replaced(0, screen.shown[0]),)


async def test_a_quote_follows_what_it_quotes(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "question")
    [stored] = await room.stored(bob)
    reply = base.Reference(b"w" * 32, BOB, ids.MessageId(stored.message))
    lost = base.Reference(b"w" * 32, BOB, ids.MessageId(b"?" * 16))
    await room.say(bob, NOON + 1, author=ALICE, content=text.Text("answer", reply=reply))
    await room.say(bob, NOON + 2, author=ALICE, content=text.Text("to what?", reply=lost))
    async with window(room, bob) as (line, screen):
        quote = screen.shown[1].record.quote
        assert quote is not None
        assert (quote.row, quote.words, quote.author.name, quote.outgoing) == (row, "question", "Bob", False)
        assert screen.shown[2].record.quote == records.Quote(0, records.NOBODY, outgoing=False, words="")
        await room.edit(bob, row, "other question")
        await room.rename(bob, "Robert")
        await line.settle()
        quote = screen.shown[1].record.quote
        assert quote is not None
        assert (quote.words, quote.author.name) == ("other question", "Robert")
        await room.retract(bob, row)
        await line.settle()
        quote = screen.shown[1].record.quote
        assert quote is not None
        assert quote.words == ""


async def test_a_new_name_is_on_every_row(room: Room) -> None:
    bob = await room.meet()
    await fill(room, bob, 3)
    async with window(room, bob) as (line, screen):
        await room.rename(bob, "Robert")
        await line.settle()
        assert {item.record.author.name for item in screen.shown} == {"Robert"}


async def test_a_new_name_is_on_a_row_that_was_being_read_when_it_came(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await room.meet()
    await room.say(bob, NOON)
    read, held, go_on = room.database.read, asyncio.Event(), asyncio.Event()

    async def slow(work: Callable[[View], Any]) -> Any:
        found = await read(work)
        held.set()
        await go_on.wait()
        return found

    async with window(room, bob, Start.NEWEST) as (line, screen):
        with monkeypatch.context() as patch:
            patch.setattr(room.database, "read", slow)
            await room.say(bob, NOON + MINUTE)
            await held.wait()  # the new row was read, under the old name
            await room.rename(bob, "Robert")
            await asyncio.sleep(0)  # heard of
            go_on.set()
            await line.settle()
            await line.settle()
        assert [item.record.author.name for item in screen.shown] == ["Robert", "Robert"]


async def test_what_this_version_has_no_words_for_is_no_row(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON, raw=("of-tomorrow", b"\x91\x01", ""))
    await room.say(bob, NOON + 1, raw=("of-tomorrow", b"\x91\x01", "a dance"))
    await room.say(bob, NOON + 2, raw=("text", b"not a text", "damaged"))
    async with window(room, bob) as (_, screen):
        assert screen.words == ["a dance", "damaged"]


async def test_the_unread_line_stays_while_the_window_is_looked_at(room: Room) -> None:
    bob = await room.meet()
    rows = await fill(room, bob, 3)
    await room.mark_read(bob, rows[1])
    async with window(room, bob) as (line, screen):
        await room.mark_read(bob, rows[2])
        await room.say(bob, NOON + 60 * MINUTE)
        await line.settle()
        assert [item.unread for item in screen.shown] == [False, False, True, False]
        await line.jump(Start.NEWEST)
        assert [item.unread for item in screen.shown] == [False, False, False, True]


# the life of the window


async def test_it_follows_by_itself(room: Room) -> None:
    bob = await room.meet()
    heard: asyncio.Queue[int] = asyncio.Queue()
    line = Timeline(room.database, room.hub, bob, lambda steps: heard.put_nowait(len(steps)))
    await line.open()
    assert await heard.get() == 1
    await room.say(bob, NOON)
    assert await heard.get() == 1
    assert [item.record.words for item in line.items] == ["hello"]
    await line.close()
    await room.say(bob, NOON + 1)
    await room.database.read(lambda _: None)
    assert heard.empty()
    assert len(line.items) == 1


async def test_a_cancelled_settling_loses_nothing(room: Room) -> None:
    bob = await room.meet()
    async with window(room, bob) as (line, screen):

        async def interrupted() -> None:
            await room.say(bob, NOON)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await line.settle()  # ends while it reads, with the change in hand

        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_task(interrupted())
        await line.settle()
        assert screen.words == ["hello"]


async def test_older_while_a_message_moves_shows_it_once(room: Room, small: None) -> None:
    """The page is read from a store that is ahead of the window."""
    bob = await room.meet()
    await fill(room, bob, 8)
    mine = await room.say(bob, PENDING + NOON, author=ALICE)
    async with window(room, bob, Start.NEWEST) as (line, screen):
        await room.seal(bob, mine, NOON + MINUTE + 1)  # now far above the window
        await line.older()
        assert len(set(screen.rows)) == len(screen.rows)
        await line.settle()
        await room_is_shown(room, bob, line, screen, None)


async def test_reading_and_following_never_block_the_loop(room: Room, no_blocking: None) -> None:
    bob = await room.meet()
    async with window(room, bob) as (line, screen):
        await fill(room, bob, 30)
        await line.older()
        await line.settle()
        assert len(screen.rows) == 30


# any sequence of changes


async def room_is_shown(
    room: Room, conversation: bytes, line: Timeline, screen: Screen, read_upto: Place | None
) -> None:
    """The diffs add up to what the store holds between the two ends of the window, read and grouped as a whole."""
    assert tuple(screen.shown) == line.items

    def look(view: View) -> list[Item]:
        stored = messages.after(view, conversation, None, 10_000)
        everything = [record for record in records.read(view, stored) if record.visible]
        sealed_upto = max((each.ord for each in stored if each.ord < PENDING), default=0)
        return grouped(everything, sealed_upto, read_upto)

    expected = await room.database.read(look)
    if not line.at_beginning and screen.shown:
        expected = [item for item in expected if item.record.position >= screen.shown[0].record.position]
    if not line.at_end and screen.shown:
        expected = [item for item in expected if item.record.position <= screen.shown[-1].record.position]
    if screen.shown or (line.at_beginning and line.at_end):
        assert screen.shown == expected
    assert len(screen.shown) <= stretch.LONGEST


def grouped(everything: list[records.Record], sealed_upto: int, read_upto: Place | None) -> list[Item]:
    entries = [
        grouping.Entry(
            (
                max(sealed_upto, each.position.ord - PENDING) if each.pending else each.position.ord,
                each.shown.message.id,
            ),
            each.shown.message.author,
            each.shown.message.outgoing,
            visible=not each.shown.retracted,
            alone=each.shown.retracted,
        )
        for each in everything
    ]
    items: list[Item] = []
    above: list[grouping.Line] = []
    for each in grouping.lines(entries, UTC, read_upto=read_upto):
        if isinstance(each, grouping.Row):
            day = next((line for line in above if isinstance(line, grouping.DayLine)), None)
            items.append(Item(everything[len(items)], each.position, day, grouping.UnreadLine() in above))
            above = []
        else:
            above.append(each)
    return items


NUMBER = st.integers(0, 40)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["theirs", "mine", "pending", "seal", "hidden", "quote"]), NUMBER),
        st.tuples(st.sampled_from(["edit", "react", "retract", "remove", "read", "status", "rename"]), NUMBER),
        st.tuples(st.sampled_from(["older", "newer", "newest", "unread", "row", "order", "settle"]), NUMBER),
    ),
    max_size=30,
)


@settings(max_examples=examples(50))
@given(st.integers(0, 25), STEPS)
def test_after_any_changes_the_diffs_add_up_to_the_store(start: int, steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(stretch, "PAGE", 4)
        patch.setattr(stretch, "LONGEST", 10)
        asyncio.run(play(Path(folder), start, steps))


async def play(folder: Path, start: int, steps: list[tuple[str, int]]) -> None:
    async with opened(folder) as room:
        bob = await room.meet()
        for n in range(start):
            await room.say(bob, NOON + n * 20_000, author=(BOB, ALICE)[n % 3 == 0])
        screen = Screen()
        line = Timeline(room.database, room.hub, bob, screen.take)
        player = Player(room, bob, line)
        await line.open(Start.NEWEST)
        await player.moved()
        try:
            for name, number in steps:
                await player.play(name, number)
                if number % 3:  # otherwise several are taken in at once
                    await line.settle()
                    await room_is_shown(room, bob, line, screen, player.read_upto)
            await line.settle()
            await room_is_shown(room, bob, line, screen, player.read_upto)
        finally:
            await line.close()


class Player:
    """Lets things happen, by name."""

    def __init__(self, room: Room, conversation: bytes, line: Timeline) -> None:
        self.room = room
        self.conversation = conversation
        self.line = line
        self.read_upto: Place | None = None

    async def moved(self) -> None:
        """Remember the read position as it is when the window is opened somewhere."""

        def look(view: View) -> Place | None:
            found = conversations.get(view, self.conversation)
            assert found is not None
            unread = messages.unread(view, self.conversation, None, 1)
            return (found.read_order, ids.MessageId(found.read_message)) if unread else None

        self.read_upto = await self.room.database.read(look)

    async def play(self, name: str, number: int) -> None:
        order = NOON + number * 20_000 + number // 8 * 5 * 60 * MINUTE + 7
        match name:
            case "theirs":
                await self.room.say(self.conversation, order, f"their {number}")
            case "mine":
                await self.room.say(self.conversation, order, author=ALICE)
            case "pending":
                await self.room.say(self.conversation, PENDING + order, author=ALICE)
            case "hidden":
                await self.room.say(self.conversation, order, raw=("of-tomorrow", b"\x90", ""))
            case "older":
                await self.line.older()
            case "newer":
                await self.line.newer()
            case "newest" | "unread" | "order":
                target = {"newest": Start.NEWEST, "unread": Start.FIRST_UNREAD, "order": AtOrder(order)}[name]
                await self.line.jump(target)
                await self.moved()
            case "rename":
                await self.room.rename(self.conversation, f"Bob {number}")
            case "settle":
                await self.line.settle()
            case _:
                stored = await self.room.stored(self.conversation)
                if stored:
                    await self.touch(name, stored[number % len(stored)], order)

    async def touch(self, name: str, stored: messages.Message, order: int) -> None:
        room, conversation, row = self.room, self.conversation, stored.row
        match name:
            case "seal" if stored.ord >= PENDING:
                await room.seal(conversation, row, order)
            case "quote":
                reply = base.Reference(b"w" * 32, ids.AccountId(stored.author), ids.MessageId(stored.message))
                await room.say(conversation, order, author=ALICE, content=text.Text("so", reply=reply))
            case "edit":
                await room.edit(conversation, row, f"edited {order}")
            case "react":
                await room.react(conversation, row, "👍" if order % 2 else "")
            case "retract":
                await room.retract(conversation, row)
            case "remove":
                await room.remove(conversation, row)
            case "read":
                await room.mark_read(conversation, row)
            case "status" if stored.outgoing:
                events = list(delivery.Event)
                await room.event(conversation, row, events[order // 20_000 % len(events)])
            case "row":
                await self.line.jump(AtRow(row))
                await self.moved()
            case _:
                pass
