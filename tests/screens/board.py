"""One screen to be measured: its pictures, what it draws, and the readings taken from it."""

from dataclasses import dataclass, replace
from typing import TypeVar

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from tests.screens import contrast
from tests.screens.drawn import Drawn, drawn
from tests.screens.scenes import Stage

W = TypeVar("W", bound=QWidget)
_EDGE = 0.5  # px: more is not "to a pixel"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a token wants and what was measured of it; ``where`` names the screen and the part."""

    token: str
    wanted: str
    got: str
    where: str
    holds: bool


class Board:
    """``root`` is the window, or the dialog, that is seen.

    A ``mirrored`` one is seen in a mirror: a screen from right to left has its parts where they are from left to right,
    and whatever measures the one measures the other.
    """

    def __init__(self, on: Stage, name: str, root: QWidget, *, mirrored: bool = False) -> None:
        self.on, self.name, self.root, self.mirrored = on, name, root, mirrored
        self.theme = on.theme
        self.picture, self.fine = (self._photo(ratio) for ratio in (1, contrast.RATIO))
        self.things = [self._seen(each) for each in drawn(root)]
        self.readings: list[Reading] = []

    def _photo(self, ratio: int) -> QImage:
        made = contrast.photo(self.root, ratio)
        return made.flipped(Qt.Orientation.Horizontal) if self.mirrored else made

    def _seen(self, each: Drawn) -> Drawn:
        ends = self.root.width() - each.right, self.root.width() - each.left
        flipped = replace(each, box=self.flip(each.box), shown=self.flip(each.shown), left=ends[0], right=ends[1])
        return flipped if self.mirrored else each

    def flip(self, box: QRectF) -> QRectF:
        """Where a box of the window is seen."""
        left = self.root.width() - box.right() if self.mirrored else box.left()
        return QRectF(left, box.top(), box.width(), box.height())

    @property
    def mode(self) -> str:
        """As the tokens name it."""
        return "dark" if self.theme.dark else "light"

    # What there is

    def texts(self, words: str, kind: str = "") -> list[Drawn]:
        """The runs that begin with these words, of a class of widgets or of any."""
        return [each for each in self._of("text", kind) if each.words.startswith(words)]

    def shapes(self, kind: str = "", fill: QColor | None = None, *, shaded: bool | None = None) -> list[Drawn]:
        """The shapes of a class of widgets, of one colour, with a gradient or not."""
        return [
            each
            for each in self._of("shape", kind)
            if (fill is None or each.fill == fill) and (shaded is None or each.shaded is shaded)
        ]

    def _of(self, what: str, kind: str) -> list[Drawn]:
        return [each for each in self.things if each.kind == what and kind in ("", type(each.widget).__name__)]

    def widgets(self, kind: type[W]) -> list[W]:
        """The visible widgets of a class."""
        return [each for each in self.root.findChildren(kind) if each.isVisible()]

    def place(self, widget: QWidget) -> QRect:
        """Where it is."""
        corner = QPoint(0, 0) if widget is self.root else widget.mapTo(self.root, QPoint(0, 0))
        return self.flip(QRectF(QRect(corner, widget.size()))).toRect()

    def inside(self, widget: QWidget, box: QRectF) -> QRectF:
        """Where a box of a widget is seen."""
        return self.flip(box.translated(QPointF(widget.mapTo(self.root, QPoint(0, 0)))))

    # What is measured

    def size(self, token: str, got: float, part: str, *, wanted: float | None = None, off: float = _EDGE) -> None:
        """A length in pixels of the screen; what is wanted follows the size of text."""
        want = (tokens.number(token) if wanted is None else wanted) * self.theme.scale
        self._read(token, f"{want:g}", f"{got:.4g}", part, holds=abs(got - want) <= off)

    def say(self, token: str, wanted: object, got: object, part: str) -> None:
        """Anything that can only be right or wrong."""
        self._read(token, str(wanted), str(got), part, holds=wanted == got)

    def type(self, role: str, run: Drawn, *, weight: str = "weight") -> None:
        """Size and weight of a run of text."""
        self.size(f"type.{role}.size", run.size, f"{run.words[:20]!r}")
        self.say(
            f"type.{role}.{weight}", int(tokens.number(f"type.{role}.{weight}")), run.weight, f"{run.words[:20]!r}"
        )

    def _read(self, token: str, wanted: str, got: str, part: str, *, holds: bool) -> None:
        self.readings.append(Reading(token, wanted, got, f"{self.name}: {part}", holds))

    # Pixels

    def tracking(self, role: str, run: Drawn) -> None:
        """The space between letters: how much further the ink of a run reaches than without any."""
        font = self.theme.font(role)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0)
        box = run.box.adjusted(-3, 0, 12, 0)
        bare = QImage((box.size() * contrast.RATIO).toSize(), QImage.Format.Format_RGB32)
        bare.setDevicePixelRatio(contrast.RATIO)
        bare.fill(self.fine.pixelColor((box.topLeft() * contrast.RATIO).toPoint()))
        painter = QPainter(bare)
        painter.setFont(font)
        painter.setPen(run.fill or QColor())
        painter.drawText(QPointF(run.left - box.left(), run.base - box.top()), run.words)
        painter.end()
        cut = self.fine.copy(QRectF(box.topLeft() * contrast.RATIO, box.size() * contrast.RATIO).toRect())
        more = (_inked(cut) - _inked(bare)) / contrast.RATIO
        self.size(f"type.{role}.tracking", more / (len(run.words) - 1), f"{run.words!r}", off=0.1)

    def pixel(self, x: float, y: float) -> QColor:
        return self.picture.pixelColor(round(x), round(y))

    def run(self, start: QPoint, step: QPoint, color: QColor, most: int = 400) -> int:
        """How many pixels from a point on, in a direction, have exactly that colour."""
        count, at = 0, QPoint(start)
        while count < most and self.picture.rect().contains(at) and self.picture.pixelColor(at) == color:
            count, at = count + 1, at + step
        return count

    def straight(self, box: QRectF) -> float:
        """How far in the upper edge of a shape begins to be straight, and so all of one colour: with an outline, or a
        shadow around it, this tells the radius."""
        whole = box.toRect()
        edge = self.picture.pixelColor(whole.center().x(), whole.top())
        return float(next(i for i in range(60) if self.picture.pixelColor(whole.left() + i, whole.top()) == edge))

    def radius(self, box: QRectF, guess: float, *, right: bool = False, bottom: bool = False) -> float:
        """The radius of a corner of a filled shape, from how much of it the rounding takes away."""
        return corner(self.picture, box.toRect(), guess, right=right, bottom=bottom)


