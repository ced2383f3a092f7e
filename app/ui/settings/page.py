"""A page: its title, below it the cards of the fields declared for it, and whatever the page adds of its own."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.client import settings
from app.client.settings import FIELDS
from app.ui.desk import Desk
from app.ui.settings import controls
from app.ui.settings.rows import Card, Chevron, Row
from app.ui.widgets.labels import Label


class Page(QScrollArea):
    """Cards below a title; what has the keyboard is scrolled into sight."""

    def __init__(self, desk: Desk, title: str, *, back: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.desk = desk
        self._theme = desk.theme
        self._back = Chevron(desk.theme, self.tr("Back"), back=True, shortcut="Alt+Left") if back is not None else None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustIgnored)
        self.body = _Body(desk)
        self._column = QVBoxLayout(self.body)
        self._headings: list[Label] = []
        head = QHBoxLayout()
        self._line = head
        if self._back is not None and back is not None:
            self._back.clicked.connect(lambda: back())
            head.addWidget(self._back)
        self.title = Label(self._theme, title, "title")
        head.addWidget(self.title, 1)
        self._column.addLayout(head)
        self._tail = QVBoxLayout()
        self._column.addLayout(self._tail)
        self._column.addStretch(1)
        self._gaps: list[tuple[QVBoxLayout, float]] = []
        self.setWidget(self.body)
        self.viewport().setAutoFillBackground(False)
        self._theme.changed.connect(self._restyle)
        self._restyle()

    def put(self, widget: QWidget, gap: float = 16) -> None:
        """One more thing, ``gap`` pixels of the design below the last."""
        box = QVBoxLayout()
        box.addWidget(widget)
        self._tail.addLayout(box)
        self._gaps.append((box, gap))
        self._restyle()

    def put_card(self, card: Card, heading: str = "") -> Card:
        """A card, under a heading if it has one."""
        if heading:
            words = Label(self._theme, heading, "caption", "text_secondary", weight=600)
            words.setIndent(2)
            self.put(words, 18)
            self._headings.append(words)
        self.put(card, 8 if heading else 16)
        return card

    def put_declared(self, page: str) -> dict[str, Card]:
        """The fields of a page in their order, a card for each group; the cards by group."""
        cards: dict[str, Card] = {}
        for name in FIELDS:
            shown = settings.shown(name)
            if shown.page != page:
                continue
            if shown.group not in cards:
                heading = "" if shown.group.startswith("#") else controls.words(shown.group)
                cards[shown.group] = self.put_card(Card(self._theme), heading)
            cards[shown.group].add(self.declared(name))
        return cards

    def declared(self, name: str, *, lead: QWidget | None = None) -> Row:
        """The row of one field; with ``lead``, a picture, its label is strong."""
        shown = settings.shown(name)
        help, control = controls.words(shown.help), controls.make(self.desk, name)
        weight = 600 if lead is not None else None
        return Row(self._theme, controls.words(shown.label), help, control, lead=lead, weight=weight)

    def entered(self) -> None:
        """The page is shown: bring what is not declared up to date."""

    def came_back(self, inner: str) -> None:
        """From a page within this one: the keyboard goes where it left."""
        self.focus_first()

    def focus_first(self) -> None:
        """The keyboard goes to the first control."""
        for each in self.body.findChildren(QWidget):
            if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isVisibleTo(self.body) and each.isEnabled():
                each.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _restyle(self) -> None:
        px = self._theme.px
        start, end, bar = px(28), px(28), self.width() - self.viewport().width()
        # The way back stands 8 pixels before everything else and is taller than the title by 2 on each side.
        out, taller = (px(8), px(2)) if self._back is not None else (0, 0)
        backwards = self.isRightToLeft()
        self._column.setContentsMargins(
            end - bar if backwards else start - out,
            px(24) - taller,
            start - out if backwards else end - bar,
            px(24),
        )
        self._column.setSpacing(0)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(px(4))
        self.title.setFixedHeight(self._theme.line("title"))
        self._tail.setSpacing(0)
        self._tail.setContentsMargins(0 if backwards else out, 0, out if backwards else 0, 0)
        for at, (box, gap) in enumerate(self._gaps):
            box.setContentsMargins(0, px(gap) - (taller if at == 0 else 0), 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._restyle()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._restyle()


class _Body(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._theme = desk.theme
        self._theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.palette.background)
        painter.end()
