"""The shortcuts of the window: one table, and the page that shows it."""

from typing import Final, NamedTuple

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import rings
from app.ui.widgets.areas import own_viewport
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored


class Shortcut(NamedTuple):
    """What the window calls it, its keys (on macOS Ctrl is Command), and what it does in words."""

    name: str
    keys: tuple[str, ...]
    words: str


TABLE: Final = (
    Shortcut("compose", ("Ctrl+N",), "New message"),
    Shortcut("search", ("Ctrl+K",), "Search everything"),
    Shortcut("find", ("Ctrl+F",), "Find in conversation"),
    Shortcut("next", ("Ctrl+Tab", "Alt+Down"), "Next conversation"),
    Shortcut("previous", ("Ctrl+Shift+Tab", "Alt+Up"), "Previous conversation"),
    Shortcut("details", ("Ctrl+I",), "Details"),
    Shortcut("picture", ("Ctrl+Shift+P",), "Add a picture"),
    Shortcut("mute", ("Ctrl+Shift+M",), "Mute conversation"),
    Shortcut("settings", ("Ctrl+,",), "Settings"),
    Shortcut("larger", ("Ctrl++", "Ctrl+="), "Larger text"),
    Shortcut("smaller", ("Ctrl+-",), "Smaller text"),
    Shortcut("usual_size", ("Ctrl+0",), "Usual text size"),
    Shortcut("next_pane", ("F6",), "Next pane"),
    Shortcut("previous_pane", ("Shift+F6",), "Previous pane"),
    Shortcut("shortcuts", ("Ctrl+/",), "Keyboard shortcuts"),
    Shortcut("close", ("Ctrl+W",), "Close the window"),
    Shortcut("quit", ("Ctrl+Q",), "Quit"),
)
# Keys that belong to a place in the window rather than to the window.
ELSEWHERE: Final = (
    (("Ctrl+1", "…", "Ctrl+9"), "Pinned conversations, then those of the list"),
    (("F6",), "To Undo, while it is offered"),
    (("Return",), "Send"),
    (("Shift+Return",), "New line"),
    (("Up",), "Edit your last message, in an empty field"),
    (("Up", "Down"), "Previous and next message"),
    (("Home", "End"), "First and last message"),
    (("Shift+Up", "Shift+Down"), "Select messages"),
    (("Shift+Left", "Shift+Right"), "Select words of a message"),
    (("Ctrl+A",), "Select all messages"),
    (("Ctrl+C",), "Copy a message, or what is selected"),
    (("R",), "Reply, on a message"),
    (("Return", "Space"), "Open, on a message"),
    (("Delete",), "Delete a message that was not sent"),
    (("Shift+F10", "Menu"), "Menu of a message or conversation"),
    (("Ctrl+S",), "Save, in an open picture"),
    (("Alt+Left",), "Back, in the settings"),
    (("Esc",), "Close, cancel, then back"),
)


def native(keys: str) -> str:
    """As this system writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys


class ShortcutsDialog(Dialog):
    """All of them, in two columns, which scroll where the window is smaller."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, QCoreApplication.translate("Shortcuts", "Keyboard shortcuts"), parent)
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, px(24), px(20), px(20), px(12)))
        column.setSpacing(px(12))
        column.addWidget(Label(theme, self.windowTitle(), "heading", wrap=False))
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(*mirrored(self, 0, 0, px(8), 0))
        grid.setHorizontalSpacing(px(24))
        grid.setVerticalSpacing(px(6))
        rows = [(tuple(native(key) for key in each.keys), each.words) for each in TABLE]
        rows += [(tuple(native(key) for key in keys), words) for keys, words in ELSEWHERE]
        half = (len(rows) + 1) // 2
        for number, (keys, words) in enumerate(rows):
            line, side = number % half, 2 * (number // half)
            said = QCoreApplication.translate("Shortcuts", words)
            grid.addWidget(Label(theme, said, "body", wrap=False), line, side)
            shown = Label(theme, "  ".join(keys), "body", "text_secondary", wrap=False)
            grid.addWidget(shown, line, side + 1, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(_Scrolled(theme, self.windowTitle(), body), 1)
        row = QHBoxLayout()
        row.addStretch(1)
        done = Button(theme, QCoreApplication.translate("Shortcuts", "Close"))
        done.clicked.connect(self.end)
        row.addWidget(done)
        column.addLayout(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self.theme.palette.background)


class _Scrolled(QScrollArea):
    """As large as what is in it, if there is room; arrow keys scroll it."""

    def __init__(self, theme: Theme, name: str, body: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._ring = rings.Frame(self, theme, self._outline)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        own_viewport(self)
        body.setAutoFillBackground(False)
        self.setWidget(body)

    def _outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.control")

    def sizeHint(self) -> QSize:
        body = self.widget()
        return body.sizeHint() if body is not None else super().sizeHint()
