"""A QR code: dark on light in every look, whole pixels at every scale, with the quiet zone that readers need."""

from collections.abc import Sequence
from typing import Final, cast

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

QUIET: Final = 4  # modules of light around it (ISO/IEC 18004)
_SMALLEST: Final = 136  # px of the design
_LEAST: Final = 2  # px a module has at least
_DARK, _LIGHT = QColor("#14181D"), QColor("#FFFFFF")


class QrCode(QWidget):
    """Shows ``text`` once there is one; its accessible name says what it is, its description holds the text."""

    def __init__(self, theme: Theme, name: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[bytes, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        theme.changed.connect(self.updateGeometry)
        self.show_text(text)

    @property
    def modules(self) -> int:
        """On a side, with the quiet zone; 0 while there is nothing to show."""
        return len(self._rows) + 2 * QUIET if self._rows else 0

    def show_text(self, text: str) -> None:
        """Another text; "" for an empty field."""
        self._rows = _drawn(text) if text else ()
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wanted = self._theme.px(_SMALLEST)
        module = max(_LEAST, round(wanted / self.modules)) if self._rows else 0  # the nearest whole one
        side = max(wanted, self.modules * module + 2 * self._theme.px(2))  # the quiet zone clear of the corners
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        edge = self._theme.palette.separator
        painting.surface(painter, QRectF(self.rect()), self._theme.size("radius.group"), _LIGHT, edge)
        if not self._rows:
            return
        ratio = self.devicePixelRatioF()
        side = int(min(self.width(), self.height()) * ratio) // self.modules  # device pixels, so that edges are sharp
        if side < 1:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.scale(1 / ratio, 1 / ratio)
        left = (round(self.width() * ratio) - side * len(self._rows)) // 2
        top = (round(self.height() * ratio) - side * len(self._rows)) // 2
        for row, line in enumerate(self._rows):
            for column, dark in enumerate(line):
                if dark:
                    painter.fillRect(left + column * side, top + row * side, side, side, _DARK)


def _drawn(text: str) -> tuple[bytes, ...]:
    """A byte a module, a tuple a row."""
    import segno  # only now: few starts show a code, and it reads a parser of XML and half of urllib

    # The lowest correction: a screen has no dirt on it, and larger modules are read from further away.
    made = segno.make(text, error="l", micro=False, boost_error=False)
    return tuple(bytes(row) for row in cast("Sequence[bytes]", made.matrix))
