"""One message centre for all tests of a file, new for each of them, and a sink that keeps what it is told."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from app.relay.store.sqlite import writer
from tests.parts import message_centre
from tests.parts.message_centre import MessageCentre
from tests.relay.texts import scene as scenes
from tests.relay.texts.scene import Scene
from tests.relay.texts.seat import Sink


@pytest.fixture(scope="session")
def _centre_process() -> Iterator[str]:
    with message_centre.process() as control:
        yield control


@pytest.fixture
async def centre(_centre_process: str) -> AsyncGenerator[MessageCentre]:
    """A message centre that does nothing wrong until it is told to."""
    async with message_centre.at(_centre_process) as running:
        yield running


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits follow each other at once: these tests wait for one after the other, and gain nothing by sharing them."""
    monkeypatch.setattr(writer, "LINGER", 0.0)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    """Alice at a relay whose gateway takes everything, until it is told otherwise."""
    async with scenes.scene(tmp_path / "relay") as playing:
        yield playing
