"""A small surface over the window that belongs to a control: Esc or a press elsewhere closes it."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting, shadows


class Popover(QWidget):
    """Child of the window, so that it never leaves it; ``closed`` says that it is gone and the focus is back."""

    closed = Signal()

    def __init__(self, theme: Theme, anchor: QWidget, name: str) -> None:
        super().__init__(anchor.window())
        self._theme, self._anchor = theme, anchor
        self._before: QWidget | None = None
        self.setAccessibleName(name)
        self.hide()

    def pop(self, width: int, height: int, *, above: bool) -> None:
        """Show the surface with that size at the end of its anchor, above or below, inside the window."""
        window, gap = self._anchor.window(), self._theme.px(4)
        if self.parentWidget() is not window:
            self.setParent(window)
        width, height = min(width, window.width() - gap * 2), min(height, window.height() - gap * 2)
        at = QRect(self._anchor.mapTo(window, QPoint(0, 0)), self._anchor.size())
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        left = at.left() if mirrored else at.right() + 1 - width
        top = at.top() - gap - height if above else at.bottom() + 1 + gap
        left = max(gap, min(left, window.width() - gap - width))
        top = max(gap, min(top, window.height() - gap - height))
        self.setGeometry(QRect(left, top, width, height).marginsAdded(shadows.margins(self._theme)))
        self._before = QApplication.focusWidget()
        self.show()
        self.raise_()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def shut(self) -> None:
        """Close it, and give the focus back."""
        if self.isHidden():
            return
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        inside = self.isAncestorOf(QApplication.focusWidget() or self) or self.hasFocus()
        self.hide()
        if inside and self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def surface(self) -> QRect:
        """Where the content goes."""
        return self.rect().marginsRemoved(shadows.margins(self._theme))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            place = self.mapFromGlobal(event.globalPosition().toPoint())
            anchor = self._anchor.mapFromGlobal(event.globalPosition().toPoint())
            outside = not self.surface().contains(place) and not self._anchor.rect().contains(anchor)
            if isinstance(watched, QWidget) and outside:
                self.shut()
        elif event.type() is QEvent.Type.Resize and watched is self.parentWidget():
            self.shut()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, box = self._theme, QRectF(self.surface())
        painter = QPainter(self)
        radius = theme.size("radius.popover")
        shadows.paint(painter, theme, box, radius)
        painting.surface(painter, box, radius, theme.palette.raised)
