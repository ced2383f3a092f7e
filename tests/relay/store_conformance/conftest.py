"""Opens each engine over a folder; `crash` is the folder as a dead process would leave it."""

import shutil
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.relay.store.base import Record, Store
from app.relay.store.sqlite import engine

ENGINES: dict[str, Callable[[Path, Callable[[BaseException], None]], Store]] = {"sqlite": engine.open_store}


@dataclass
class Opener:
    """Opens stores of one kind; all are closed with the test."""

    kind: str
    folder: Path
    failures: list[BaseException] = field(default_factory=list[BaseException])
    opened: list[Store] = field(default_factory=list[Store])
    images: int = 0

    def open(self, folder: Path | None = None) -> Store:
        store = ENGINES[self.kind](folder or self.folder, self.failures.append)
        self.opened.append(store)
        return store

    async def close(self, store: Store, *, seen: int | None = None) -> None:
        self.opened.remove(store)
        await store.lifetime.close(seen)

    def crash(self) -> Store:
        """A store over what is on the disk at this moment."""
        self.images += 1
        image = self.folder.with_name(f"image{self.images}")
        shutil.copytree(self.folder, image)
        return self.open(image)


@pytest.fixture(params=ENGINES)
async def opener(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Opener]:
    folder = tmp_path / "store"
    folder.mkdir()
    made = Opener(request.param, folder)
    yield made
    for store in list(made.opened):
        await made.close(store)
    assert made.failures == []


@pytest.fixture
async def store(opener: Opener) -> Store:
    return opener.open()


class Told:
    """Whoever waits for records."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def __call__(self, record: Record) -> None:
        assert record.durable
        self.records.append(record)
