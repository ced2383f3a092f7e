"""A relay that lies about lists, prekeys, addresses and senders: refused, said, and without effect once it ends."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from app.client import changes, records
from app.common import errors, ids
from app.content.text import Text
from app.domain.delivery import Reason, Status
from app.protocol import devices, frames, limits, requests, signed
from app.protocol.devices import DeviceList, KeyKind
from app.protocol.signed import Signed
from app.storage import jobs, messages, notices, recipients
from app.storage import people as people_table
from app.storage.transaction import View
from tests.parts import people, siblings
from tests.parts.adversary import changed, world
from tests.parts.lying_wire import LyingWire, honest, lying_relay, nothing_kept
from tests.parts.people import Present

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOB, ALICE, CAROL = "bob@example.com", "alice@example.com", "carol@example.com"


@dataclass
class Stage:
    """Alice is lied to about Bob, who has had two lists so far; Carol would like to be in his place."""

    folder: Path
    wire: LyingWire
    alice: Present
    bob: Present
    carol: Present
    chain: tuple[Signed, ...]  # Bob's, as it is
    number: int = 0

    @property
    def account(self) -> ids.AccountId:
        return self.bob.messenger.me.account

    def found(self, chain: Sequence[Signed]) -> None:
        """From now on Alice is told this of Bob's account, and that what she sends him does not fit his devices."""

        def lie(device: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
            if device == self.alice.messenger.me.device and isinstance(frame, frames.Found):
                return (msgspec.structs.replace(frame, chain=tuple(chain), freshness=None),)
            return (frame,)

        self.wire.lie = lie
        self.refuse_all(lambda submit: frames.StaleDevices(submit, self.account, bytes(32)))

    def refuse_all(self, answer: Callable[[bytes], frames.Frame]) -> None:
        """From now on nothing of Alice's reaches the relay: had Bob it after all, his receipt could come first."""

        def keep(device: bytes, frame: frames.ClientFrame) -> Sequence[frames.Frame] | None:
            if device == self.alice.messenger.me.device and isinstance(frame, frames.Submit):
                return (answer(frame.submit),)
            return None

        self.wire.keep = keep

    def end(self) -> None:
        """The truth again."""
        self.wire.lie, self.wire.keep = honest, nothing_kept

    async def told(self, kind: str, code: str) -> int:
        """How often Alice was told that."""
        pending = await self.alice.messenger.database.read(notices.pending)
        return sum(each.times for each in pending if (each.kind, each.code) == (kind, code))

    async def reason(self, message: bytes) -> str:
        row = await self.alice.row(message)
        entries = await self.alice.messenger.database.read(lambda view: recipients.of_rows(view, [row])[row])
        return entries[0].reason

    async def waits(self, message: bytes, reason: str) -> None:
        """Until it is *queued* for that reason."""

        def waiting(view: View) -> bool:
            found = messages.find(view, self.alice.messenger.me.account, message)
            assert found is not None
            entry = recipients.of_rows(view, [found.row])[found.row][0]
            assert entry.status is not Status.FAILED, entry.reason
            return (entry.status, entry.reason) == (Status.QUEUED, reason)

        await self.alice.until(waiting)

    async def hurry(self) -> None:
        """Do not wait for the next try."""
        await self.alice.messenger.database.write(jobs.hurry)
        self.alice.messenger.outbox.wake()

    async def arrives(self, message: bytes, there: Present | None = None) -> None:
        author = self.alice.messenger.me.account
        await (there or self.bob).until(lambda view: messages.find(view, author, message) is not None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder: Path = tmp_path_factory.mktemp("lying")
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(lying_relay(folder))
        joined = [await people.join(folder / address, wire.url, address) for address in (BOB, ALICE, CAROL)]
        bob, alice, carol = [await stack.enter_async_context(someone.online()) for someone in joined]
        await siblings.link(bob, folder / "tablet")
        hello, other = [await alice.write(address, "hello") for address in (BOB, CAROL)]
        await alice.status(other, Status.SENT)
        await bob.received(1)
        await bob.accept(ALICE)
        await alice.status(hello, Status.DELIVERED)
        chain = await bob.messenger.connection.lookup_account(bob.messenger.me.account)
        yield Stage(folder, wire, alice, bob, carol, chain.chain)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: Stage) -> AsyncGenerator[Stage]:
    yield home
    home.end()
    home.wire.claimed = lambda body: body
    # The truth is enough to go on; and no receipt is under way that would come into the next test.
    await home.alice.status(await home.alice.write(BOB, "the truth again"), Status.DELIVERED)


# lists


def head(stage: Stage, *chain: Signed) -> DeviceList:
    return devices.verify_chain(stage.bob.messenger.me.relay, stage.account, chain)


def forked(stage: Stage) -> tuple[Signed, ...]:
    """Another second list than the one Alice has seen, properly signed by Bob's device."""
    first = head(stage, stage.chain[0])
    return stage.chain[0], devices.next_list(first, stage.bob.messenger.me.seed, 1, rich=False)


def forked_and_longer(stage: Stage) -> tuple[Signed, ...]:
    start = forked(stage)
    after = devices.next_list(head(stage, *start), stage.bob.messenger.me.seed, 2, rich=True)
    return *start, after


def by_a_stranger(stage: Stage) -> tuple[Signed, ...]:
    return *stage.chain, devices.next_list(head(stage, *stage.chain), bytes(range(32)), 3)


def of_carol(stage: Stage) -> tuple[Signed, ...]:
    """Carol's own list under Bob's account."""
    app = stage.carol.messenger
    record = devices.make_record(app.me.relay, app.me.account, app.me.device, bytes(32), app.me.seed, 1)
    return (devices.first_list(app.me.relay, bytes(range(32)), [record], 1),)


def not_bobs_root(stage: Stage) -> tuple[Signed, ...]:
    first = devices.first_list(stage.bob.messenger.me.relay, bytes(range(32)), (), 1)
    body = first.body.replace(signed.account_id(first.signer), stage.account)
    return (signed.sign(bytes(range(32)), body),)


def altered(stage: Stage) -> tuple[Signed, ...]:
    last = stage.chain[-1]
    body = last.body[:-1] + bytes([last.body[-1] ^ 1])
    return *stage.chain[:-1], msgspec.structs.replace(last, body=body)


def without_its_middle(stage: Stage) -> tuple[Signed, ...]:
    third = devices.next_list(head(stage, *stage.chain), stage.bob.messenger.me.seed, 4)
    return stage.chain[0], third


LISTS: list[tuple[Callable[[Stage], tuple[Signed, ...]], str]] = [
    (forked, "list_forked"),
    (forked_and_longer, "list_forked"),
    (lambda stage: stage.chain[:1], "list_went_back"),
    (without_its_middle, "list_forked"),
    (by_a_stranger, "not_a_device"),
    (of_carol, "wrong_names"),
    (not_bobs_root, "not_the_root"),
    (altered, "bad_signature"),
    (lambda _: (), "bad_chain"),
    (lambda stage: stage.chain[1:], "not_the_root"),
]


@pytest.mark.expect_log("a device list was refused")
@pytest.mark.parametrize(("make", "code"), LISTS)
async def test_a_false_list(stage: Stage, make: Callable[[Stage], tuple[Signed, ...]], code: str) -> None:
    before = await stage.alice.messenger.database.read(pinned)
    told = await stage.told("list", code)
    stage.found(make(stage))
    message = await stage.alice.write(BOB, "not to whoever that is")
    await stage.alice.status(message, Status.FAILED)
    assert await stage.reason(message) == Reason.UNTRUSTED_LIST
    assert await stage.told("list", code) == told + 1
    assert await stage.alice.messenger.database.read(pinned) == before


def pinned(view: View) -> list[object]:
    return [
        *view.rows("SELECT person, account, list_epoch, list_version, list_hash, chain FROM people ORDER BY person"),
        *view.rows("SELECT account, device, removed FROM pairs ORDER BY account, device"),
    ]


async def test_devices_that_are_always_said_to_be_others(stage: Stage) -> None:
    stage.found(stage.chain)
    message = await stage.alice.write(BOB, "three times and no more")
    await stage.alice.status(message, Status.FAILED)
    assert await stage.reason(message) == Reason.STALE_DEVICES
    stage.end()
    await stage.alice.messenger.sending.retry(await stage.alice.row(message))
    await stage.arrives(message)


async def test_an_edit_a_reaction_and_a_retraction_that_are_refused_can_be_tried_again(stage: Stage) -> None:
    """Here the message shows them, there it does not: that is said until they are there."""
    app = stage.alice.messenger
    sent = [await stage.alice.write(BOB, words) for words in ("one", "two", "three")]
    for message in sent:
        await stage.alice.status(message, Status.SENT)
    rows = [await stage.alice.row(message) for message in sent]
    stage.refuse_all(lambda submit: frames.Refused("too_large", submit))
    told: list[changes.Change] = []
    with app.hub.listening(told.append):
        await app.sending.edit(rows[0], "one and a half")
        await app.sending.react(rows[1], "👍")
        await app.sending.retract(rows[2])
        await stage.alice.until(lambda view: undelivered(view, rows) == ["edit", "reaction", "retraction"])
    noted = [each.rows for each in told if isinstance(each, changes.MessagesChanged)]
    assert all(any(row in named for named in noted[-3:]) for row in rows)
    stage.end()
    for row in rows:
        await app.sending.retry(row)
    assert await app.database.read(lambda view: undelivered(view, rows)) == ["", "", ""]
    await stage.bob.shown(sent[0], stage.alice, lambda shown: shown.edited)
    await stage.bob.shown(sent[1], stage.alice, lambda shown: bool(shown.reactions))
    await stage.bob.shown(sent[2], stage.alice, lambda shown: shown.retracted)


def undelivered(view: View, rows: Sequence[int]) -> list[str]:
    stored = [found for row in rows if (found := messages.get(view, row)) is not None]
    return [record.undelivered for record in records.read(view, stored)]


# being there at all


async def test_an_account_once_seen_is_not_gone_because_the_relay_says_so(stage: Stage) -> None:
    def gone(_: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
        return (frames.Found(frame.request, "not_found"),) if isinstance(frame, frames.Found) else (frame,)

    for lie, answer in (
        (gone, lambda submit: frames.StaleDevices(submit, stage.account, bytes(32))),
        (honest, lambda submit: frames.Refused("no_account", submit)),
    ):
        stage.wire.lie = lie
        stage.refuse_all(answer)
        message = await stage.alice.write(BOB, "are you gone?")
        await stage.waits(message, "unconfirmed")
        assert (await stage.alice.messenger.routing.person_for(BOB)).account == stage.account
        stage.end()
        await stage.hurry()
        await stage.alice.status(message, Status.SENT)
        await stage.arrives(message)


async def test_somebody_known_by_account_alone_is_waited_for_too(stage: Stage) -> None:
    """As after an invite: nothing but the account is known, and the relay denies it."""
    dave = await people.join(stage.folder / "dave", stage.wire.url, "dave@example.com")
    async with dave.online() as there:
        account = there.messenger.me.account
        await stage.alice.messenger.upkeep.joined(frames.Joined((account,)))
        person = await stage.alice.messenger.database.read(lambda view: people_table.by_account(view, account))
        assert person is not None
        stage.wire.lie = lambda _, frame: (
            (frames.Found(frame.request, "not_found"),) if isinstance(frame, frames.Found) else (frame,)
        )
        written = await stage.alice.messenger.sending.send(person.person, Text("welcome"))
        await stage.waits(written.message, "unconfirmed")
        stage.wire.lie = honest
        await stage.hurry()
        await stage.arrives(written.message, there)


async def test_another_account_behind_a_known_address(stage: Stage) -> None:
    carol = await stage.carol.messenger.connection.lookup_account(stage.carol.messenger.me.account)
    bob = await stage.alice.messenger.conversations.find(BOB)
    address = await stage.alice.messenger.database.read(lambda view: people_table.addresses(view, [bob.person]))
    assert [each.address for each in address] == [BOB]

    def lie(device: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
        if isinstance(frame, frames.Found) and device == stage.alice.messenger.me.device:
            return (msgspec.structs.replace(carol, request=frame.request, standing="claimed"),)
        return (frame,)

    stage.wire.lie = lie
    before = await stage.alice.messenger.database.read(world)
    assert (await stage.alice.messenger.routing.lookup(BOB)).rich is True
    assert (await stage.alice.messenger.routing.person_for(BOB)).person == bob.person
    await stage.alice.messenger.routing.check_claim(stage.account)
    assert changed(before, await stage.alice.messenger.database.read(world)) == set()
    with pytest.raises(errors.Malformed):
        await stage.alice.messenger.peers.refresh(stage.account)
    message = await stage.alice.write(BOB, "for Bob, whoever has his address")
    await stage.arrives(message)
    assert await stage.carol.messenger.database.read(lambda view: messages.with_id(view, message)) == []


# prekeys


def each_bundle(change: Callable[[requests.Bundle], requests.Bundle]) -> Callable[[requests.Claimed], requests.Claimed]:
    return lambda claimed: requests.Claimed(tuple(change(bundle) for bundle in claimed.bundles))


def unsigned(item: Signed | None) -> Signed | None:
    return msgspec.structs.replace(item, signature=bytes(64)) if item is not None else None


def by_another(item: Signed | None) -> Signed | None:
    return signed.sign(bytes(range(32)), item.body) if item is not None else None


def renamed(item: Signed | None) -> Signed | None:
    """Somebody else's signature under the right name."""
    made = by_another(item)
    return msgspec.structs.replace(made, signer=item.signer) if item is not None and made is not None else None


async def test_prekeys_that_do_not_hold(stage: Stage) -> None:
    dave = await people.join(stage.folder / "erin", stage.wire.url, "erin@example.com")
    async with dave.online() as there:
        me = there.messenger.me
        mine = await there.messenger.peers.current(me.account)

        def made(kind: KeyKind, size: int, *, ago: int = 0, seed: bytes = me.seed, device: bytes = me.device) -> Signed:
            now = there.messenger.clock.now()
            key, until = bytes(range(256))[:32] * (size // 32), now + limits.DAY - ago
            return devices.make_prekey(mine, device, seed, kind, b"k" * 8, key, now - ago, until)

        replace = msgspec.structs.replace
        old = made(KeyKind.PQ_ONE_TIME, 1216, ago=2 * limits.DAY)  # which is no lie: she may have been away
        lies: list[tuple[Callable[[requests.Bundle], requests.Bundle], str]] = [
            (lambda bundle: replace(bundle, olm=unsigned(bundle.olm), pq=unsigned(bundle.pq)), "bad_signature"),
            (lambda bundle: replace(bundle, pq=by_another(bundle.pq)), "bad_signature"),
            (lambda bundle: replace(bundle, olm=renamed(bundle.olm)), "bad_signature"),
            (lambda bundle: replace(bundle, pq=old), ""),
            (lambda bundle: replace(bundle, pq=made(KeyKind.PQ_ONE_TIME, 1216, device=bytes(16))), "wrong_names"),
            (lambda bundle: replace(bundle, pq=made(KeyKind.PQ_ONE_TIME, 32)), "bad_key"),
            (lambda bundle: replace(bundle, olm=bundle.pq, pq=bundle.olm), "wrong_names"),
            (lambda bundle: replace(bundle, pq=None), ""),
        ]
        message, told = b"", set[str]()
        for lie, code in lies:
            stage.wire.claimed = each_bundle(lie)
            claims = stage.wire.claims
            if not message:
                message = await stage.alice.write("erin@example.com", "never without post-quantum")
            else:
                await stage.alice.messenger.database.write(_forget_reason)
                await stage.hurry()
            await stage.waits(message, "untrusted_keys" if code else "no_device_ready")
            assert stage.wire.claims == claims + 1
            sealed = await stage.alice.messenger.database.read(
                lambda view: view.value("SELECT count(*) FROM jobs WHERE state = 'sealed'")
            )
            assert sealed == 0
            # Said once for each code, however often it is tried.
            told |= {code} - {""}
            alarms = [
                each
                for each in await stage.alice.messenger.database.read(notices.pending)
                if (each.kind, each.account, each.device) == ("prekeys", me.account, me.device)
            ]
            assert sorted((each.code, each.alarm, each.times) for each in alarms) == [
                (each, True, 1) for each in sorted(told)
            ]
        assert told == {"bad_signature", "wrong_names", "bad_key"}
        stage.wire.claimed = lambda body: body
        await stage.hurry()
        await stage.arrives(message, there)


def _forget_reason(tx: View) -> None:
    tx.rows("UPDATE recipients SET reason = '' WHERE status = 'queued' RETURNING row")


# own devices, and whose words they are


async def test_a_device_of_ours_that_we_have_not_heard_of(stage: Stage) -> None:
    before = await stage.told("devices", "unknown_device")
    await siblings.link(stage.carol, stage.folder / "thief", published=False)
    pending = await stage.carol.messenger.database.read(notices.pending)
    alarms = [each for each in pending if (each.kind, each.code) == ("devices", "unknown_device")]
    assert [each.alarm for each in alarms] == [True]
    assert await stage.told("devices", "unknown_device") == before


async def test_bob_s_words_under_carol_s_name(stage: Stage) -> None:
    carol = stage.carol.messenger.me

    def lie(device: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
        if isinstance(frame, frames.Deliver) and frame.device == stage.bob.messenger.me.device and frame.visible:
            return (msgspec.structs.replace(frame, account=carol.account, device=carol.device),)
        return (frame,)

    stage.wire.lie = lie
    await stage.carol.write(ALICE, "really Carol")
    await stage.alice.received(1)
    before = await stage.alice.texts(CAROL)
    message = await stage.bob.write(ALICE, "as if from Carol")
    await stage.alice.until(lambda view: _notices(view, carol.account) == 1)
    assert await stage.alice.texts(CAROL) == before
    assert await stage.alice.messenger.database.read(lambda view: messages.with_id(view, message)) == []


def _notices(view: View, account: bytes) -> int:
    return view.value("SELECT count(*) FROM messages WHERE kind = 'notice/unreadable' AND author = ?", (account,))
