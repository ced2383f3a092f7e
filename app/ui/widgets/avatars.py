"""Avatars: a person's initials on one of ten gradients, always the same one for the same person."""

import functools
import hashlib
import unicodedata
from math import ceil
from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPaintEngine, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from app.common.recent import Recent
from app.ui import tokens
from app.ui.theme import Theme

KEPT: Final = 256  # pictures that are kept, by all that decides how they look
_painted: Recent[Any, QPixmap] = Recent(KEPT)


@functools.lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """At most two letters: of the first and the last word; empty when the name has no letter or digit."""
    words = [word for word in name[:200].split() if any(each.isalnum() for each in word)]
    firsts = [next(each for each in word if each.isalnum()) for word in words]
    if not firsts or name.lstrip().startswith("+"):
        return ""
    chosen = firsts[0] + firsts[-1] if len(firsts) > 1 else firsts[0]
    return unicodedata.normalize("NFC", chosen.upper())


@functools.lru_cache(maxsize=4096)
def gradient(key: bytes) -> tuple[str, str]:
    """The colours of a person, from top to bottom."""
    found = tokens.avatar_gradients()
    return found[hashlib.sha256(key).digest()[0] % len(found)]


def paint(painter: QPainter, rect: QRectF, theme: Theme, key: bytes, name: str) -> None:
    """A round avatar in ``rect``; ``key`` is the person, whose colours stay whatever the name becomes."""
    if painter.paintEngine().type() is not QPaintEngine.Type.Raster:  # on paper, or in a drawing
        painter.save()
        _draw(painter, rect, theme, gradient(key), initials(name))
        painter.restore()
        return
    ratio = painter.device().devicePixelRatio()
    look = gradient(key), initials(name), rect.width(), rect.height(), theme.scale, theme.palette.on_fill.rgba(), ratio
    picture = _painted.get(look)
    if picture is None:
        picture = _painted[look] = QPixmap(ceil(rect.width() * ratio), ceil(rect.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        inside = QPainter(picture)
        _draw(inside, QRectF(0, 0, rect.width(), rect.height()), theme, look[0], look[1])
        inside.end()
    painter.drawPixmap(QPointF(round(rect.x() * ratio) / ratio, round(rect.y() * ratio) / ratio), picture)


def _draw(painter: QPainter, rect: QRectF, theme: Theme, colors: tuple[str, str], letters: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top, bottom = colors
    fill = QLinearGradient(rect.topLeft(), rect.bottomLeft())
    fill.setColorAt(0, QColor(top))
    fill.setColorAt(1, QColor(bottom))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawEllipse(rect)
    if letters:
        font = theme.font("name")
        font.setPixelSize(max(8, round(rect.height() * (0.36 if len(letters) > 1 else 0.41))))
        painter.setFont(font)
        painter.setPen(theme.palette.on_fill)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, letters)
    else:
        side = rect.height() * 0.5 / max(theme.scale, 0.01)
        picture = theme.icon("user", theme.palette.on_fill, side)
        shown = picture.deviceIndependentSize()
        painter.drawPixmap(
            rect.center() - QRectF(0, 0, shown.width(), shown.height()).center(), picture, QRectF(picture.rect())
        )


class Avatar(QWidget):
    """An avatar as a part of a page; decoration, so nothing for screen readers."""

    def __init__(
        self, theme: Theme, size: float, key: bytes = b"", name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._size, self._key, self._name = theme, size, key, name
        theme.changed.connect(self._again)
        self._again()

    def show_person(self, key: bytes, name: str) -> None:
        """Somebody else."""
        self._key, self._name = key, name
        self.update()

    def _again(self) -> None:
        side = self._theme.px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def sizeHint(self) -> QSize:
        side = self._theme.px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint(painter, QRectF(self.rect()), self._theme, self._key, self._name)
