"""An address goes from one account to another: nothing written to the old one goes to the new one without a yes."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from app.client import leaving
from app.client.routing import Wanted
from app.common import errors
from app.domain.bearer import Agreement, Bearer, Capability, Wish
from app.domain.delivery import Reason, Status
from app.storage import jobs, recipients
from app.storage import people as table
from tests.parts import people, relay
from tests.parts.people import Present, Someone

ALICE, BOB = "alice@example.com", "bob@example.com"


@dataclass
class Scene:
    """Alice and Bob have talked, and Bob has gone; whoever has his address since is not online yet."""

    alice: Someone
    bob: bytes  # the person, as Alice has him
    other: Someone


@contextlib.asynccontextmanager
async def moved(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with relay.inside(tmp_path / "relay") as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        async with alice.online() as here, bob.online() as there:
            await here.status(await here.write(BOB, "first"), Status.SENT)
            await there.received(1)
            await there.accept(ALICE)
            steps = [step async for step in leaving.leave(there.messenger.rich, there.messenger.addresses)]
            assert {step.state for step in steps} == {"working", "done"}
            person = (await here.messenger.conversations.find(BOB)).person
        other = await people.join(tmp_path / "other", inside.url, BOB)
        yield Scene(alice, person, other)


@contextlib.asynccontextmanager
async def moving(tmp_path: Path) -> AsyncGenerator[tuple[Present, Present]]:
    """Alice, and whoever has Bob's address by now, both online."""
    async with moved(tmp_path) as made, made.alice.online() as here, made.other.online() as there:
        yield here, there


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with moved(tmp_path) as made:
        yield made


async def failed(here: Present, message: bytes) -> Reason | None:
    """Why it failed, once it has."""
    await here.status(message, Status.FAILED)
    row = await here.row(message)
    (entry,) = (await here.messenger.database.read(lambda view: recipients.of_rows(view, [row])))[row]
    return entry.reason


async def came(there: Present, *words: str) -> None:
    """These have arrived, in that order and nothing else."""
    found = await there.received(len(words))
    assert len(found) == len(words)
    assert all(said in body for said, body in zip(words, found, strict=True))


async def test_who_has_it_by_now_is_a_new_person_after_a_yes(scene: Scene) -> None:
    async with scene.alice.online() as here, scene.other.online() as there:
        routing = here.messenger.routing
        found = await routing.forecast(scene.bob, Wanted("for Bob"))
        assert (found.capability, found.choice.bearer, found.choice.why) == (
            Capability.MOVED, Bearer.NONE, Reason.OTHER_ACCOUNT
        )  # fmt: skip
        queued = await here.write(BOB, "for Bob alone")
        assert await failed(here, queued) == Reason.OTHER_ACCOUNT

        said = await routing.lookup(BOB)
        assert (said.rich, said.moved) == (True, True)
        assert (await routing.person_for(BOB)).person == scene.bob  # asking is no yes
        person = await routing.person_for(BOB, anew=True)
        assert person.person != scene.bob
        assert person.account == there.messenger.me.account
        assert not (await routing.lookup(BOB)).moved
        message = await here.write(BOB, "for whoever this is")
        await here.status(message, Status.SENT)
        await came(there, "for whoever this is")

        again = await here.messenger.database.read(lambda view: table.get(view, scene.bob))
        assert again is not None
        assert again.account != person.account
        assert await here.messenger.database.read(lambda view: table.addresses(view, [scene.bob])) == []
        row = await here.row(queued)
        await here.messenger.sending.retry(row)
        assert await failed(here, queued) is not None
        await here.status(await here.write(BOB, "the last"), Status.SENT)
        await came(there, "for whoever this is", "the last")


async def test_no_yes_to_a_text_leads_there(scene: Scene) -> None:
    """The number of somebody who left may be anybody's: neither wish nor agreement makes a text of it."""
    async with scene.alice.online() as here:
        for wanted in (
            Wanted("x", Wish.TEXT, Agreement(9, 9)),
            Wanted("x", Wish.AUTO, Agreement(9, 9)),
            Wanted("x", Wish.ASK),
        ):
            choice = (await here.messenger.routing.forecast(scene.bob, wanted)).choice
            assert (choice.bearer, choice.why) == (Bearer.NONE, Reason.OTHER_ACCOUNT)
        assert (await here.messenger.routing.forecast(scene.bob, Wanted("x"))).moved == BOB


async def test_what_waits_while_nobody_answers_stays_bound_to_the_old_one(scene: Scene) -> None:
    async with scene.alice.awake() as here:
        await here.messenger.connection.close()
        message = await here.write(BOB, "written offline")
        row = await here.row(message)
        (job,) = await here.messenger.database.read(lambda view: jobs.of_message(view, row))
        assert job.person == scene.bob
    async with scene.alice.online() as here, scene.other.online() as there:
        assert await failed(here, message) == Reason.OTHER_ACCOUNT
        await here.messenger.routing.person_for(BOB, anew=True)
        with contextlib.suppress(errors.KingfisherError):
            await here.messenger.sending.retry(row)
        await here.status(await here.write(BOB, "after it"), Status.SENT)
        await came(there, "after it")


async def test_where_only_another_of_their_addresses_moved_the_number_still_takes_texts(scene: Scene) -> None:
    """What counts is where a text would go."""
    async with scene.alice.online() as here:
        await here.messenger.database.write(lambda tx: table.put_address(tx, "+12025550102", scene.bob))
        found = await here.messenger.routing.forecast(scene.bob, Wanted("x"))
        assert (found.capability, found.moved, found.number) == (Capability.NOT_RICH, "", "+12025550102")
