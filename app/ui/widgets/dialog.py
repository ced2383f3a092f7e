"""Dialogs that are opened and awaited, never run in a loop of their own, and the toast that says a sentence."""

import asyncio
from collections.abc import Callable, Sequence

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import tokens
from app.ui.theme import Theme
from app.ui.widgets import aloud, painting, shadows
from app.ui.widgets.buttons import Button, Kind
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored
from app.ui.widgets.motion import Level


class Dialog(QDialog):
    """A card over its window: ``await shown()`` gives what it was closed with; the focus goes back where it was.

    It lies inside the window of ``parent``, over a scrim that takes every press; keys stay in it. ``window`` makes it
    a window of its own, as it is without a parent.
    """

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None, *, window: bool = False) -> None:
        host = parent.window() if parent is not None and not window else None
        super().__init__(host or parent)
        self.theme = theme
        self._host, self._scrim = host, None if host is None else _Scrim(theme, host, self)
        if host is not None:
            self.setWindowFlags(Qt.WindowType.SubWindow)  # within its window, and Tab goes around within it
            self.hide()
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setModal(host is None and parent is not None)
        self._result: object = None
        self._before = parent.window().focusWidget() if parent is not None else None
        self.finished.connect(self._leave)

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
            if shiboken6.isValid(self):  # its window may have ended, and it with it, before this task did
                if self.isVisible():
                    self.reject()
                self.deleteLater()
        return self._result

    def _leave(self, _: int) -> None:
        """Give back the focus, and the window."""
        if self._scrim is not None:
            self._scrim.end()
            self._scrim = None
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def room(self) -> int:
        """How wide it may be in its window, in pixels."""
        return self._host.width() - 2 * self.theme.px(16) if self._host is not None else 10_000

    def place(self) -> None:
        """In the middle of the window, as large as it wants to be and the window allows."""
        if self._host is None:
            return
        edge = self.theme.px(16)
        room = self._host.rect().adjusted(edge, edge, -edge, -edge)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        size = self.sizeHint().expandedTo(self.minimumSize()).boundedTo(self.maximumSize())
        width = min(size.width(), room.width())
        if self.hasHeightForWidth():
            size.setHeight(max(self.heightForWidth(width), self.minimumHeight()))
        body = QRect(0, 0, width, min(size.height(), room.height()))
        body.moveCenter(room.center())
        if body != self.geometry():
            self.setGeometry(body)
        if self._scrim is not None:
            self._scrim.setGeometry(self._host.rect())
            self._scrim.update()

    def showEvent(self, event: QShowEvent) -> None:
        self.place()
        super().showEvent(event)
        if self._scrim is not None:
            self._scrim.begin()
            self.raise_()
            if not self.isAncestorOf(self.window().focusWidget() or self):
                self.focusNextPrevChild(True)

    def event(self, event: QEvent) -> bool:
        """Keys are for the dialog alone; what changes inside may change its size."""
        kind = event.type()
        if self._host is not None and kind is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        answer = super().event(event)
        if kind is QEvent.Type.LayoutRequest and self.isVisible():
            self.place()
        return answer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if self._host is not None:
            event.setAccepted(event.key() != Qt.Key.Key_F6)  # that one leads to what is said over it

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._host is not None:
            radius, colors = self.theme.size("radius.dialog"), self.theme.palette
            painting.surface(QPainter(self), QRectF(self.rect()), radius, colors.raised)


class _Scrim(QWidget):
    """Dims the window behind a dialog and keeps presses from it; it bears the dialog's shadow."""

    def __init__(self, theme: Theme, host: QWidget, dialog: Dialog) -> None:
        super().__init__(host)
        self._theme, self._dialog = theme, dialog
        self._level = Level(theme, self, "dialog.in", fade=True)
        self.hide()
        host.installEventFilter(self)
        theme.changed.connect(dialog.place)

    def begin(self) -> None:
        """Cover the window."""
        self.show()
        self.raise_()
        self._level.aim(1)

    def end(self) -> None:
        """Go away."""
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self._dialog.isVisible():
            self._dialog.place()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(self._level.value)
        painter.fillRect(self.rect(), self._theme.palette.scrim)
        body = QRectF(self._dialog.geometry())
        shadows.paint(painter, self._theme, body, self._theme.size("radius.dialog"))


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
        column.setContentsMargins(*mirrored(self, px(24), px(24), px(20), px(16)))
        column.setSpacing(px(8))
        column.addWidget(Label(theme, title, "heading"))
        words = Label(theme, text, "body", "text_secondary")
        room = self.room() - px(24) - px(20)
        words.setMinimumWidth(max(0, min(px(340), room)))
        column.addWidget(words)
        column.addSpacing(px(8))
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(0)
        row.addStretch(1)
        buttons = [Button(theme, name, kind) for _, name, kind in answers]
        if sum(each.sizeHint().width() for each in buttons) > room:
            row.setDirection(QBoxLayout.Direction.BottomToTop)  # under each other, the safe one last
        for button, (value, _, _) in zip(buttons, answers, strict=True):
            button.clicked.connect(lambda _=False, value=value: self.end(value))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(row)
        self.setAccessibleDescription(text)


