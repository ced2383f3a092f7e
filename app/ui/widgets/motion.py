"""Small movements: a level between 0 and 1 that glides, and the colours in between."""

from PySide6.QtCore import QEasingCurve, QPointF, QVariantAnimation
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme


def mixed(one: QColor, two: QColor, share: float) -> QColor:
    """``one`` with a share (0 to 1) of ``two``, see-through ones included."""
    if share <= 0:
        return one
    if share >= 1:
        return two
    start, end = (one.redF(), one.greenF(), one.blueF(), one.alphaF()), two
    red, green, blue, alpha = (
        a + (b - a) * share for a, b in zip(start, (end.redF(), end.greenF(), end.blueF(), end.alphaF()), strict=True)
    )
    return QColor.fromRgbF(red, green, blue, alpha)


def ease_out() -> QEasingCurve:
    """The curve of the tokens for what comes in."""
    curve = QEasingCurve(QEasingCurve.Type.BezierSpline)
    curve.addCubicBezierSegment(QPointF(0.2, 0.8), QPointF(0.2, 1.0), QPointF(1.0, 1.0))
    return curve


class Level:
    """A number that glides to where it is aimed and repaints its widget on the way."""

    def __init__(self, theme: Theme, widget: QWidget, path: str, value: float = 0.0, *, fade: bool = False) -> None:
        self.value = value
        self._aim = value
        self._theme, self._widget, self._path, self._fade = theme, widget, path, fade
        self._animation: QVariantAnimation | None = None

    def aim(self, target: float, *, at_once: bool = False) -> None:
        """Glide there in the time the tokens give; at once when motion is reduced or nobody sees it."""
        if target == self._aim and not at_once:
            return
        self._aim = target
        duration = 0 if at_once or not self._widget.isVisible() else self._theme.duration(self._path, fade=self._fade)
        if self._animation is not None:
            self._animation.stop()
        if duration == 0:
            self.value = target
            self._widget.update()
            return
        if self._animation is None:
            self._animation = QVariantAnimation(self._widget)
            self._animation.setEasingCurve(ease_out())
            self._animation.valueChanged.connect(self._moved)
        self._animation.setStartValue(float(self.value))
        self._animation.setEndValue(float(target))  # Qt glides between values of one type only
        self._animation.setDuration(duration)
        self._animation.start()

    def _moved(self, value: float) -> None:
        self.value = value
        self._widget.update()
