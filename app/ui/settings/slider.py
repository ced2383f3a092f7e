"""A slider over a few steps, between a small and a large letter."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

_SMALL, _LARGE, _GAP, _KNOB, _TRACK = 8, 13, 12, 18, 150


class StepSlider(QSlider):
    """Emits ``chosen`` with a step's value, for the mouse when it is let go: what it changes may move the slider."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, steps: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme, self._steps = theme, tuple(steps)
        self.setRange(0, len(self._steps) - 1)
        self.setPageStep(1)
        self.setTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self._chosen)
        self.sliderMoved.connect(self._restyle)
        theme.changed.connect(self._restyle)

    def show_value(self, value: int) -> None:
        """Stand at the step of this value, without telling."""
        self.blockSignals(True)
        self.setValue(self._steps.index(value))
        self.blockSignals(False)
        self.update()

    @property
    def step(self) -> int:
        """The value it stands for."""
        return self._steps[self.value()]

    def _chosen(self, at: int) -> None:
        self.chosen.emit(self._steps[at])

    def _restyle(self, _: object = None) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(px(_TRACK + _SMALL + _LARGE + 2 * _GAP), px(32))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _groove(self) -> QRectF:
        px = self._theme.px
        small, large = px(_SMALL + _GAP), px(_LARGE + _GAP)
        before = large if self.isRightToLeft() else small
        return QRectF(before, (self.height() - px(4)) / 2, self.width() - small - large, px(4))

    def _part(self) -> float:
        return self.sliderPosition() / max(1, self.maximum())

    def _aim(self, x: float) -> None:
        groove = self._groove()
        part = (x - groove.left()) / max(1.0, groove.width())
        part = 1 - part if self.isRightToLeft() else part
        self.setSliderPosition(max(0, min(self.maximum(), round(part * self.maximum()))))
        self.update()

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        if ev.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._aim(ev.position().x())
            ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        if self.isSliderDown():
            self._aim(ev.position().x())

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        super().keyPressEvent(ev)
        self.update()

    def paintEvent(self, ev: QPaintEvent) -> None:
        theme, palette = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groove, knob = self._groove(), theme.px(_KNOB)
        backwards = self.isRightToLeft()
        part = 1 - self._part() if backwards else self._part()
        middle = groove.left() + part * groove.width()
        painter.setPen(Qt.PenStyle.NoPen)
        for edge, fill in ((groove, palette.track), (self._filled(groove, middle, backwards), palette.blue_fill)):
            painter.setBrush(fill)
            painter.drawRoundedRect(edge, groove.height() / 2, groove.height() / 2)
        left = max(groove.left() - theme.px(4), min(middle - knob / 2, groove.right() + theme.px(4) - knob))
        handle = QRectF(left, (self.height() - knob) / 2, knob, knob)
        painter.setPen(QPen(palette.control_outline if theme.high_contrast else QColor(0, 0, 0, 56), 1))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(handle)
        self._letters(painter, groove, backwards)
        if painting.shows_focus(self, theme):
            painting.ring(painter, handle.adjusted(-4, -4, 4, 4), knob / 2 + 4, theme)
        painter.end()

    def _filled(self, groove: QRectF, middle: float, backwards: bool) -> QRectF:
        filled = QRectF(groove)
        if backwards:
            filled.setLeft(middle)
        else:
            filled.setRight(middle)
        return filled

    def _letters(self, painter: QPainter, groove: QRectF, backwards: bool) -> None:
        """A small one at the lower end, a large one at the upper."""
        theme = self._theme
        low, high = theme.px(_SMALL + 4), theme.px(_LARGE + 4)
        start, end = QRectF(-2, 0, low, self.height()), QRectF(self.width() - high + 2, 0, high, self.height())
        if backwards:
            start, end = QRectF(self.width() - low + 2, 0, low, self.height()), QRectF(-2, 0, high, self.height())
        for box, size, tint in ((start, 12, theme.palette.text_tertiary), (end, 19, theme.palette.text)):
            font = theme.font("body")
            font.setPixelSize(theme.px(size))
            painter.setFont(font)
            painter.setPen(tint)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "A")
