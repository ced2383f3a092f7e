"""Dialogs that are opened and awaited, never run in a loop of their own, and the toast that says a sentence."""

import asyncio
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import tokens
from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.buttons import Button, Kind
from app.ui.widgets.labels import Label


class Dialog(QDialog):
    """A window over the window: ``await shown()`` gives what it was closed with; the focus goes back where it was."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setModal(parent is not None)
        self._result: object = None
        self._before = parent.window().focusWidget() if parent is not None else None

    def end(self, result: object = None) -> None:
        """Close it with that."""
        self._result = result
        self.accept()

    async def shown(self) -> object:
        """Open it and wait; None when it was dismissed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def finished(_: int) -> None:
            if not done.done():
                done.set_result(None)

        self.finished.connect(finished)
        self.open()
        try:
            await done
        finally:
            if not done.done():
                done.cancel()
                self.reject()
            if self._before is not None and self._before.isVisible():
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
            self.deleteLater()
        return self._result


class Question(Dialog):
    """A sentence or two and a few buttons, the safe one first; the answer is the chosen value."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        text: str,
        answers: Sequence[tuple[object, str, Kind]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, parent)
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(24), px(20), px(16))
        column.setSpacing(px(8))
        column.addWidget(Label(theme, title, "heading"))
        words = Label(theme, text, "body", "text_secondary")
        words.setMinimumWidth(px(340))
        column.addWidget(words)
        column.addSpacing(px(8))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        for value, name, kind in answers:
            button = Button(theme, name, kind)
            button.clicked.connect(lambda _=False, value=value: self.end(value))
            row.addWidget(button)
        column.addLayout(row)
        self.setAccessibleDescription(text)


async def ask(
    theme: Theme, parent: QWidget, title: str, text: str, answers: Sequence[tuple[object, str, Kind]]
) -> object:
    """Ask and wait for the answer; None when it was dismissed."""
    return await Question(theme, title, text, answers, parent).shown()


class Toast(QWidget):
    """A sentence at the bottom of a window, with at most one thing to do about it; it goes by itself."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._then: Callable[[], None] | None = None
        self._words = Label(theme, "", "control", "toast_text", wrap=False)
        self._action = ToastAction(theme, "")
        self._action.clicked.connect(self._act)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(16), 0, theme.px(12), 0)
        row.addWidget(self._words)
        row.addWidget(self._action)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, action: str = "", then: Callable[[], None] | None = None) -> None:
        """Show it for the time of the tokens, instead of what was said before."""
        self._then = then
        self._words.setText(text)
        self.setAccessibleName(text)
        self._action.rename(action)
        self._action.setVisible(bool(action))
        self._place()
        self.show()
        self.raise_()
        self._timer.start(int(tokens.number("motion.toast.hold")))

    def _act(self) -> None:
        self.hide()
        if self._then is not None:
            self._then()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        self._words.setWordWrap(False)
        wanted = self.sizeHint().expandedTo(QSize(0, self._theme.size("layout.toast")))
        width = min(wanted.width(), host.width() - 2 * self._theme.px(16))
        self._words.setWordWrap(width < wanted.width())
        height = max(self._theme.size("layout.toast"), self.heightForWidth(width) if width < wanted.width() else 0)
        self.setGeometry((host.width() - width) // 2, host.height() - height - self._theme.px(72), width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painting.surface(
            painter, QRectF(self.rect()), self._theme.size("radius.controlLarge"), self._theme.palette.toast_fill
        )


class ToastAction(Button):
    """The link on a toast, in its own colour."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text, "link")
        self._look = theme

    def _paint_box(self, painter: QPainter, box: QRectF, radius: int) -> QColor:
        return self._look.palette.toast_action
