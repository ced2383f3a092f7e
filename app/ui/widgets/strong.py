"""One line of words with a strong part, whichever direction they are read in."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme


class StrongPart(QWidget):
    """In the role ``body``; its accessible name is the whole line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._text, self._part = theme, "", (0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._again)

    def text(self) -> str:
        return self._text

    def show_text(self, before: str, part: str, after: str) -> None:
        """The line is all three, one after the other."""
        self._text, self._part = before + part + after, (len(before), len(part))
        self.setAccessibleName(self._text)
        self._again()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def _laid(self) -> QTextLayout:
        layout = QTextLayout(self._text, self._theme.font("body", tabular=True))
        option = QTextOption()
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        strong = QTextLayout.FormatRange()
        strong.start, strong.length = self._part
        strong.format = QTextCharFormat()
        strong.format.setFont(self._theme.font("body", weight=600, tabular=True))
        layout.setFormats([strong])
        layout.beginLayout()
        layout.createLine().setLineWidth(100_000)
        layout.endLayout()
        return layout

    def sizeHint(self) -> QSize:
        layout = self._laid()  # its lines end with it
        return QSize(-int(-layout.lineAt(0).naturalTextWidth() // 1), self._theme.line("body"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        layout = self._laid()
        line = layout.lineAt(0)
        free = self.width() - line.naturalTextWidth() if self.isRightToLeft() else 0
        painter = QPainter(self)
        painter.setPen(self._theme.palette.text)
        # A line that is read from the right lies at the right end of its width.
        at = free - line.naturalTextRect().left()
        layout.draw(painter, QPointF(at, (self.height() - line.height()) / 2))
        painter.end()
