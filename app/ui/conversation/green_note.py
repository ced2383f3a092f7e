"""The note below a green conversation: that texts are not encrypted, and how that changes."""

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.composer.frame import Glyph
from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored


class GreenNote(QWidget):
    """An outlined card in the middle, with Invite where people of this relay may invite."""

    invite = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._glyph = Glyph(theme, "lock", "blue_text", 16)
        self._words = Label(theme, "", "control", "text_secondary", weight=400)
        self._invite = Button(theme, _tr("Invite"))
        self._invite.clicked.connect(self.invite)
        self._card = _Card(theme)
        self._row = QHBoxLayout(self._card)
        self._row.addWidget(self._glyph)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._invite)
        self._whole = QHBoxLayout(self)
        self._whole.setSpacing(0)
        self._whole.addStretch(1)
        self._whole.addWidget(self._card, 1000)
        self._whole.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def say(self, words: str, *, invites: bool) -> None:
        """Show a sentence, or nothing any more."""
        self._words.setText(words)
        self._invite.setVisible(invites)
        self._fit()
        self.setVisible(bool(words))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """On one line as long as there is room."""
        px = self._theme.px
        button = self._invite.sizeHint().width() + px(10) if not self._invite.isHidden() else 0
        words = QFontMetrics(self._words.font()).horizontalAdvance(self._words.text())
        self._card.setMaximumWidth(words + self._glyph.width() + button + px(16 + 8 + 10) + 4)

    def _dress(self) -> None:
        px = self._theme.px
        self._whole.setContentsMargins(px(20), px(2), px(20), px(18))
        inside = px(8) - px(ROOM)
        self._row.setContentsMargins(*mirrored(self, px(16), inside, px(4), inside))
        self._row.setSpacing(px(10))
        self._fit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.palette.background)


class _Card(QWidget):
    """The outline around it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = colors.border if self._theme.high_contrast else colors.separator
        radius = self._theme.size("radius.group")
        painting.surface(painter, QRectF(self.rect()), radius, colors.background, edge)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
