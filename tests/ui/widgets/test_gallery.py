"""Every control in every state, in every look, beside the picture somebody found right."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.theme import Theme
from tests.parts import golden
from tests.ui.widgets.gallery import Gallery

LOOKS = {
    "light": {"mode": "light"},
    "dark": {"mode": "dark"},
    "contrast-light": {"mode": "light", "contrast": "on"},
    "contrast-dark": {"mode": "dark", "contrast": "on"},
    "double": {"mode": "light", "text_size": 200},
    "mirrored": {"mode": "light"},
}


@pytest.fixture
def gallery(application: QApplication, theme: Theme, request: pytest.FixtureRequest) -> Iterator[Gallery]:
    name: str = request.param
    theme.apply(**{"contrast": "off", "motion": "on", **LOOKS[name]})
    if name == "mirrored":
        application.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        yield Gallery(theme)
    finally:
        application.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.mark.parametrize("gallery", LOOKS, indirect=True)
def test_the_controls_look_as_they_did(gallery: Gallery, request: pytest.FixtureRequest) -> None:
    gallery.show()
    gallery.activateWindow()
    assert QTest.qWaitForWindowActive(gallery)
    gallery.theme.keyboard_focus = True
    gallery.focus_button.setFocus(Qt.FocusReason.TabFocusReason)
    image = golden.grab(gallery)
    golden.check(image, f"controls-{request.node.callspec.id}")


@pytest.mark.parametrize("gallery", ["light"], indirect=True)
def test_a_control_that_moved_by_one_pixel_is_seen(gallery: Gallery) -> None:
    gallery.show()
    before = golden.grab(gallery)
    gallery.focus_button.move(gallery.focus_button.x() + 1, gallery.focus_button.y())
    assert golden.differing(before, golden.grab(gallery)) > golden.STRAY
