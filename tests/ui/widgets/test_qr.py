"""The QR code: read back from its pixels, with its quiet zone, whole pixels, dark on light in every look."""

import pytest
import segno
from PySide6.QtGui import QColor, QImage

from app.ui.theme import Theme
from app.ui.widgets.qr import QUIET, QrCode

LINK = "https://192.0.2.24:8443/join#" + "A" * 180


def _read(image: QImage, modules: int) -> list[list[bool]]:
    """The modules with their quiet zone, sampled in the middle of each; fails where one is not of one colour."""
    side = min(image.width(), image.height()) // modules
    left = (image.width() - side * (modules - 2 * QUIET)) // 2 - QUIET * side
    top = (image.height() - side * (modules - 2 * QUIET)) // 2 - QUIET * side
    rows: list[list[bool]] = []
    for row in range(1, modules - 1):  # the outermost may hold the rounded edge of the card
        line: list[bool] = []
        for column in range(1, modules - 1):
            x, y = left + column * side, top + row * side
            colors = {
                image.pixelColor(x + dx, y + dy).lightness() < 128 for dx in (0, side - 1) for dy in (0, side - 1)
            }
            assert len(colors) == 1, "an edge lies within a pixel"
            line.append(colors.pop())
        rows.append(line)
    return rows


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", [100, 130, 200])
def test_it_is_what_it_says_in_whole_pixels(theme: Theme, mode: str, size: int) -> None:
    theme.apply(mode=mode, text_size=size, contrast="off", motion="on")  # type: ignore[arg-type]
    shown = QrCode(theme, "QR code of the invite link", LINK)
    shown.resize(shown.sizeHint())
    found = _read(shown.grab().toImage(), shown.modules)
    inner = [line[QUIET - 1 : 1 - QUIET] for line in found[QUIET - 1 : 1 - QUIET]]
    expected = [
        [bool(each) for each in row] for row in segno.make(LINK, error="l", micro=False, boost_error=False).matrix
    ]
    assert inner == expected
    frame = [found[0], found[-1], [line[0] for line in found], [line[-1] for line in found]]
    assert not any(any(line) for line in frame)
    assert shown.accessibleName() == "QR code of the invite link"
    assert shown.accessibleDescription() == LINK


def test_without_a_text_it_is_an_empty_card(theme: Theme) -> None:
    shown = QrCode(theme, "QR code")
    shown.resize(shown.sizeHint())
    assert shown.grab().toImage().pixelColor(shown.width() // 2, shown.height() // 2) == QColor("#FFFFFF")
    shown.show_text("x")
    assert shown.modules == 21 + 2 * QUIET
