"""Which way the program's own words are read: as the screen, but never against all of their letters."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from app.ui.widgets import lines

LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@pytest.mark.parametrize(
    ("text", "screen", "read"),
    [
        ("88 used, 12 left", RIGHT, LEFT),
        ("Waiting for network…", RIGHT, LEFT),
        ("2", RIGHT, LEFT),
        ("2 הודעות", RIGHT, RIGHT),
        ("Dad לא נמצא", RIGHT, RIGHT),  # a foreign name does not turn the sentence
        ("رسالة", RIGHT, RIGHT),
        ("Plan…", LEFT, LEFT),
        ("נועה", LEFT, LEFT),
    ],
)
def test_as_the_screen_but_not_against_all_its_letters(
    text: str, screen: Qt.LayoutDirection, read: Qt.LayoutDirection
) -> None:
    assert lines.reading(text, screen) is read


def test_a_painter_is_set_to_read_so(qapp: object) -> None:
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    painter.setLayoutDirection(RIGHT)
    assert lines.read(painter, "Plan…") == "Plan…"
    assert painter.layoutDirection() is LEFT
    painter.end()
