"""Somebody with real keys and a modified client, and a wire that helps: each forgery is refused once, clearly, without
effect, and the next honest message still arrives."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from app.client.intake import Arrival, Intake
from app.common import ids
from app.content import annotations, base, payload
from app.content.annotations import ReceiptState
from app.content.text import Text
from app.domain.delivery import Status
from app.net import incoming
from app.protocol import frames, limits
from app.storage import messages, notices
from app.storage.transaction import Tx, View
from tests.parts import people, siblings
from tests.parts.adversary import Adversary, Said, Watcher, reference
from tests.parts.lying_wire import LyingWire, honest, lying_relay
from tests.parts.people import Present

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOB, ALICE, CAROL = "bob@example.com", "alice@example.com", "carol@example.com"


@dataclass
class Stage:
    """Alice is the one with the modified client; Bob, at home on two devices, is whom she tries it on."""

    bob: Present
    laptop: Present
    alice: Adversary
    carol: Present
    watcher: Watcher
    wire: LyingWire
    theirs: Said  # what Alice wrote
    carols: bytes  # what Carol wrote to Bob
    own: bytes  # what Bob wrote to Alice
    entries: int = 1 << 40

    @property
    def home(self) -> bytes:
        return self.bob.messenger.me.account

    @property
    def device(self) -> bytes:
        return self.bob.messenger.me.device

    @property
    def sender(self) -> tuple[bytes, bytes]:
        return self.alice.account, self.alice.device

    def entry(self, said: Said, *, at: bytes = b"", number: int = 0, **changes: object) -> frames.Deliver:
        """What the relay would hand to Bob, with changes."""
        self.entries += 1
        made = said.entry(self.alice.present, at or self.device, number or self.entries)
        return msgspec.structs.replace(made, **changes)

    async def refused(self, code: str, *, tables: Collection[str] = ()) -> None:
        await self.watcher.refused(code, self.sender, tables=tables)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(lying_relay(folder))
        joined = [await people.join(folder / address, wire.url, address) for address in (BOB, ALICE, CAROL)]
        bob, alice, carol = [await stack.enter_async_context(someone.online()) for someone in joined]
        laptop = await stack.enter_async_context((await siblings.link(bob, folder / "laptop")).online())
        await alice.write(BOB, "hello Bob")
        carols = await carol.write(BOB, "Carol is here too")
        await bob.received(2)
        await bob.accept(ALICE)
        await bob.accept(CAROL)
        own = await bob.write(ALICE, "from Bob")
        await bob.status(own, Status.DELIVERED)
        adversary = Adversary(alice)
        theirs = await adversary.say(bob.messenger.me.account, Text("the genuine words"))
        yield Stage(bob, laptop, adversary, carol, Watcher(bob, carol, BOB), wire, theirs, carols, own)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: Stage) -> AsyncGenerator[Stage]:
    """The same for all tests, seen as it is before each."""
    await home.watcher.honest()
    await home.watcher.look()
    yield home
    home.wire.lie = honest


# about messages


@pytest.mark.parametrize("make", [lambda target: annotations.Edit(target, "never said"), annotations.Retraction])
async def test_words_of_others_are_neither_changed_nor_taken_back(stage: Stage, make: type) -> None:
    await stage.alice.say(stage.home, make(reference(stage.alice.present, stage.bob, stage.own)))
    await stage.refused("not_author")
    await stage.watcher.look()
    await stage.alice.say(stage.home, make(reference(stage.bob, stage.carol, stage.carols)))
    await stage.refused("wrong_conversation")
    await stage.watcher.look()
    in_ours = base.Reference(
        payload.direct_conversation(stage.alice.account, stage.home),
        stage.carol.messenger.me.account,
        ids.MessageId(stage.carols),
    )
    await stage.alice.say(stage.home, make(in_ours))
    await stage.refused("wrong_conversation")


async def test_receipts_for_what_was_never_sent_to_them(stage: Stage) -> None:
    to_carol = await stage.bob.write(CAROL, "for Carol alone")
    await stage.bob.status(to_carol, Status.DELIVERED)
    await stage.watcher.look()
    await stage.alice.say(stage.home, annotations.Receipt(ReceiptState.READ, (ids.MessageId(to_carol),)))
    await stage.refused("wrong_conversation")
    # What is not known here is counted and no more: whoever deletes messages is not told of each receipt for them.
    for unknown in (secrets.token_bytes(16), stage.theirs.message, stage.carols):
        await stage.watcher.look()
        named = (ids.MessageId(unknown), ids.MessageId(secrets.token_bytes(16)))
        await stage.alice.say(stage.home, annotations.Receipt(ReceiptState.READ, named))
        assert await stage.watcher.outcome() == (set(), {"refused/unknown_target": 2}, {})


async def test_a_copy_of_what_bob_never_sent(stage: Stage) -> None:
    carol = stage.carol.messenger.me.account
    await stage.alice.say(stage.home, Text("I, Bob, promise"), claims=carol)
    await stage.refused("wrong_addressee")
    await stage.watcher.look()
    wire = payload.direct_conversation(ids.AccountId(stage.home), ids.AccountId(carol))
    await stage.alice.say(stage.home, Text("I, Bob, promise"), claims=carol, name=wire)
    await stage.refused("wrong_addressee")


@pytest.mark.parametrize("other", ["carol", "nobody"])
async def test_a_message_into_a_conversation_of_others(stage: Stage, other: str) -> None:
    carol = stage.carol.messenger.me.account
    wire = payload.direct_conversation(ids.AccountId(stage.home), carol) if other == "carol" else b"g" * 32
    await stage.alice.say(stage.home, Text("as if Carol"), name=wire)
    await stage.refused("wrong_conversation")


async def test_the_same_id_with_other_words(stage: Stage) -> None:
    await stage.alice.say(stage.home, Text("other words"), message=stage.theirs.message)
    await stage.refused("message_id_reused")


async def test_an_id_of_somebody_else_is_another_message(stage: Stage) -> None:
    for taken in (stage.carols, stage.own):
        await stage.watcher.look()
        await stage.alice.say(stage.home, Text("under your name"), message=taken)
        await stage.watcher.did("messages")
        found = await stage.bob.messenger.database.read(lambda view, taken=taken: messages.with_id(view, taken))
        assert len({each.author for each in found}) == len(found) == 2
        assert [each.body for each in found if each.author != stage.alice.account] != []


# order


async def test_the_order_outside_is_not_the_order_inside(stage: Stage) -> None:
    order = stage.bob.messenger.clock.now()
    await stage.alice.say(stage.home, Text("earlier than it is"), order=order, head_order=order - 60_000)
    await stage.refused("order_mismatch")


async def test_an_order_far_ahead_is_refused_by_the_relay_and_by_bob(stage: Stage) -> None:
    ahead = stage.bob.messenger.clock.now() + limits.AHEAD + 60_000
    said = await stage.alice.seal(stage.home, Text("always the last word"), order=ahead)
    answer = await stage.alice.post(said.submit)
    assert isinstance(answer, frames.Refused)
    assert answer.code == "clock"
    await stage.wire.say(stage.device, stage.entry(said))
    await stage.refused("order_ahead")


async def test_not_even_the_relay_s_clock_moves_an_order_behind_all_that_is_real(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("for ever last"), order=base.LATEST)
    await stage.wire.say(stage.device, stage.entry(said, accepted_at=base.LATEST))
    await stage.refused("order_ahead")


async def test_what_is_refused_takes_nothing_from_what_came_with_it(stage: Stage) -> None:
    said = [
        await stage.alice.seal(stage.home, Text("before it")),
        await stage.alice.seal(stage.home, Text("for ever last"), order=base.LATEST),
        await stage.alice.seal(stage.home, Text("after it")),
    ]
    whole = [stage.entry(each) for each in said]
    whole[1] = msgspec.structs.replace(whole[1], accepted_at=base.LATEST)
    await stage.wire.say(stage.device, *whole)
    await stage.refused("order_ahead", tables=("messages",))
    kept = [
        len(await stage.bob.messenger.database.read(lambda view, at=each.message: messages.with_id(view, at)))
        for each in said
    ]
    assert kept == [1, 0, 1]


# entries


async def test_the_same_entry_again(stage: Stage) -> None:
    await stage.wire.say(stage.device, stage.entry(stage.theirs), stage.entry(stage.theirs))
    await stage.watcher.did()


async def test_the_same_entry_under_another_submit_id(stage: Stage) -> None:
    await stage.wire.say(stage.device, stage.entry(stage.theirs, submit=secrets.token_bytes(16)))
    await stage.refused("replayed")


async def test_other_bytes_under_the_same_submit_id(stage: Stage) -> None:
    await stage.wire.say(stage.device, stage.entry(stage.theirs, content=b"other" * 50))
    await stage.refused("submit_changed")


async def test_an_entry_for_the_other_device(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("for the laptop"))
    other = stage.laptop.messenger.me.device
    await stage.wire.say(stage.device, stage.entry(said, at=other))
    await _unreadable(stage, "undecryptable", 1)
    # The very same entry still arrives where it belongs, under the id that failed here.
    await stage.wire.say(other, stage.entry(said, at=other))
    author = stage.alice.account
    await stage.laptop.until(lambda view: messages.find(view, author, said.message) is not None)


async def test_contents_swapped_between_two_submits(stage: Stage) -> None:
    one, other = [await stage.alice.seal(stage.home, Text(text)) for text in ("yes", "no")]
    contents = (other.submit.content, one.submit.content)
    for said, content in zip((one, other), contents, strict=True):
        await stage.alice.post(msgspec.structs.replace(said.submit, content=content))
    await _unreadable(stage, "content_mismatch", 2)


async def test_an_envelope_that_was_cut_or_altered(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("as it was"))
    sealed = stage.entry(said).envelope
    broken = (sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:], sealed[:700], sealed + bytes(16), bytes(768))
    await stage.wire.say(
        stage.device, *(stage.entry(said, envelope=each, submit=secrets.token_bytes(16)) for each in broken)
    )
    tables, counters, _ = await stage.watcher.outcome()
    assert counters == {"refused/envelope": 2, "refused/unknown_version": 1, "refused/undecryptable": 1}
    assert tables <= {"messages", "repeats"}


async def _unreadable(stage: Stage, code: str, times: int) -> None:
    """Said as a notice in the conversation, and asked for again; nothing else."""
    tables, counters, _ = await stage.watcher.outcome()
    assert (tables, counters) == ({"messages", "repeats"}, {f"refused/{code}": times})
    found = await stage.bob.messenger.database.read(lambda view: messages.recent(view, times + 1))
    notes = [each for each in found if each.kind == "notice/unreadable"]
    assert [each.body for each in notes] == [code.encode()] * times
    assert not any(each.countable for each in notes)


# payloads


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed"),
        (b"\xc1", "malformed"),
        (b"\x9b" * 500, "malformed"),
        (bytes(40_000), "malformed"),
        (msgspec.msgpack.encode([7, "text"]), "newer_version"),
    ],
)
async def test_a_payload_that_cannot_be_read(stage: Stage, raw: bytes, code: str) -> None:
    await stage.alice.say(stage.home, raw=raw)
    tables, counters, _ = await stage.watcher.outcome()
    assert (tables, counters) == ({"messages"}, {f"refused/{code}": 1})


LARGEST: dict[str, object] = {
    "sequence": 2**53,
    "sent_at": base.LATEST,
    "order": 0,
    "sender_name": "\u202e" + "\0\n" * 63,
    "sender_address": "@" * 320,
    "fallback": "\0" * 1000,
}


@pytest.mark.parametrize("field", LARGEST)
async def test_the_largest_values_there_are(stage: Stage, field: str) -> None:
    how = {field: LARGEST[field]}
    await stage.alice.say(stage.home, kind="hologram", body=b"\xff" * 100, **how)
    tables, counters, notes = await stage.watcher.outcome()
    assert (tables, counters, notes) == ({"messages"}, {}, {})
    assert await stage.bob.texts(ALICE)
    assert await stage.bob.messenger.conversations.find(ALICE)


async def test_the_longest_text_there_is(stage: Stage) -> None:
    await stage.alice.say(stage.home, Text("a" * (base.BODY - 100)))
    await stage.watcher.did("messages")


# frames


@pytest.mark.expect_log  # said once a connection
async def test_frames_of_no_version_among_good_ones(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("between two strangers"))
    entry = msgspec.Raw(frames.encode_one(stage.entry(said)))
    unknown, cut = msgspec.Raw(b"\x92\xcc\xc8\x01"), msgspec.Raw(b"\x91\x46")
    await stage.wire.raw(stage.device, msgspec.msgpack.encode([unknown, entry, cut, unknown]))
    await stage.watcher.did("messages")


@pytest.mark.expect_log  # said once a connection
async def test_messages_of_a_megabyte_and_halves_of_messages(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("too much of it"))
    await stage.wire.raw(stage.device, frames.encode([stage.entry(said, content=bytes(limits.MIB))]))
    await stage.wire.raw(stage.device, bytes(limits.MIB))
    await stage.wire.raw(stage.device, frames.encode([stage.entry(said)])[:300])
    await stage.watcher.did()
    answer = await stage.alice.post(msgspec.structs.replace(said.submit, content=bytes(limits.CONTENT)))
    assert isinstance(answer, frames.AcceptedItem)  # as large as it may be, and not what the envelope says
    await _unreadable(stage, "content_mismatch", 1)


# floods


async def test_a_flood_of_garbage_is_bounded(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("the flood"))
    inbox = stage.bob.messenger.connection.incoming()
    before = await stage.bob.messenger.database.read(lambda view: _unread(view, stage.alice.account))
    highest = 0
    for _ in range(20):
        flood = [_garbage(stage, said, stage.sender) for _ in range(50)]
        await stage.wire.say(stage.device, *flood)
        highest = max(highest, inbox.waiting_bytes)
    tables, counters, notes = await stage.watcher.outcome()
    assert tables <= {"messages", "repeats"}
    assert sum(counters.values()) == 1000
    assert sum(notes.values()) >= 1000
    assert highest <= incoming.BOUND
    found = await stage.bob.messenger.database.read(lambda view: _unread(view, stage.alice.account))
    assert found - before <= 20
    asked = await stage.bob.messenger.database.read(
        lambda view: view.value("SELECT count(*) FROM repeats WHERE direction = 'asked'")
    )
    assert asked <= 20


async def test_new_starts_without_end(stage: Stage) -> None:
    for _ in range(5):
        await stage.alice.say(stage.home, annotations.Nothing(), reset=True)
    tables, counters, notes = await stage.watcher.outcome()
    assert (tables, counters) == ({"repeats"}, {})
    assert {key[:2]: times for key, times in notes.items()} == {("repeat", "often_reset"): 3}
    answers = await stage.bob.messenger.database.read(
        lambda view: view.value("SELECT count(*) FROM jobs WHERE kind = ?", (annotations.Nothing.kind,))
    )
    assert answers <= 1  # not one for each; it may wait behind a request for a repeat, which goes once an hour


@pytest.mark.expect_log("a batch could not be taken", "a batch could not be taken: poison")
async def test_an_entry_that_breaks_us_holds_nothing_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Intake.apply

    def breaking(self: Intake, tx: Tx, arrival: Arrival) -> None:
        apply(self, tx, arrival)
        if b"poison" in arrival.payload.body:
            raise RuntimeError("poison")

    monkeypatch.setattr(Intake, "apply", breaking)
    said = [await stage.alice.seal(stage.home, Text(text)) for text in ("before", "poison", "behind")]
    await stage.wire.say(stage.device, *[stage.entry(each) for each in said])
    await stage.refused("not_taken", tables={"messages"})
    found = [
        await stage.bob.messenger.database.read(lambda view, each=each: messages.with_id(view, each.message))
        for each in said
    ]
    assert [len(each) for each in found] == [1, 0, 1]


async def test_a_flood_in_the_name_of_a_device_nobody_has(stage: Stage) -> None:
    said = await stage.alice.seal(stage.home, Text("the flood"))
    nobody = (stage.alice.account, secrets.token_bytes(16))
    await stage.wire.say(stage.device, *[_garbage(stage, said, nobody) for _ in range(200)])
    await stage.watcher.refused("not_a_device", nobody, times=200)


def _garbage(stage: Stage, said: Said, sender: tuple[bytes, bytes]) -> frames.Deliver:
    return stage.entry(
        said,
        account=sender[0],
        device=sender[1],
        submit=secrets.token_bytes(16),
        content=secrets.token_bytes(200),
        envelope=secrets.token_bytes(768),
    )


def _unread(view: View, account: bytes) -> int:
    return view.value("SELECT count(*) FROM messages WHERE kind = 'notice/unreadable' AND author = ?", (account,))


async def test_reactions_without_end(stage: Stage) -> None:
    target = reference(stage.alice.present, stage.alice.present, stage.theirs.message)
    about = msgspec.structs.replace(target, conversation=payload.direct_conversation(stage.alice.account, stage.home))
    await _all(stage, [annotations.Reaction(about, "👍") for _ in range(70)])
    tables, counters, _ = await stage.watcher.outcome()
    assert tables == {"annotations"}
    assert counters == {"refused/too_many": 6}


async def test_what_is_said_about_messages_that_never_come_is_bounded(stage: Stage) -> None:
    wire = payload.direct_conversation(stage.alice.account, stage.home)
    targets = [
        base.Reference(wire, ids.AccountId(stage.alice.account), ids.MessageId(secrets.token_bytes(16)))
        for _ in range(80)
    ]
    await _all(stage, [annotations.Retraction(target) for target in targets])
    assert (await stage.watcher.outcome())[0] == {"parked"}
    parked = await stage.bob.messenger.database.read(lambda view: view.value("SELECT count(*) FROM parked"))
    assert parked == 64
    # Own words about a message of somebody else wait as well, and are refused when it comes.
    await stage.watcher.look()
    late = secrets.token_bytes(16)
    carol = Adversary(stage.carol)
    about = reference(stage.bob, stage.carol, late)
    await carol.say(stage.home, annotations.Edit(about, "parked, then shown"))
    await carol.say(stage.home, Text("first words"), message=late)
    await stage.bob.shown(late, stage.carol, lambda shown: shown.edited)


async def _all(stage: Stage, contents: Sequence[base.Form]) -> None:
    sealed = [await stage.alice.seal(stage.home, content) for content in contents]
    answers = await asyncio.gather(*(stage.alice.post(said.submit) for said in sealed))
    assert all(isinstance(answer, frames.AcceptedItem) for answer in answers)


async def test_nothing_hostile_was_ever_an_alarm(stage: Stage) -> None:
    pending = await stage.bob.messenger.database.read(notices.pending)
    assert not [each for each in pending if each.alarm and each.kind != "devices"]
