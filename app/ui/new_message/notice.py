"""The strip below the recipient: one sentence, and at most one thing to do about it."""

from collections.abc import Callable

from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.margins import mirrored


class Notice(QWidget):
    """Hidden until something is said; amber, or red for what was typed wrong."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wrong = False
        self._then: Callable[[], None] | None = None
        self._icon = QLabel(self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._button: Button | None = None
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._words, 1)
        theme.changed.connect(self._restyle)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text() if self.isVisible() else ""

    def say(self, words: str, action: str = "", then: Callable[[], None] | None = None, *, wrong: bool = False) -> None:
        """Show a sentence; ``then`` is done by the button, and by Enter in the field."""
        self._wrong, self._then = wrong, then
        self._words.setText(words)
        self._offer(action)
        self._restyle()
        self.show()

    def _offer(self, action: str) -> None:
        if self._button is not None:
            self._button.deleteLater()
            self._button = None
        if action:
            self._button = Button(self._theme, action, "link", parent=self)
            self._button.setFixedHeight(self._theme.px(32))
            self._button.clicked.connect(self.act)
            self._row.addWidget(self._button)

    def clear(self) -> None:
        """Say nothing any more."""
        self._then = None
        self.hide()

    def act(self) -> None:
        """Do what the button offers, if it offers something."""
        if self.isVisible() and self._then is not None:
            self._then()

    def _restyle(self) -> None:
        theme = self._theme
        colors = theme.palette
        ink = colors.red_text if self._wrong else colors.amber_text
        self._row.setContentsMargins(*mirrored(self, theme.px(20), theme.px(2), theme.px(14), theme.px(2)))
        self._row.setSpacing(theme.px(8))
        self.setMinimumHeight(theme.size("layout.banner"))
        self._icon.setPixmap(theme.icon("alert", ink, 16))
        self._words.setFont(theme.font("body", weight=500))
        made = self._words.palette()
        made.setColor(QPalette.ColorRole.WindowText, ink)
        self._words.setPalette(made)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._theme.palette
        QPainter(self).fillRect(self.rect(), colors.red_tint if self._wrong else colors.amber_tint)
