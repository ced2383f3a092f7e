"""What stands where nothing is to be listed: a glyph, a heading and a sentence, in the middle."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets.labels import Label

_SIDE: Final = 36
_BELOW: Final = 40
_GLYPH: Final = 40


class Empty(QWidget):
    """A glyph, what there is not, and what to do about it."""

    def __init__(self, theme: Theme, icon: str, heading: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icon = theme, icon
        self._glyph = QLabel()
        self._heading = Label(theme, heading, "name")
        self._sentence = Label(theme, sentence, "body", "text_secondary")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        for part in (self._glyph, self._heading, self._sentence):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            self._column.addWidget(part)
        self._column.addStretch(1)
        theme.changed.connect(self._again)
        self._again()

    def say(self, heading: str, sentence: str) -> None:
        """Something else."""
        self._heading.setText(heading)
        self._sentence.setText(sentence)

    @property
    def words(self) -> str:
        """All that is said."""
        return f"{self._heading.text()} {self._sentence.text()}"

    def _again(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(_SIDE), 0, px(_SIDE), px(_BELOW))
        self._glyph.setContentsMargins(0, 0, 0, px(10))
        self._heading.setContentsMargins(0, 0, 0, px(4))
        picture = self._theme.icon(self._icon, self._theme.palette.text_tertiary, _GLYPH) if self._icon else QPixmap()
        self._glyph.setPixmap(picture)
        self._glyph.setVisible(bool(self._icon))
