"""How well what is drawn stands out from its ground, measured on pictures of a window."""

from array import array
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QMargins, QPoint, QRect, QRectF
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from app.ui import tokens
from app.ui.theme import Theme
from tests.screens.drawn import Drawn, drawn

TEXT: Final = 4.5
SIGN: Final = 3.0  # icons, outlines of controls, focus rings
RATIO: Final = 2  # of the picture for text: a stroke of one pixel has a pixel in it that is nothing else
_ENOUGH: Final = 100  # pixels of a ring, however large the control is
_SHARE: Final = 0.004  # of the pixels of a box: fewer are no stroke


def photo(widget: QWidget, ratio: int = 1) -> QImage:
    """What it shows now, at so many pixels for one of its own."""
    made = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    made.setDevicePixelRatio(ratio)
    made.fill(widget.palette().window().color())
    widget.render(made, QPoint(0, 0), QRegion(widget.rect()))
    return made


@lru_cache(maxsize=100_000)
def light(pixel: int) -> float:
    """The relative luminance of WCAG 2, from 0 to 1."""
    parts = ((pixel >> bits & 255) / 255 for bits in (16, 8, 0))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: int, two: int) -> float:
    """The contrast of two colours, from 1 to 21."""
    first, second = light(one), light(two)
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def colors(image: QImage, box: QRectF) -> Counter[int]:
    """How often each colour occurs in a box of the window."""
    times = image.devicePixelRatio()
    inside = QRectF(box.topLeft() * times, box.size() * times).toAlignedRect().intersected(image.rect())
    if inside.isEmpty():
        return Counter()
    part = image.copy(inside)
    part.setDevicePixelRatio(1)
    return Counter(array("I", _bits(part)))


def standing_out(inside: Counter[int], around: Counter[int]) -> float:
    """The contrast of the ink in a box with its ground.

    The ground is what there is most of around the box, and every shade of it; the ink what is furthest from it.
    """
    if not inside:
        return 1.0
    ground = _most(around or inside)
    least = max(4, int(_SHARE * inside.total()))
    ink, seen = ground, 0
    for pixel, count in sorted(inside.items(), key=lambda each: -ratio(each[0], ground)):
        seen += count
        ink = pixel
        if seen >= least:
            break
    shades = [pixel for pixel, count in around.items() if ratio(pixel, ground) < 1.4 and count * 20 > around.total()]
    return min(ratio(ink, each) for each in (ground, *shades))


def _most(counted: Counter[int]) -> int:
    """The colour of the largest group of like ones."""
    groups: Counter[int] = Counter()
    first: dict[int, tuple[int, int]] = {}
    for pixel, count in counted.items():
        group = pixel & 0xF0F0F0
        groups[group] += count
        if count > first.get(group, (0, 0))[0]:
            first[group] = count, pixel
    return first[groups.most_common(1)[0][0]][1]


def measured(image: QImage, each: Drawn) -> float:
    """The contrast of one thing in the picture of its window."""
    inside = colors(image, each.shown)
    around = colors(image, each.shown.adjusted(-1.5, -1.5, 1.5, 1.5))
    around.subtract(inside)
    return standing_out(inside, +around)


def weak(root: QWidget, theme: Theme) -> Iterator[str]:
    """What of a window does not stand out as it must."""
    plain, fine = photo(root), photo(root, RATIO)
    for each in drawn(root):
        needed = _needed(each, theme)
        if needed and each.hidden < 0.5:
            found = measured(fine if each.kind == "text" else plain, each)
            if found < needed:
                yield f"{found:.2f} for {needed}: {each}"


def _needed(each: Drawn, theme: Theme) -> float:
    """The contrast it must have; 0 for what need not be seen."""
    if each.kind == "text":
        return TEXT if any(sign.isalnum() and ord(sign) < 0x2000 for sign in each.words) else 0
    if each.kind == "image":
        return SIGN if round(each.box.width()) in {theme.px(size) for size in tokens.numbers("icon.sizes")} else 0
    return SIGN if theme.palette.control_outline in (each.fill, each.edge) and each.box.width() > 4 else 0


def shows(focused: QImage, left: QImage, widget: QWidget, root: QWidget) -> bool:
    """Whether a control showed that it had the focus: enough pixels of it or around it differ by enough afterwards.

    A field's frame is its parent's; of a list only one row has the ring.
    """
    framed = widget.parentWidget() if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit) else None
    shown = framed or widget
    corner = QPoint(0, 0) if shown is root else shown.mapTo(root, QPoint(0, 0))
    box = QRect(corner, shown.size()).marginsAdded(QMargins(5, 5, 5, 5)).intersected(root.rect())
    one, two = (array("I", _bits(each.copy(box))) for each in (focused, left))
    changed = Counter(zip(one, two, strict=True))
    strong = sum(count for (now, then), count in changed.items() if now != then and ratio(now, then) >= SIGN)
    return strong >= min(_ENOUGH, shown.width() + shown.height())


def _bits(image: QImage) -> bytes:
    plain = image.convertToFormat(QImage.Format.Format_RGB32)  # by name: its bits live as long as it does
    return bytes(plain.constBits())
