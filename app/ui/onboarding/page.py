"""What every page of the first window has: a heading, a sentence, what is to be done, and the buttons at its foot."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.common import errors
from app.ui.onboarding import words
from app.ui.onboarding.cards import Note
from app.ui.onboarding.paragraph import Paragraph
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.fields import Line

TOP, SIDE, FOOT = 52, 44, 32  # px around


class Page(QWidget):
    """One page; ``step`` is its dot. ``back`` is emitted by its Back button."""

    back = Signal()

    def __init__(self, theme: Theme, title: str, lead: str = "", *, step: int = 0, display: bool = False) -> None:
        super().__init__()
        self.theme, self.step, self.title = theme, step, title
        self.back_button: Button | None = None
        self.first: QWidget | None = None  # what has the focus when the page opens
        px = theme.px
        self.setAccessibleName(title)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        room = px(ROOM)  # for the rings of buttons, which everything else keeps clear of
        self._column.setContentsMargins(px(SIDE) - room, px(TOP), px(SIDE) - room, 0)
        self._column.setSpacing(0)
        self.heading = Paragraph(theme, title, "display" if display else "title")
        self.add(self.heading)
        self.lead = Paragraph(
            theme, lead, "heading" if display else "message", "text_secondary", weight=400, line=22 if display else None
        )
        if lead:
            self.add(self.lead, 8 if display else 6)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(px(SIDE) - room, 0, px(SIDE) - room, px(FOOT) - room)
        self._foot.setSpacing(px(2))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(_scrolled(inner), 1)
        whole.addLayout(self._foot)
        self.wrong = Note(theme, wrong=True)

    def add(self, widget: QWidget, above: float = 0) -> None:
        """Put it below what is there, so many px of the design away."""
        self._column.addWidget(_Slot(widget, self.theme.px(ROOM), self.theme.px(above)))

    def add_row(self, *buttons: Button, above: float = 0) -> None:
        """Several buttons side by side, from the start."""
        room = self.theme.px(ROOM)
        row = QHBoxLayout()
        row.setSpacing(0)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        self._column.addSpacing(self.theme.px(above) - room)
        self._column.addLayout(row)

    def finish(self, *forward: Button, back: str = "Back") -> None:
        """Close the column and put the buttons at the foot: Back at the start, the others at the end."""
        if self.wrong.parentWidget() is None:
            self.add(self.wrong, 20)
        self._column.addStretch(1)
        if back:
            button = self.back_button = Button(self.theme, say(back), large=True)
            button.clicked.connect(self.back)
            self._foot.addWidget(button)
            for line in self.findChildren(Line):
                line.escaped.connect(self.back)
        self._foot.addStretch(1)
        for button in forward:
            self._foot.addWidget(button)

    def fail(self, error: errors.KingfisherError) -> None:
        """Say what went wrong, above the buttons."""
        self.wrong.say(words.sentence(error))

    def opened(self) -> None:
        """The page has come to the front."""
        if self.first is not None:
            self.first.setFocus(Qt.FocusReason.OtherFocusReason)


class _Slot(QWidget):
    """The room of one widget with what lies above it; both are given up while the widget is hidden."""

    def __init__(self, widget: QWidget, room: int, above: int) -> None:
        super().__init__()
        hidden = widget.isHidden() and widget.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
        row = QHBoxLayout(self)
        row.setContentsMargins(room, above, room, 0)
        row.addWidget(widget)
        if widget.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed:
            row.addStretch(1)
        widget.installEventFilter(self)
        if hidden:
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Come and go with it."""
        if event.type() is QEvent.Type.ShowToParent:
            self.show()
        elif event.type() is QEvent.Type.HideToParent:
            self.hide()
        return False


def _scrolled(inner: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    inner.setAutoFillBackground(False)
    area.setWidget(inner)
    return area
