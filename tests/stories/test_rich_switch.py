"""The rich switch: off means that the chain says so, whatever ends in between; correspondents see it at their next."""

import asyncio
from pathlib import Path

import pytest

from app.common import errors
from app.domain.bearer import Agreement, Bearer
from app.domain.delivery import Reason, Status
from app.storage import own
from tests.parts import people, texting
from tests.parts.texting import Network
from tests.stories.test_texts import ALICE, BOB, bearer_of, prove, reason, settled, to


async def test_off_is_seen_at_the_next_message_and_on_again_at_the_one_after(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        await prove(inside, ALICE)
        async with alice.online() as here, bob.online() as there:
            first = await to(here, BOB, "blue")
            await here.status(first, Status.SENT)
            assert len(await there.received(1)) == 1

            await there.messenger.rich.switch(False)
            assert await there.messenger.rich.state() == "off"
            asks = await to(here, BOB, "asks")
            await here.status(asks, Status.FAILED)
            assert await reason(here, asks) == Reason.NEEDS_CONSENT
            green = await to(here, BOB, "green", agreed=Agreement(1))
            await here.status(green, Status.SENT)
            await settled(here, 1)
            assert (network.words(), await bearer_of(here, green)) == ("green", Bearer.TEXT)

            await there.messenger.rich.switch(True)
            assert await there.messenger.rich.state() == "on"
            again = await to(here, BOB, "blue again")
            await here.status(again, Status.SENT)
            assert await bearer_of(here, again) == Bearer.RICH
            await there.received(2)
            assert network.words() == "green"


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize(("state", "ends"), [("leaving", "off"), ("returning", "on")])
async def test_whoever_dies_in_between_ends_in_a_true_state(
    tmp_path: Path, state: str, ends: str, *, written: bool
) -> None:
    """``written``: the entry was in the chain already when the program died."""
    async with texting.relay(tmp_path / "relay", Network()) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        async with alice.online() as here:
            if (ends == "off") == written:
                await here.messenger.rich.switch(False)
            await here.messenger.database.write(lambda tx: own.set_rich(tx, state))
        async with alice.online() as here:
            await here.until(lambda view: _rich(view) == ends)
            head = await here.messenger.peers.refresh(here.messenger.me.account)
            assert head.rich == (ends == "on")


@pytest.mark.parametrize("last", [False, True])
async def test_the_last_of_several_wishes_holds(tmp_path: Path, *, last: bool) -> None:
    """Turned over and over before the directory has confirmed anything."""
    async with texting.relay(tmp_path / "relay", Network()) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        async with alice.online() as here:
            rich = here.messenger.rich
            wishes = [not last, last, not last, last]
            for answer in await asyncio.gather(*(rich.switch(wish) for wish in wishes), return_exceptions=True):
                assert answer is None or isinstance(answer, errors.AgainLater)  # too busy: the wish is kept
            await rich.settle()
            assert await rich.state() == ("on" if last else "off")
            head = await here.messenger.peers.refresh(here.messenger.me.account)
            assert head.rich is last


def _rich(view) -> str:
    stored = own.load(view)
    assert stored is not None
    return stored.rich
