"""Above the field: what is being answered or changed, with a way out."""

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client.writing import Answered, Editable
from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.margins import mirrored


class ReplyBar(QWidget):
    """Hidden as long as nothing is answered or changed; ``dropped`` is its close button."""

    dropped = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ElidedLabel(theme, role="caption", color="blue_text", weight=600)
        self._words = ElidedLabel(theme, role="caption", color="text_secondary")
        self._close = IconButton(theme, "close", _tr("Cancel Reply"), shortcut="Esc", size=28, glyph=16)
        self._close.clicked.connect(self.dropped)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._title)
        texts.addWidget(self._words)
        self._row = QHBoxLayout(self)
        self._row.addLayout(texts, 1)
        self._row.addWidget(self._close)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def answer(self, answered: Answered) -> None:
        """Show whom and what is answered."""
        name = _tr("yourself") if answered.outgoing else answered.author.name
        self._show(_tr("Reply to {name}").format(name=name), answered.words, _tr("Cancel Reply"))

    def edit(self, editable: Editable) -> None:
        """Show which words are being changed."""
        self._show(_tr("Edit message"), editable.text, _tr("Cancel Editing"))

    def _show(self, title: str, words: str, close: str) -> None:
        self._title.setText(title)
        self._words.setText(words)
        self._close.setAccessibleName(close)
        self._close.setToolTip(f"{close} (Esc)")
        self.show()

    def _dress(self) -> None:
        px = self._theme.px
        self._row.setContentsMargins(*mirrored(self, px(11), px(4), 0, px(4)))
        self._row.setSpacing(px(8))
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        width, inset = theme.size("bubble.quote.bar"), theme.px(5)
        left = self.width() - width if self.isRightToLeft() else 0
        bar = QRectF(left, inset, width, self.height() - 2 * inset)
        painting.surface(painter, bar, width / 2, theme.palette.blue_text)


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
