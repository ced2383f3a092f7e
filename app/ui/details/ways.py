"""Which ways the messages of one conversation may go, and what follows from the choice."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Policy
from app.ui.details.parts import Glyph
from app.ui.theme import Theme
from app.ui.widgets.choices import Choice
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.margins import mirrored


class Ways(QWidget):
    """A row of the pane: its choice, and below it the consequence in a sentence."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        name = _tr("Messages go")
        icon = Glyph(theme, "transfer", "text_secondary", 20, self)
        label = ElidedLabel(theme, name)
        label.setAccessibleName("")  # the choice says it
        choices = (
            (Policy.AUTOMATIC, _tr("Automatic")),
            (Policy.ALWAYS_TEXT, _tr("Always Text")),
            (Policy.ONLY_ENCRYPTED, _tr("Only Encrypted")),
        )
        self.choice = Choice(theme, name, choices, Policy.AUTOMATIC)
        self.choice.chosen.connect(self._tell)
        self._means = Label(theme, "", "caption", "text_secondary")
        self._row = QHBoxLayout()
        self._row.addWidget(icon)
        self._row.addWidget(label, 1)
        self._row.addWidget(self.choice)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addLayout(self._row)
        self._column.addWidget(self._means)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._tell(Policy.AUTOMATIC)

    def show_policy(self, policy: Policy) -> None:
        """As it is kept."""
        self.choice.show_value(policy)
        self._tell(policy)

    def _tell(self, policy: object) -> None:
        self._means.setText(
            {
                Policy.AUTOMATIC: _tr("Encrypted where possible. Before anything that was encrypted goes as a text, "
                "you’re asked."),
                Policy.ALWAYS_TEXT: _tr("Where they can’t get encrypted messages, texts go without asking, also when "
                "they cost something, until your text plan says to ask or to stop."),
                Policy.ONLY_ENCRYPTED: _tr("Nothing here ever leaves as a text. While they can’t get encrypted "
                "messages, nothing is sent."),
            }.get(policy if isinstance(policy, Policy) else Policy.AUTOMATIC, "")
        )  # fmt: skip

    def _restyle(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(*mirrored(self, px(4), px(3), 0, px(6)))
        self._row.setSpacing(px(12))
        self._means.setContentsMargins(*mirrored(self, px(32), 0, 0, 0))


def _tr(text: str) -> str:
    return QCoreApplication.translate("DetailsPane", text)
