"""What moves in the conversation: a new bubble rising, scrolling to the end, a highlight fading, dots of typing."""

from collections.abc import Iterable

from PySide6.QtCore import QEasingCurve, QElapsedTimer, QObject, QPointF, QTimer, QVariantAnimation

from app.ui.conversation.scene import Scene

FRAME = 16  # milliseconds
GLOW = 1_600  # milliseconds a message stays marked after a jump
CYCLE = 1_200  # milliseconds of the dots


def _out() -> QEasingCurve:
    """The design's ease-out."""
    curve = QEasingCurve(QEasingCurve.Type.BezierSpline)
    curve.addCubicBezierSegment(QPointF(0.2, 0.8), QPointF(0.2, 1.0), QPointF(1.0, 1.0))
    return curve


class Motion(QObject):
    """Values that change with time; every change asks the scene for a repaint."""

    def __init__(self, scene: Scene, parent: QObject) -> None:
        super().__init__(parent)
        self._scene = scene
        self._theme = scene.theme
        self._rising: dict[int, float] = {}
        self._rise = QVariantAnimation(self)
        self._rise.setStartValue(0.0)
        self._rise.setEndValue(1.0)
        overshoot = QEasingCurve(QEasingCurve.Type.OutBack)
        overshoot.setOvershoot(0.6)
        self._rise.setEasingCurve(overshoot)
        self._rise.valueChanged.connect(self._risen)
        self._rise.finished.connect(self._rising.clear)
        self._glide = QVariantAnimation(self)
        self._glide.setEasingCurve(_out())
        self._glide.valueChanged.connect(self._glided)
        scene.steered.connect(self.halt)
        self._glided_to = 0
        self.glowing = 0
        self._glow = QTimer(self)
        self._glow.setSingleShot(True)
        self._glow.setInterval(GLOW)
        self._glow.timeout.connect(self._no_glow)
        self._dots = QTimer(self)
        self._dots.setInterval(50)
        self._dots.timeout.connect(scene.changed)
        self._since = QElapsedTimer()

    def appear(self, keys: Iterable[int]) -> None:
        """New bubbles at the end rise into their place."""
        duration = self._theme.duration("bubbleIn.duration")
        if duration <= 0:
            return
        self._rising = dict.fromkeys(keys, 0.0)
        self._rise.stop()
        self._rise.setDuration(duration)
        self._rise.start()

    def _risen(self, value: float) -> None:
        for key in self._rising:
            self._rising[key] = value
        self._scene.changed.emit()

    def rise(self, key: int) -> tuple[int, float]:
        """How far below its place a bubble is, in px, and how opaque."""
        part = self._rising.get(key)
        if part is None or self._rise.state() is not QVariantAnimation.State.Running:
            return 0, 1.0
        return round((1 - part) * self._theme.size("motion.bubbleIn.rise")), max(0.0, min(1.0, part * 1.6))

    def to_end(self, distance: int) -> None:
        """Scroll down by so many px and stay at the end."""
        duration = self._theme.duration("scrollToEnd")
        self._glide.stop()
        if duration <= 0 or distance <= 0:
            self._scene.course.stick = True
            self._scene.walk()
            return
        self._glided_to = 0
        self._glide.setDuration(duration)
        self._glide.setStartValue(0)
        self._glide.setEndValue(distance)
        self._glide.start()

    def _glided(self, value: int) -> None:
        step, self._glided_to = value - self._glided_to, value
        self._scene.scroll(-step)
        if value >= int(self._glide.endValue()):
            self._scene.course.stick = True
            self._scene.walk()

    def halt(self) -> None:
        """Whoever reads scrolls, or goes to a message: nothing else moves the view."""
        self._glide.stop()

    def glow(self, key: int) -> None:
        """Mark a message for a moment."""
        self.glowing = key
        self._glow.start()
        self._scene.changed.emit()

    def _no_glow(self) -> None:
        self.glowing = 0
        self._scene.changed.emit()

    def type(self, on: bool) -> None:
        """The dots begin or end."""
        if on and not self._theme.reduced_motion:
            self._since.start()
            self._dots.start()
        else:
            self._dots.stop()

    @property
    def phase(self) -> float:
        """Of the dots, in cycles; below 0 when they are steady."""
        return self._since.elapsed() / CYCLE if self._dots.isActive() else -1.0