async def ask(
    theme: Theme, parent: QWidget, title: str, text: str, answers: Sequence[tuple[object, str, Kind]]
) -> object:
    """Ask and wait for the answer; None when it was dismissed."""
    return await Question(theme, title, text, answers, parent).shown()


class Toast(QWidget):
    """A sentence at the bottom of a window, with at most one thing to do about it; it goes by itself.

    It stays while the pointer or the keyboard is on it. F6 brings the keyboard there, as to a pane. While a dialog with
    a window of its own keeps presses from ``parent``, it is there that it stands.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._home = theme, parent
        self._then: Callable[[], None] | None = None
        self._words = Label(theme, "", "control", "toast_text", wrap=False)
        self._action = ToastAction(theme, "")
        self._action.clicked.connect(self._act)
        row = QHBoxLayout(self)
        row.setContentsMargins(*mirrored(self, theme.px(16), 0, theme.px(12), 0))
        row.addWidget(self._words)
        row.addWidget(self._action)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._over)
        self._before: QWidget | None = None  # where the keyboard was
        self._action.installEventFilter(self)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, action: str = "", then: Callable[[], None] | None = None) -> None:
        """Show it for the time of the tokens, instead of what was said before."""
        self._stand(_front() or self._home)
        self._then = then
        self._words.setText(text)
        self.setAccessibleName(text)
        self._action.rename(action)
        self._action.setVisible(bool(action))
        self._place()
        self.show()
        self.raise_()
        self._wait()
        aloud.say(self, text)

    def _stand(self, host: QWidget) -> None:
        """In that window from now on."""
        before = self.parentWidget()
        if before is host:
            return
        if before is not None:
            before.removeEventFilter(self)
        self._before = None  # the keyboard of the other window stays there
        self.setParent(host)
        host.installEventFilter(self)

    def _left_behind(self) -> None:
        """The dialog goes, and would take it along: what was just said is seen to its end."""
        shown = not self.isHidden()
        self._stand(self._home)
        if shown:
            self._place()
            self.show()
            self.raise_()

    def _act(self) -> None:
        then, self._then = self._then, None
        self._end()
        if then is not None:
            then()

    def _over(self) -> None:
        """Its time is over: unless somebody is about to use it."""
        if not self.underMouse() and not self._action.hasFocus():
            self._end()

    def _end(self) -> None:
        """Go, and give the keyboard back."""
        before = self._before if self._action.hasFocus() else None
        self._before = None
        self.hide()
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _wait(self) -> None:
        """From now on for its time."""
        if self.isVisible():
            self._timer.start(int(tokens.number("motion.toast.hold")))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._wait()

    def focusNextPrevChild(self, next: bool) -> bool:
        """From here the keyboard goes on in the dialog that keeps it, not in what lies behind."""
        kept = [each for each in self.window().findChildren(Dialog) if each.isVisible()]
        if kept and self._before is not None and any(each.isAncestorOf(self._before) for each in kept):
            self._before.setFocus(Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason)
            return True
        return super().focusNextPrevChild(next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._end()
        else:
            super().keyPressEvent(event)

    def _reach(self, event: QKeyEvent) -> bool:
        """F6 goes here first; the shortcut of the window would go to the next pane."""
        wanted = event.key() == Qt.Key.Key_F6 and event.modifiers() == Qt.KeyboardModifier.NoModifier
        if not wanted or not self._action.isVisible() or self._action.hasFocus():
            return False
        if event.type() is QEvent.Type.KeyPress:
            self._before = self.window().focusWidget()
            self._theme.keyboard_focus = True
            self._action.setFocus(Qt.FocusReason.ShortcutFocusReason)
        event.accept()
        return True

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
        kind = event.type()
        if watched is self._action:
            if kind is QEvent.Type.FocusOut:
                self._wait()
        elif kind is QEvent.Type.Resize and self.isVisible():
            self._place()
        elif kind is QEvent.Type.Hide and watched is not self._home and not event.spontaneous():
            self._left_behind()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) and isinstance(event, QKeyEvent):
            return self._reach(event)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painting.surface(
            painter, QRectF(self.rect()), self._theme.size("radius.controlLarge"), self._theme.palette.toast_fill
        )


def _front() -> Dialog | None:
    """The dialog in a window of its own that takes the presses now, also under a dialog of the system's."""
    front = QApplication.activeModalWidget()
    while front is not None and not isinstance(front, Dialog):
        under = front.parentWidget()
        front = under.window() if under is not None else None
    return front


class ToastAction(Button):
    """The link on a toast, in its own colour."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text, "link")
        self._look = theme

    def _paint_box(self, painter: QPainter, box: QRectF, radius: int) -> QColor:
        return self._look.palette.toast_action

    def _ring_ink(self) -> QColor:
        return self._look.palette.toast_action
