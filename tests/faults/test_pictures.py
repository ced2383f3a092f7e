"""Whoever is killed over an MMS, wherever: it leaves once and whole, or is perhaps sent; one back is shown once."""

import asyncio
import itertools
from pathlib import Path

import pytest

from tests.faults import picturing, table
from tests.faults.dialogue import Fault, Unreached, Untrue
from tests.faults.picturing import PictureWorld
from tests.faults.test_texts import COMMITS, SUBMIT, WHO
from tests.parts import faults

POST = "app.relay.texts.provider.ProviderGateway.submit"
# The table of texts, with this gateway in place of that one, and what only pictures have.
PLACES = (
    *((WHO[row.process], POST if row.point == SUBMIT else row.point) for row in table.rows("T")),
    ("alice", "app.client.pictures.Pictures.open"),
    ("alice", "app.client.sending.Sending.send"),
    ("alice", "app.client.pictures.incoming"),
    ("relay", "app.relay.texts.serving_media.ServingMedia._answer"),
    ("relay", "app.relay.texts.provider.ProviderGateway.called"),
    ("relay", "app.relay.texts.provider.ProviderGateway.fetch"),
    ("relay", "app.relay.mailbox.Mailbox.acknowledge"),
)
WORST = Fault("relay", POST, "after")  # the provider has it, will fetch the piece, and the relay does not know


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> PictureWorld:
    return asyncio.run(picturing.make(tmp_path_factory.mktemp("pictures") / "made"))


@pytest.mark.parametrize("point", sorted({point for _, point in PLACES}))
def test_every_place_is_a_function(point: str) -> None:
    assert faults.find(point).name == point.rpartition(".")[2]


async def test_killed(world: PictureWorld, tmp_path: Path) -> None:
    assert await picturing.play(world, tmp_path / "case", WORST) == 1


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("who", "point"), PLACES)
async def test_killed_everywhere(world: PictureWorld, tmp_path: Path, who: str, point: str, when: str) -> None:
    assert await picturing.play(world, tmp_path / "case", Fault(who, point, when)) == 1


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("who", "point"), COMMITS, ids=["client", "relay"])
async def test_killed_at_every_commit(world: PictureWorld, tmp_path: Path, who: str, point: str, when: str) -> None:
    """The first, the second, and so on until there is none left."""
    reached = 0
    for nth in itertools.count(1):
        try:
            await picturing.play(world, tmp_path / str(nth), Fault(who, point, when, nth=nth))
        except Unreached:
            break
        reached = nth
    assert reached >= 8


@pytest.mark.long
async def test_a_planted_bug_is_found(world: PictureWorld, tmp_path: Path) -> None:
    """A relay that posts again what was being posted when it died."""
    with pytest.raises(Untrue, match="came 2 times"):
        await picturing.play(world, tmp_path / "case", Fault("relay", POST, "after", plant="hand_over_again"))
