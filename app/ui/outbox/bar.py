"""Under the list: why the chosen message waits, in full, and what can be done about it."""

from PySide6.QtCore import QCoreApplication, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.client.unsent import Unsent
from app.ui.outbox.wording import Words, acts
from app.ui.theme import Theme
from app.ui.widgets.buttons import ROOM, Button, Kind
from app.ui.widgets.labels import Label

_ELSEWHERE = ("invite", "plan", "settings", "new_conversation", "verify")
_KINDS: dict[str, Kind] = {
    "retry": "primary",
    "as_text": "green",
    "rewrite": "secondary",
    **dict.fromkeys(_ELSEWHERE, "secondary"),
    "delete": "danger",
}


class ActionBar(QWidget):
    """``chosen`` names the act; ``more``, with a place on the screen, asks for all of them where they do not fit."""

    chosen = Signal(str)
    more = Signal(QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = Label(theme, "", "body", "text_secondary")
        self._buttons: dict[str, Button] = {}
        self._offered: tuple[str, ...] = ()
        self._more = Button(theme, QCoreApplication.translate("outbox", "More"))
        self._more.clicked.connect(lambda: self.more.emit(self._more.mapToGlobal(QPoint(0, 0))))
        self._line = QHBoxLayout()
        for act in ("delete", *_ELSEWHERE, "rewrite", "as_text", "retry"):
            button = Button(theme, act, _KINDS[act])
            button.clicked.connect(lambda _=False, act=act: self.chosen.emit(act))
            self._buttons[act] = button
        self._line.addWidget(self._buttons["delete"])
        for act in _ELSEWHERE:
            self._line.addWidget(self._buttons[act])
        self._line.addWidget(self._more)
        self._line.addStretch(1)
        for act in ("rewrite", "as_text", "retry"):
            self._line.addWidget(self._buttons[act])
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._words)
        self._column.addLayout(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._dress)
        self._dress()

    def show_row(self, each: Unsent, said: Words) -> None:
        """Another row, or the same one as it is now."""
        self._words.setText(f"{said.when}. {said.cause}" if said.cause else said.when)
        self._words.paint_in("red_text" if said.failed else "text_secondary")
        offered = acts(each)
        self._offered = tuple(offered)
        for act, name in offered.items():
            self._buttons[act].rename(name)
        self._fold()

    def focus_first(self) -> None:
        """The keyboard goes to what is nearest."""
        self._buttons[self._offered[0]].setFocus(Qt.FocusReason.TabFocusReason)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(20 - ROOM), px(12), px(20 - ROOM), px(12))
        self._words.setContentsMargins(px(ROOM), 0, px(ROOM), 0)
        self._column.setSpacing(px(8))
        self._line.setSpacing(px(4))
        self._fold()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """All of them where they fit beside each other; else the nearest one, and the rest in a menu."""
        wide = sum(self._buttons[act].sizeHint().width() + self._theme.px(8) for act in self._offered)
        folded = wide + self._theme.px(40) > self.width()
        for act, button in self._buttons.items():
            button.setVisible(act in self._offered and (not folded or act == self._offered[0]))
        self._more.setVisible(folded)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, 0, self.width(), 1, colors.separator)
