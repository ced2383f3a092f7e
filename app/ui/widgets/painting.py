"""What every painted control shares: the focus ring, rounded surfaces, and whether a widget shows its focus."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme


def ring_width(theme: Theme) -> int:
    """Of a focus ring, in pixels; wider in high contrast."""
    return 3 if theme.high_contrast else 2


def shows_focus(widget: QWidget, theme: Theme) -> bool:
    """Whether a ring belongs around it now: keyboard focus only."""
    return widget.hasFocus() and theme.keyboard_focus


def surface(
    painter: QPainter, rect: QRectF, radius: float, fill: QColor | None, edge: QColor | None = None, width: float = 1
) -> None:
    """A rounded rectangle; its edge lies inside ``rect``."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(edge, width) if edge is not None else Qt.PenStyle.NoPen)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    half = width / 2 if edge is not None else 0
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius, radius)


def ring(painter: QPainter, rect: QRectF, radius: float, theme: Theme) -> None:
    """The focus ring, drawn so that it ends at the edges of ``rect``."""
    width = ring_width(theme)
    surface(painter, rect, radius, None, theme.palette.focus, width)
