"""The head of the pane: avatar, the name with the user's own word for it, and the addresses to copy."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.client.contacts import Card
from app.ui.desk import Desk
from app.ui.details.parts import Portrait
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.margins import mirrored

PORTRAIT: Final = 80
LONGEST_NAME: Final = 128
COPY: Final = 28


class Person(QWidget):
    """Shows a card; ``renamed`` has the user's new word for the person, empty for none."""

    renamed = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        theme = desk.theme
        self._own = ""
        self._shown: tuple[str, ...] | None = None
        self._portrait = Portrait(theme, PORTRAIT)
        self._name = _centred(Label(theme, "", "sidebarTitle", weight=600, wrap=True, parent=self))
        self._claim = _centred(Label(theme, "", "caption", "text_secondary", wrap=True, parent=self))
        self._field = Field(theme, self.tr("Name"), parent=self)
        self._field.line.setMaxLength(LONGEST_NAME)
        self._field.line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.line.escaped.connect(self.leave_name)
        self._field.entered.connect(self._rename)
        self._field.hide()
        self._addresses = QVBoxLayout()
        self._addresses.setSpacing(0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._portrait, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(theme.px(10))
        for part in (self._name, self._field, self._claim):
            self._column.addWidget(part)
        self._column.addLayout(self._addresses)

    def show_card(self, card: Card) -> None:
        """What is known of this person now."""
        self._own = card.own_name
        self._portrait.show_person(card.conversation, card.name.name)
        self._name.setText(card.name.name)
        claims = [card.claimed_address] if card.claimed_address and not card.addresses else []
        if card.claimed_name and card.claimed_name != card.name.name:
            claims.insert(0, card.claimed_name)
        self._claim.setText(self.tr("Says it is {claims}").format(claims=", ".join(claims)))
        self._claim.setVisible(bool(claims))
        addresses = tuple(each.address for each in card.addresses)
        if addresses != self._shown:
            self._shown = addresses
            self._show(addresses)

    def _show(self, addresses: tuple[str, ...]) -> None:
        while (item := self._addresses.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.deleteLater()
        for address in addresses:
            self._addresses.addWidget(self._line(address))

    def _line(self, address: str) -> QWidget:
        theme = self._desk.theme
        line = QWidget(self)
        words = ElidedLabel(theme, f"\u2066{address}\u2069", "caption", "text_secondary")
        words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        copy = IconButton(theme, "copy", self.tr("Copy {address}").format(address=address), size=COPY, glyph=16)
        copy.clicked.connect(lambda: self._copy(address))
        row = QHBoxLayout(line)
        row.setContentsMargins(*mirrored(self, theme.px(COPY), 0, 0, 0))  # so that the address stays in the middle
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(words)
        row.addWidget(copy)
        row.addStretch(1)
        return line

    def _copy(self, address: str) -> None:
        QGuiApplication.clipboard().setText(address)
        self._desk.say(self.tr("Address copied"))

    def edit_name(self) -> None:
        """Let the user write their own word for this person."""
        self._name.hide()
        self._field.setText(self._own)
        self._field.line.setPlaceholderText(self._name.text())
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.line.selectAll()

    def _rename(self) -> None:
        name = self._field.text().strip()
        self.leave_name()
        self.renamed.emit(name)

    def leave_name(self) -> None:
        """As it is; what was written is not taken."""
        self._field.hide()
        self._name.show()


def _centred(words: Label) -> Label:
    words.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return words
