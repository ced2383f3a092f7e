"""The part of the pane about who is really there: the safety number, whether it was compared, and what changed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client.contacts import Card
from app.storage.notices import Notice
from app.ui import format as formatting
from app.ui.desk import Desk
from app.ui.details.parts import Digits, Glyph, Section, lines_of
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.tags import Tag


class Verification(Section):
    """``compare`` asks for the dialog, ``seen`` says that a notice (by number) was read."""

    compare = Signal()
    seen = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk.theme, parent, below=6)
        theme = desk.theme
        self._desk = desk
        self._open: tuple[int, ...] | None = None
        head = QHBoxLayout()
        title = ElidedLabel(theme, self.tr("Verification"), "caption", "text_secondary", weight=600)
        self._tag = Tag(theme, self.tr("Verified"))
        head.addWidget(title, 1)
        head.addWidget(self._tag)
        self._digits = Digits(theme, "caption", "text_secondary", line=18)
        self._compare = Button(theme, self.tr("Compare…"), kind="link")
        self._compare.setFixedHeight(theme.px(30))
        self._compare.clicked.connect(self.compare)
        self._notices = QVBoxLayout()
        self.column.addLayout(head)
        self.column.addLayout(self._notices)
        self.column.addSpacing(theme.px(8))
        self.column.addWidget(self._digits)
        self.column.addWidget(self._compare, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_card(self, card: Card) -> None:
        """Hidden as long as no account is known."""
        self.setVisible(bool(card.number))
        self._tag.setVisible(card.verified)
        self._digits.setText(lines_of(card.number))
        told = tuple(notice.notice for notice in card.notices)
        if told != self._open:
            self._open = told
            self._show(card)

    def _show(self, card: Card) -> None:
        while (item := self._notices.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.deleteLater()
        for notice in card.notices:
            self._notices.addWidget(_Told(self._desk, notice, card.name.name, self))


class _Told(QWidget):
    """One notice, until it was seen."""

    def __init__(self, desk: Desk, notice: Notice, name: str, section: Verification) -> None:
        super().__init__(section)
        theme = desk.theme
        icon = Glyph(theme, "shield-alert", "amber_text", 16, self)
        words = Label(theme, self._sentence(notice, name), "body", "amber_text", wrap=True, parent=self)
        button = Button(theme, self.tr("OK"), kind="link")
        button.setAccessibleName(self.tr("OK, I have seen that: {notice}").format(notice=words.text()))
        button.clicked.connect(lambda: section.seen.emit(notice.notice))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.px(8), 0, 0)
        row.setSpacing(theme.px(8))
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        row.addWidget(button)

    def _sentence(self, notice: Notice, name: str) -> str:
        if notice.code == "device_added":
            return self.tr("{name} added a device.").format(name=name)
        if notice.code == "root_epoch_raised":
            return self.tr(
                "{name}’s account was taken back with its recovery code. Compare the safety number again."
            ).format(name=name)
        return formatting.for_code(notice.code)
