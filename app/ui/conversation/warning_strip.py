"""A strip under the header that says what is wrong, and what can be done about it."""

from collections.abc import Callable

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.composer.frame import Glyph
from app.ui.conversation.banners import BannerAction
from app.ui.theme import Theme
from app.ui.widgets.labels import Label


class WarningStrip(QWidget):
    """36 high, and higher where the sentence wraps; not there while nothing is said.

    Each action is its words and what it does.
    """

    def __init__(self, theme: Theme, icon: str, *actions: tuple[str, Callable[[], object]]) -> None:
        super().__init__()
        self._theme = theme
        self._words = Label(theme, role="control", color="amber_text")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._row = QHBoxLayout(self)
        self._row.addWidget(Glyph(theme, icon, "amber_text", 16))
        self._row.addWidget(self._words, 1)
        for said, act in actions:
            link = BannerAction(theme, said)
            link.clicked.connect(act)
            self._row.addWidget(link)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def say(self, words: str) -> None:
        """Show a sentence, aloud too when it is another one; or nothing any more."""
        another = bool(words) and (words != self._words.text() or self.isHidden())
        self._words.setText(words)
        self.setVisible(bool(words))
        if another and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _dress(self) -> None:
        px = self._theme.px
        self.setMinimumHeight(self._theme.size("layout.banner"))
        left, right = (px(16), px(20)) if self.isRightToLeft() else (px(20), px(16))
        self._row.setContentsMargins(left, px(4), right, px(4))
        self._row.setSpacing(px(8))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.amber_tint)
        if self._theme.high_contrast:
            painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)
