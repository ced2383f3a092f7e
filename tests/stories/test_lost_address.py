"""A stranger whose last address was taken away meanwhile: nobody writes to them, and what they wrote arrives."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from app.content.text import Text
from app.domain.bearer import Why
from app.domain.delivery import Status
from app.storage import jobs, messages, notices, people
from tests.parts import mail_server, siblings, texting
from tests.parts import people as persons
from tests.parts.people import Present, Someone
from tests.parts.texting import Inside, Network
from tests.parts.waiting import until
from tests.stories.test_texts import ALICE, BOB


@dataclass
class Scene:
    """Alice, whom Bob has never heard of."""

    alice: Someone
    bob: Someone
    network: Network
    inside: Inside

    async def lose(self, account: bytes) -> None:
        """As whoever has her phone, and no device of hers, does on the relay's page."""
        kept = self.inside.relay.accounts.get(account, self.inside.clock.now())
        assert kept is not None
        await until(lambda: not kept.mailbox.sessions)
        await self.inside.relay.proving.start_leaving(ALICE, "")
        await until(lambda: bool(self.network.taken))
        _, item = self.network.taken[-1]
        assert isinstance(item, texting.base.Segment)
        assert (await self.inside.relay.proving.leave(ALICE, mail_server.code_in(item.text))).outcome == "left"
        assert kept.gone


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncGenerator[Scene]:
    network = Network()
    async with texting.relay(folder / "relay", network) as inside:
        alice = await persons.join(folder / "alice", inside.url, ALICE)
        bob = await persons.join(folder / "bob", inside.url, BOB)
        yield Scene(alice, bob, network, inside)


async def words(there: Present) -> list[str]:
    """Everything that has arrived, once the mailbox is empty."""
    await there.messenger.caught_up()
    found = await there.messenger.database.read(lambda view: messages.recent(view, 9))
    return [each.body.decode("utf-8", "replace") for each in found]


async def refused(there: Present) -> list[str]:
    return [each.code for each in await there.messenger.database.read(notices.pending) if each.kind == "refused"]


async def test_what_they_wrote_before_is_there_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        async with made.alice.online() as here:
            account = here.messenger.me.account
            for text in ("my first words", "and my second"):
                await here.status(await here.write(BOB, text), Status.SENT)
        await made.lose(account)
        for _ in range(2):
            async with made.bob.online() as there:
                first, second = await words(there)
                assert "my first words" in first and "and my second" in second
                assert await refused(there) == []
        async with made.bob.online() as there:  # an answer waits, and surely is no text to that number
            person = await there.messenger.database.read(lambda view: people.by_account(view, account))
            assert person is not None and person.chain
            answer = await there.messenger.sending.send(person.person, Text("Hello"))
            await there.until(lambda view: any(job.tries for job in jobs.of_message(view, answer.row)))
            (job,) = await there.messenger.database.read(lambda view: jobs.of_message(view, answer.row))
            assert job.reason == Why.UNCONFIRMED
            assert len(made.network.taken) == 1


async def test_a_device_that_was_removed_is_still_refused(tmp_path: Path) -> None:
    """What holds is the newest list that was verified, and nothing the directory says beside it."""
    async with scene(tmp_path) as made:
        async with made.alice.online() as here:
            account = here.messenger.me.account
            second = await siblings.link(here, tmp_path / "second")
            async with second.online() as other:
                device = other.messenger.me.device
                await other.status(await other.write(BOB, "from a lost device"), Status.SENT)
            await here.status(await here.write(BOB, "from a listed one"), Status.SENT)
            await siblings.unlink(here, device)
        await made.lose(account)
        async with made.bob.online() as there:
            (only,) = await words(there)
            assert "from a listed one" in only
            assert await refused(there) == ["not_a_device"]
