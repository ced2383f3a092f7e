"""What nobody fetches in thirty days: shown as not delivered, and it can still go once, one way or the other."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.common import clock
from app.domain.bearer import Bearer
from app.domain.delivery import Reason, Status
from app.protocol import limits
from app.storage import jobs, messages, notices, recipients
from app.storage.recipients import Recipient
from app.storage.transaction import Tx
from tests.parts import people, siblings, texting
from tests.parts.people import Present, Someone
from tests.parts.texting import Network
from tests.stories.test_texts import ALICE, BOB, YES, bearer_of, prove, settled, to


@dataclass
class Scene:
    """Alice has written *for you* to Bob, who did not fetch it; both are offline."""

    alice: Someone
    bob: Someone
    sent: bytes
    network: Network
    inside: texting.Inside
    time: clock.SystemClock

    async def pass_by(self, days: float) -> None:
        self.time.offset += round(days * limits.DAY)
        await self.inside.relay._upkeep.turn()

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncGenerator[Present]:
        """Alice, who has heard of it."""
        async with self.alice.online() as here:
            await here.status(self.sent, Status.FAILED)
            assert (await entry_of(here, self.sent)).reason == Reason.EXPIRED
            yield here


@contextlib.asynccontextmanager
async def written(folder: Path) -> AsyncGenerator[Scene]:
    time, network = clock.SystemClock(), Network()
    async with texting.relay(folder / "relay", network, time=time) as inside:
        alice = await people.join(folder / "alice", inside.url, ALICE, time=time)
        await prove(inside, ALICE)
        bob = await people.join(folder / "bob", inside.url, BOB, time=time)
        async with alice.online() as here:
            sent = await to(here, BOB, "for you")
            await here.status(sent, Status.SENT)
        yield Scene(alice, bob, sent, network, inside, time)


@contextlib.asynccontextmanager
async def erased(folder: Path) -> AsyncGenerator[Scene]:
    async with written(folder) as scene:
        await scene.pass_by(30.1)
        yield scene


async def entry_of(present: Present, message: bytes) -> Recipient:
    row = await present.row(message)
    (entry,) = (await present.messenger.database.read(lambda view: recipients.of_rows(view, [row])))[row]
    return entry


async def jobs_of(present: Present, message: bytes) -> list[jobs.Job]:
    row = await present.row(message)
    return await present.messenger.database.read(lambda view: jobs.of_message(view, row))


async def has(there: Present, *words: str) -> None:
    """These, and nothing else, once everything in the mailbox was taken."""
    await there.messenger.caught_up()
    await there.received(len(words))
    assert await there.texts(ALICE) == list(words)


async def test_tried_again_it_is_delivered_once(tmp_path: Path) -> None:
    async with erased(tmp_path) as scene, scene.told() as here:
        before = await entry_of(here, scene.sent)
        await here.messenger.sending.retry(await here.row(scene.sent))
        await here.status(scene.sent, Status.SENT)
        after = await entry_of(here, scene.sent)
        assert (after.attempt, after.account) == (before.attempt + 1, before.account)
        assert after.submit != before.submit
        async with scene.bob.online() as there:
            await has(there, "for you")
            await there.accept(ALICE)
            await here.status(scene.sent, Status.DELIVERED)
            await here.messenger.sending.retry(await here.row(scene.sent))  # not to those who have it
            assert await jobs_of(here, scene.sent) == []
            await to(here, BOB, "and more")
            await there.received(2)
            await has(there, "for you", "and more")
        assert not scene.network.asked


async def test_the_relays_repeated_word_does_not_fail_the_attempt_that_waits(tmp_path: Path) -> None:
    """It says so again at the login, before the retry of an offline day has left."""
    async with erased(tmp_path) as scene:
        async with scene.told() as here:
            old = await entry_of(here, scene.sent)
            await here.messenger.connection.close()
            await here.messenger.sending.retry(await here.row(scene.sent))
            await here.messenger.outbox.expired([old.submit])
            assert (await entry_of(here, scene.sent)).status is Status.QUEUED
        async with scene.alice.online() as here:
            await here.status(scene.sent, Status.SENT)
            await here.messenger.outbox.expired([old.submit])
            assert (await entry_of(here, scene.sent)).status is Status.SENT
        async with scene.bob.online() as there:
            await has(there, "for you")


async def test_as_a_text_it_goes_once_and_as_nothing_else(tmp_path: Path) -> None:
    async with erased(tmp_path) as scene, scene.told() as here:
        await here.messenger.sending.as_text(await here.row(scene.sent), YES)
        await settled(here, 1)
        await here.status(scene.sent, Status.SENT)
        assert (scene.network.words(), await bearer_of(here, scene.sent)) == ("for you", Bearer.TEXT)
        async with scene.bob.online() as there:
            await there.messenger.caught_up()
            assert await there.messenger.database.read(lambda view: messages.recent(view, 9)) == []


async def test_as_a_text_wished_before_the_relay_had_said_so(tmp_path: Path) -> None:
    """The yes holds: the relay's word that it was erased stands for the withdrawal."""
    async with written(tmp_path) as scene:
        async with scene.alice.online() as here:
            await here.messenger.connection.close()
            old = await entry_of(here, scene.sent)
            await here.messenger.sending.as_text(old.row, YES)
            await scene.pass_by(30.1)
            await here.messenger.outbox.expired([old.submit])
            assert (await entry_of(here, scene.sent)).status is Status.QUEUED
        async with scene.alice.online() as here:
            await settled(here, 1)
            await here.status(scene.sent, Status.SENT)
            assert scene.network.words() == "for you"


