"""A view over an offline messenger, shown at a fixed size, and a short way to fill it without a store."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.client import diffs
from app.client.timeline import Item
from app.desktop.loop import Loop
from app.ui.conversation.scene import Scene
from app.ui.conversation.wording import Wording
from app.ui.theme import Theme
from tests.ui.conversation.figures import ME, NOW

Fill = Callable[[Sequence[Item]], Scene]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The program's own loop: between a test and its fixtures a timeline goes on that must have one."""

    def made() -> asyncio.AbstractEventLoop:
        application = QApplication.instance()
        assert application is not None
        return Loop(application)

    return {"qt": made}


@pytest.fixture
def wording() -> Wording:
    return Wording(lambda: NOW, UTC, ME)


@pytest.fixture
def scene(application: QApplication, theme: Theme, wording: Wording) -> Iterator[Scene]:
    host = QObject()  # not the theme: a child that holds the last reference to its own parent ends twice
    made = Scene(theme, wording, host)
    made.fit(600, 400)
    yield made
    host.deleteLater()


@pytest.fixture
def fill(scene: Scene) -> Fill:
    """Put items into the scene, as the timeline does when it opens."""

    def put(items: Sequence[Item]) -> Scene:
        scene.take((diffs.Reset(tuple(items)),))
        return scene

    return put
