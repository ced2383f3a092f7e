"""Under the list: why the chosen message waits, in full, and what can be done about it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.client.unsent import Unsent
from app.ui.outbox.wording import Words, acts
from app.ui.theme import Theme
from app.ui.widgets.buttons import ROOM, Button, Kind
from app.ui.widgets.labels import Label

_KINDS: dict[str, Kind] = {"retry": "primary", "as_text": "green", "rewrite": "secondary", "delete": "danger"}


class ActionBar(QWidget):
    """``chosen`` names the act; the buttons stand under each other where they do not fit."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = Label(theme, "", "body", "text_secondary")
        self._buttons: dict[str, Button] = {}
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for act in ("delete", "rewrite", "as_text", "retry"):
            button = Button(theme, act, _KINDS[act])
            button.clicked.connect(lambda _=False, act=act: self.chosen.emit(act))
            self._buttons[act] = button
        self._line.addWidget(self._buttons["delete"])
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
        for act, button in self._buttons.items():
            button.setVisible(act in offered)
            if act in offered:
                button.rename(offered[act])
        self._fold()

    def focus_first(self) -> None:
        """The keyboard goes to what is nearest."""
        for act in ("retry", "as_text", "rewrite", "delete"):
            if not self._buttons[act].isHidden():
                self._buttons[act].setFocus(Qt.FocusReason.TabFocusReason)
                return

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
        there = [each for each in self._buttons.values() if not each.isHidden()]
        wide = sum(each.sizeHint().width() + self._theme.px(8) for each in there) + self._theme.px(40)
        across = wide <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if across else QBoxLayout.Direction.BottomToTop
        for each in self._buttons.values():
            each.setMinimumHeight(each.sizeHint().height())
        if self._line.direction() is not direction:
            self._line.setDirection(direction)
            self._column.invalidate()
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, 0, self.width(), 1, colors.separator)