async def test_said_while_the_relay_is_asked_to_take_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer, *not known*, is about the attempt before."""
    async with written(tmp_path) as scene, scene.alice.online() as here:

        async def withdraw(submit: bytes, *_: bytes) -> str:
            await here.messenger.outbox.expired([submit])
            return "not_known"

        monkeypatch.setattr(here.messenger.connection, "withdraw", withdraw)
        await here.messenger.sending.as_text(await here.row(scene.sent), YES)
        await settled(here, 1)
        await here.status(scene.sent, Status.SENT)
        assert (scene.network.words(), await bearer_of(here, scene.sent)) == ("for you", Bearer.TEXT)


async def test_what_was_erased_before_its_answer_came_is_not_sent(tmp_path: Path) -> None:
    """The link broke before *accepted* and stayed broken: those bytes would be accepted again, and kept for nobody."""
    async with written(tmp_path) as scene, scene.alice.online() as here:
        await here.messenger.connection.close()
        old = await entry_of(here, scene.sent)

        def unanswered(tx: Tx) -> None:
            stored = messages.get(tx, old.row)
            assert stored is not None
            tx.run("UPDATE recipients SET status = 'queued' WHERE row = ?", (old.row,))
            new = jobs.NewJob(
                stored.conversation, stored.message, stored.kind, row=old.row, person=old.person, account=old.account
            )
            jobs.save_sealed(tx, jobs.enqueue(tx, new), submit=old.submit, boot=old.boot, sealed=b"bytes")

        await here.messenger.database.write(unanswered)
        for said in ([old.submit], [b"never heard of", old.submit]):
            await here.messenger.outbox.expired(said)
            now = await entry_of(here, scene.sent)
            assert (now.status, now.reason) == (Status.FAILED, Reason.EXPIRED)
            assert await jobs_of(here, scene.sent) == []


async def test_an_answer_that_comes_after_it_was_erased_is_old_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with written(tmp_path) as scene, scene.alice.online() as here:
        submit = here.messenger.connection.submit

        async def overtaken(name: bytes, sealed: bytes) -> object:
            answer = await submit(name, sealed)
            await here.messenger.outbox.expired([name])
            return answer

        monkeypatch.setattr(here.messenger.connection, "submit", overtaken)
        sent = await to(here, BOB, "another")
        await here.status(sent, Status.FAILED)
        await here.messenger.outbox.idle()
        assert (await entry_of(here, sent)).status is Status.FAILED


async def test_what_has_arrived_stays_arrived(tmp_path: Path) -> None:
    async with written(tmp_path) as scene, scene.alice.online() as here:
        async with scene.bob.online() as there:
            await there.received(1)
            await there.accept(ALICE)
            await here.status(scene.sent, Status.DELIVERED)
        await here.messenger.outbox.expired([(await entry_of(here, scene.sent)).submit])
        assert (await entry_of(here, scene.sent)).status is Status.DELIVERED


async def test_a_second_device_that_has_its_copy_notices_nothing(tmp_path: Path) -> None:
    """Also when the relay has forgotten that the copy was there."""
    async with written(tmp_path) as scene:
        async with scene.alice.online() as here:
            second = await siblings.link(here, tmp_path / "second")
            sent = await to(here, BOB, "with a copy")
            await here.status(sent, Status.SENT)
            await here.messenger.outbox.idle()
        async with second.online() as other:
            await other.messenger.caught_up()
            assert len(await other.messenger.database.read(lambda view: messages.recent(view, 9))) == 1
        await scene.pass_by(32)
        async with scene.alice.online() as here:
            await here.status(sent, Status.FAILED)
            await here.messenger.sending.retry(await here.row(sent))
            await here.status(sent, Status.SENT)
            await here.messenger.outbox.idle()
        async with second.online() as other:
            await other.messenger.caught_up()
            assert len(await other.messenger.database.read(lambda view: messages.recent(view, 9))) == 1
            told = await other.messenger.database.read(notices.pending)
            assert [each.code for each in told if each.kind == "refused"] == []
        async with scene.bob.online() as there:
            await has(there, "with a copy")
