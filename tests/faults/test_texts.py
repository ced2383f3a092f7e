"""Whoever is killed over a text, wherever: it is sent once, or shown as perhaps sent; a reply is shown once."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from tests.faults import table, texting
from tests.faults.dialogue import Fault, Unreached, Untrue
from tests.faults.texting import TextWorld
from tests.parts import faults, message_centre
from tests.parts.message_centre import MessageCentre

WHO = {"client": "alice", "relay": "relay"}
SUBMIT = "app.relay.texts.smpp.SmppGateway.submit"
# The third table of docs/architecture.md; what every text shares with every message comes beside it.
PLACES = (
    *((WHO[row.process], row.point) for row in table.rows("T")),
    ("alice", "app.client.sending.Sending.send"),
    ("alice", "app.net.connection.Connection.acknowledge"),
    ("relay", "app.relay.mailbox.Mailbox.acknowledge"),
)
COMMITS = (
    ("alice", "app.storage.database.Database._commit"),
    ("relay", "app.relay.store.sqlite.writer.Writer._commit"),
)
# The network has the second segment, and the relay does not know.
WORST = Fault("relay", SUBMIT, "after", nth=2)


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    with message_centre.process() as running:
        yield running


@pytest.fixture
async def centre(control: str) -> AsyncGenerator[MessageCentre]:
    async with message_centre.at(control) as running:
        yield running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TextWorld:
    return asyncio.run(texting.make(tmp_path_factory.mktemp("texts") / "made"))


def test_the_documents_table_is_what_is_killed() -> None:
    rows = table.rows("T")
    assert [row.number for row in rows] == [f"T{number}" for number in range(1, len(rows) + 1)]
    assert len(rows) >= 20


@pytest.mark.parametrize("point", sorted({point for _, point in (*PLACES, *COMMITS)}))
def test_every_place_is_a_function(point: str) -> None:
    assert faults.find(point).name == point.rpartition(".")[2]


async def test_killed(world: TextWorld, centre: MessageCentre, tmp_path: Path) -> None:
    assert await texting.play(world, tmp_path / "case", WORST, centre) == 1


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("who", "point"), PLACES)
async def test_killed_everywhere(
    world: TextWorld, centre: MessageCentre, tmp_path: Path, who: str, point: str, when: str
) -> None:
    """At the first time, and twice in a row."""
    for times in (1, 2):
        fault = Fault(who, point, when, times=times)
        assert await texting.play(world, tmp_path / str(times), fault, centre) == times


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("who", "point"), COMMITS, ids=["client", "relay"])
async def test_killed_at_every_commit(
    world: TextWorld, centre: MessageCentre, tmp_path: Path, who: str, point: str, when: str
) -> None:
    """The first, the second, and so on until there is none left."""
    reached = 0
    for nth in itertools.count(1):
        try:
            await texting.play(world, tmp_path / str(nth), Fault(who, point, when, nth=nth), centre)
        except Unreached:
            break
        reached = nth
    assert reached >= 8


@pytest.mark.long
async def test_a_planted_bug_is_found(world: TextWorld, centre: MessageCentre, tmp_path: Path) -> None:
    """A relay that writes again what was being written when it died."""
    with pytest.raises(Untrue, match="came twice"):
        await texting.play(world, tmp_path / "case", Fault("relay", SUBMIT, "after", plant="hand_over_again"), centre)
