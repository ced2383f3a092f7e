"""Somebody with two devices: what one sends, reads and tells, the other knows; what is taken off gets nothing more."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.client.sessions import Plan
from app.common import errors
from app.content import annotations
from app.content.text import Text
from app.crypto.envelope import SealedContent
from app.domain.delivery import Status
from app.protocol import frames
from app.storage import conversations, keys, messages, notices, receipts
from app.storage import people as people_table
from app.storage.transaction import Tx, View
from tests.parts import people, siblings
from tests.parts.lying_wire import LyingWire, honest, lying_relay
from tests.parts.people import Present
from tests.parts.waiting import until_so

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALICE, BOB = "alice@example.com", "bob@example.com"


@dataclass
class Stage:
    """Alice at her desk, with a telephone beside it, and Bob."""

    folder: Path
    wire: LyingWire
    desk: Present
    phone: Present
    bob: Present

    @property
    def alice(self) -> bytes:
        return self.desk.messenger.me.account


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder: Path = tmp_path_factory.mktemp("devices")
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(lying_relay(folder))
        alice, bob = [await people.join(folder / address, wire.url, address) for address in (ALICE, BOB)]
        desk, there = [await stack.enter_async_context(someone.online()) for someone in (alice, bob)]
        phone = await stack.enter_async_context((await siblings.link(desk, folder / "phone")).online())
        first, home = await desk.write(BOB, "hello Bob"), desk.messenger.me.account
        for present in (there, phone):
            await has(present, home, first)
        answer = await there.write(ALICE, "hello Alice")
        for present in (desk, phone):
            await has(present, there.messenger.me.account, answer)
        yield Stage(folder, wire, desk, phone, there)


async def has(present: Present, author: bytes, message: bytes) -> messages.Message:
    """Wait until it is there."""
    await present.until(lambda view: messages.find(view, author, message) is not None)
    found = await present.messenger.database.read(lambda view: messages.find(view, author, message))
    assert found is not None
    return found


def with_account(view: View, account: bytes) -> conversations.Conversation:
    person = people_table.by_account(view, account)
    assert person is not None
    found = conversations.get(view, person.person)
    assert found is not None
    return found


async def test_what_one_sends_the_other_shows_as_sent(stage: Stage) -> None:
    bob = stage.bob.messenger.me.account
    first = await stage.desk.write(BOB, "from the desk")
    await has(stage.bob, stage.alice, first)
    copy = await has(stage.phone, stage.alice, first)
    assert (copy.outgoing, copy.status, copy.countable, copy.body) == (
        True,
        "sent",
        False,
        Text("from the desk").to_wire(),
    )
    known = await stage.phone.messenger.database.read(lambda view: people_table.by_account(view, bob))
    assert known is not None
    assert known.relation == "accepted"  # whoever is written to is accepted, on every device
    answer = await stage.bob.write(ALICE, "I see you")
    for present in (stage.desk, stage.phone):
        await has(present, bob, answer)
    # The telephone knows Bob by his account alone, and that is enough to write to him.
    second = (await stage.phone.messenger.sending.send(known.person, Text("from the telephone"))).message
    await has(stage.bob, stage.alice, second)
    assert (await has(stage.desk, stage.alice, second)).outgoing
    shown = [await _texts(present, other) for present, other in ((stage.desk, bob), (stage.phone, bob))]
    assert shown[0] == shown[1] == await _texts(stage.bob, stage.alice)


async def test_what_memory_forgets_while_sealing_is_not_missed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    app = stage.desk.messenger
    seal = app.sessions.seal

    def forgetful(tx: Tx, plan: Plan, content: SealedContent) -> tuple[frames.Addressed, ...]:
        app.peers._heads.clear()
        return seal(tx, plan, content)

    monkeypatch.setattr(app.sessions, "seal", forgetful)
    message = await stage.desk.write(BOB, "whoever you are")
    for present in (stage.bob, stage.phone):
        await has(present, stage.alice, message)


async def _texts(present: Present, account: bytes) -> list[tuple[int, bytes]]:
    def look(view: View) -> list[tuple[int, bytes]]:
        found = messages.before(view, with_account(view, account).conversation, None, 1000)
        return [(each.ord, each.body) for each in found]

    return await present.messenger.database.read(look)


async def test_what_is_said_about_messages_is_copied_too(stage: Stage) -> None:
    message = await stage.desk.write(BOB, "a tpyo")
    for present in (stage.bob, stage.phone):
        await has(present, stage.alice, message)
    await stage.desk.messenger.sending.edit(await stage.desk.row(message), "a typo")
    await stage.phone.messenger.sending.react(await stage.phone.row(message, stage.desk), "👍")
    for present in (stage.bob, stage.phone, stage.desk):
        await present.shown(message, stage.desk, lambda shown: shown.edited and bool(shown.reactions))


async def test_what_is_read_on_one_is_read_on_the_other(stage: Stage) -> None:
    bob = stage.bob.messenger.me.account
    written = [await stage.bob.write(ALICE, f"number {n}") for n in range(3)]
    for present in (stage.desk, stage.phone):
        await has(present, bob, written[-1])
    await stage.phone.messenger.conversations.mark_read(
        (await stage.phone.messenger.database.read(lambda view: with_account(view, bob))).conversation
    )
    await stage.desk.until(lambda view: not _unread(view, bob))
    for message in written:
        await stage.bob.status(message, Status.READ)
    places = [
        await present.messenger.database.read(lambda view: with_account(view, bob))
        for present in (stage.desk, stage.phone)
    ]
    assert len({(place.read_order, place.read_message) for place in places}) == 1


def _unread(view: View, account: bytes) -> list[messages.Message]:
    return messages.unread(view, with_account(view, account).conversation, None)


async def test_a_receipt_is_sent_once(stage: Stage) -> None:
    dave = await people.join(stage.folder / "dave", stage.wire.url, "dave@example.com")
    bob = stage.bob.messenger.me.account
    async with contextlib.AsyncExitStack() as stack:
        desk = await stack.enter_async_context(dave.online())
        phone = await stack.enter_async_context((await siblings.link(desk, stage.folder / "daves phone")).online())
        first = await desk.write(BOB, "here is Dave")
        for present in (desk, phone):
            await present.messenger.receipting.close()  # nobody tells anything by itself
            await has(present, desk.messenger.me.account, first)
        written = [await stage.bob.write("dave@example.com", f"tell me {n}") for n in range(5)]
        for present in (desk, phone):
            await has(present, bob, written[-1])
            due = await present.messenger.database.read(lambda view: receipts.due(view, 2**50))
            assert {each.message for each in due} == set(written)
        await desk.messenger.receipting.flush()
        await phone.until(lambda view: not view.rows("SELECT 1 FROM receipts"))
        for message in written:
            await stage.bob.status(message, Status.DELIVERED)
        before = await stage.bob.messenger.database.read(_seen)
        await phone.messenger.receipting.flush()
        await phone.messenger.outbox.idle()
        await has(stage.bob, desk.messenger.me.account, await desk.write(BOB, "that was all"))
        assert await stage.bob.messenger.database.read(_seen) == before + 1


def _seen(view: View) -> int:
    return view.value("SELECT count(*) FROM seen")


async def test_a_third_device_nobody_told_the_desk_about(stage: Stage) -> None:
    """The copy for the own devices meets a newer list: it is sealed anew, and the stranger is an alarm."""

    desk, phone = stage.desk.messenger.me.device, stage.phone.messenger.me.device

    def silent(device: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
        """Neither the relay nor an envelope of the telephone says that there is a newer list."""
        tells = isinstance(frame, frames.Changed) or (isinstance(frame, frames.Deliver) and frame.device == phone)
        return () if tells and device == desk else (frame,)

    # Nor does a receipt on its way to the own devices find out.
    for present in (stage.desk, stage.phone):
        await present.messenger.receipting.flush()
        await present.messenger.outbox.idle()
    stage.wire.lie = silent
    tablet = await siblings.link(stage.phone, stage.folder / "tablet")
    async with tablet.online() as third:
        told = await stage.desk.messenger.database.read(notices.pending)
        assert third.messenger.me.device not in [each.device for each in told]
        message = await stage.desk.write(BOB, "for all of mine")
        for present in (stage.bob, stage.phone, third):
            await has(present, stage.alice, message)
        stage.wire.lie = honest
        told = await stage.desk.messenger.database.read(notices.pending)
        alarms = [each for each in told if each.device == third.messenger.me.device]
        assert [(each.code, each.alarm) for each in alarms] == [("unknown_device", True)]
        # What was sent before the tablet was there is not missing there.
        asked = await third.messenger.database.read(
            lambda view: view.value("SELECT count(*) FROM repeats WHERE direction = 'asked'")
        )
        assert asked == 0
        answer = await stage.bob.write(ALICE, "to all three")
        await has(third, stage.bob.messenger.me.account, answer)
        assert not await third.messenger.database.read(lambda view: keys.with_holes(view, 9))


@pytest.mark.expect_log("not_a_device")
async def test_a_device_that_is_taken_off(stage: Stage) -> None:
    bob = stage.bob.messenger.me.account
    head = await stage.desk.messenger.peers.current(stage.alice)
    gone = [record.device for record in head.devices if record.device != stage.desk.messenger.me.device]
    for device in gone:
        await siblings.unlink(stage.desk, device)
    await stage.phone.until(lambda _: stage.phone.messenger.connection.state.final)
    with pytest.raises(errors.GiveUp, match="not_a_device"):
        await stage.phone.messenger.connection.wait_connected()
    message = await stage.bob.write(ALICE, "only for the desk")
    await has(stage.desk, bob, message)
    sent_to = await stage.bob.messenger.database.read(
        lambda view: view.value("SELECT devices FROM recipients ORDER BY row DESC LIMIT 1")
    )
    assert sent_to == stage.desk.messenger.me.device
    for present in (stage.bob, stage.desk):
        left = await present.messenger.database.read(lambda view: keys.pairs(view, stage.alice))
        assert {pair.device: pair.state for pair in left if pair.device in gone} == dict.fromkeys(gone, b"")
    last = await stage.desk.write(BOB, "no copy of this")
    await stage.desk.status(last, Status.SENT)
    await stage.desk.read_all(BOB)
    await stage.desk.messenger.outbox.idle()

    async def all_gone() -> bool:
        return await stage.desk.messenger.waiting() == 0

    await until_so(all_gone)
    assert await stage.phone.messenger.database.read(lambda view: messages.with_id(view, last)) == []
    kinds = await stage.desk.messenger.database.read(lambda view: view.rows("SELECT kind FROM jobs"))
    assert (annotations.ReadMark.kind,) not in kinds
