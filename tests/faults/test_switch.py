"""Whoever is killed while the rich switch is turned over: what the next start says is so, and what was wanted holds."""

import asyncio
import signal
from pathlib import Path

import pytest

from app.storage import own
from app.storage.transaction import View
from tests.faults import world
from tests.faults.table import ROOT
from tests.parts import faults, people
from tests.parts.people import Someone
from tests.parts.relay import Relay, relay

__all__ = ["relay"]

KEEP, PUT = "app.client.rich.RichSwitch._keep", "app.net.http.RelayHttp.put_list"
WISHED, CONFIRMED = 1, 2  # which of the two states is kept
# Where it dies, and whether the wish is on the disk by then.
PLACES = (
    (KEEP, "before", WISHED, False),
    (KEEP, "after", WISHED, True),
    (PUT, "before", 1, True),
    (PUT, "after", 1, True),
    (KEEP, "before", CONFIRMED, True),
    (KEEP, "after", CONFIRMED, True),
)
WORST = (PUT, "after", 1, True)  # the directory says so, and nobody here knows


def settled(view: View) -> bool:
    stored = own.load(view)
    return stored is not None and stored.rich in ("on", "off")


async def killed(alice: Someone, proof: Path, on: bool, point: str, when: str, nth: int) -> None:
    """`kingfisher-cli settings rich_messaging`, ended with SIGKILL there."""
    secret = proof.with_name("passphrase")
    secret.write_text(f"{world.PASSPHRASE}\n")
    fault = ["--point", point, "--when", when, "--nth", str(nth), "--proof", str(proof)]
    command = ["cli", "--profile", str(alice.home.root), "--passphrase-file", str(secret)]
    words = world.program(*fault, *command, "settings", "rich_messaging", "on" if on else "off")
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert proof.read_bytes() == b"."
    proof.unlink()


async def turned(relay: Relay, folder: Path, on: bool, point: str, when: str, nth: int, wished: bool) -> None:
    alice = await people.join(folder / "alice", relay.url, "alice@example.com")
    world.open_with_passphrase(alice)
    if on:
        async with alice.online() as here:
            await here.messenger.rich.switch(False)
    await killed(alice, folder / "proof", on, point, when, nth)
    async with alice.online() as here:
        await here.messenger.caught_up()
        await here.until(settled)
        wanted = on if wished else not on
        assert await here.messenger.rich.state() == ("on" if wanted else "off")
        assert (await here.messenger.peers.refresh(here.messenger.me.account)).rich is wanted


@pytest.mark.parametrize("point", [KEEP, PUT])
def test_every_place_is_a_function(point: str) -> None:
    assert faults.find(point).name == point.rpartition(".")[2]


async def test_killed(relay: Relay, tmp_path: Path) -> None:
    await turned(relay, tmp_path, False, *WORST)


@pytest.mark.long
@pytest.mark.parametrize("on", [False, True], ids=["off", "on"])
@pytest.mark.parametrize(("point", "when", "nth", "wished"), PLACES)
async def test_killed_everywhere(
    relay: Relay, tmp_path: Path, on: bool, point: str, when: str, nth: int, wished: bool
) -> None:
    await turned(relay, tmp_path, on, point, when, nth, wished)