def _inked(image: QImage) -> int:
    """From the first to the last column that is not all ground."""
    ground = image.pixel(0, 0)
    columns = [
        x
        for x in range(image.width())
        if any(contrast.ratio(image.pixel(x, y), ground) > 1.6 for y in range(image.height()))
    ]
    return columns[-1] + 1 - columns[0]


def corner(image: QImage, box: QRect, guess: float, *, right: bool = False, bottom: bool = False) -> float:
    """The area between a square and a quarter circle is 0.2146 of the radius squared."""
    across, down = -1 if right else 1, -1 if bottom else 1
    x, y = box.right() if right else box.left(), box.bottom() if bottom else box.top()
    reach = round(guess) + 2
    fill = image.pixelColor(x + across * (reach // 2), y + down * (reach // 2))
    ground = image.pixelColor(x - across, y - down)
    gone = sum(
        _share(image.pixelColor(x + across * i, y + down * j), ground, fill)
        for i in range(reach)
        for j in range(reach - i)
    )
    return (gone / 0.2146) ** 0.5


def _share(color: QColor, ground: QColor, fill: QColor) -> float:
    """How much of the ground shines through, from 0 to 1."""
    pairs = [(c - f, g - f) for c, g, f in zip(parts(color), parts(ground), parts(fill), strict=True)]
    over, whole = max(pairs, key=lambda pair: abs(pair[1]))
    return max(0.0, min(1.0, over / whole)) if whole else 0.0


def parts(color: QColor) -> tuple[int, int, int]:
    """Red, green and blue, from 0 to 255."""
    return color.red(), color.green(), color.blue()
