"""A view over an offline messenger, shown at a fixed size, and a short way to fill it without a store."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC

import pytest
from PySide6.QtWidgets import QApplication

from app.client import diffs
from app.client.timeline import Item
from app.ui.conversation.scene import Scene
from app.ui.conversation.wording import Wording
from app.ui.theme import Theme
from tests.ui.conversation.figures import ME, NOW

Fill = Callable[[Sequence[Item]], Scene]


@pytest.fixture
def wording() -> Wording:
    return Wording(lambda: NOW, UTC, ME)


@pytest.fixture
def scene(application: QApplication, theme: Theme, wording: Wording) -> Iterator[Scene]:
    made = Scene(theme, wording, theme)
    made.fit(600, 400)
    yield made
    made.deleteLater()


@pytest.fixture
def fill(scene: Scene) -> Fill:
    """Put items into the scene, as the timeline does when it opens."""

    def put(items: Sequence[Item]) -> Scene:
        scene.take((diffs.Reset(tuple(items)),))
        return scene

    return put
