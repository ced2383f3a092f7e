"""Six boxes for the digits of a code: one line to the keyboard and to screen readers."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

DIGITS: Final = 6
_WIDE, _HIGH, _GAP, _MIDDLE = 48, 56, 8, 8


class CodeField(QLineEdit):
    """Takes digits, also pasted with spaces; ``complete`` is emitted whenever all six are there or no longer are."""

    complete = Signal(bool)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wrong = theme, False
        self.setAccessibleName(name)
        self.setFrame(False)
        self.setMaxLength(DIGITS)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self._typed)
        theme.changed.connect(self._restyle)

    def complain(self, wrong: bool, sentence: str = "") -> None:
        """Red until something else is typed."""
        self._wrong = wrong
        self.setAccessibleDescription(sentence)
        self.update()

    def _typed(self, text: str) -> None:
        digits = "".join(each for each in text if each.isascii() and each.isdecimal())
        if digits != text:
            self.setText(digits)
            return
        self.complain(False)
        self.complete.emit(len(digits) == DIGITS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):  # the line itself would cut "407 123" after six characters
            found = QApplication.clipboard().text()
            self.setText("".join(each for each in found if each.isascii() and each.isdecimal()))
            return
        text = event.text()
        if text.isprintable() and text and not (text.isascii() and text.isdecimal()):
            return
        super().keyPressEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setCursorPosition(len(self.text()))
        self.update()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(DIGITS * px(_WIDE) + (DIGITS - 1) * px(_GAP) + px(_MIDDLE), px(_HIGH))

    def minimumSizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(DIGITS * px(30) + (DIGITS - 1) * px(_GAP) + px(_MIDDLE), px(_HIGH))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        painter = QPainter(self)
        font = theme.font("title", weight=600)
        font.setPixelSize(px(24))
        painter.setFont(font)
        wide = (self.width() - (DIGITS - 1) * px(_GAP) - px(_MIDDLE)) / DIGITS
        text, at = self.text(), min(self.cursorPosition(), DIGITS - 1)
        for place in range(DIGITS):
            left = place * (wide + px(_GAP)) + (px(_MIDDLE) if place >= DIGITS // 2 else 0)
            box = QRectF(left, 0, wide, self.height())
            here = self.hasFocus() and place == at
            edge = colors.red_text if self._wrong else colors.focus if here else colors.border
            fill = colors.field_fill if theme.dark and not here else colors.background
            width = painting.ring_width(theme) if here or self._wrong else 1
            painting.surface(painter, box, theme.size("radius.controlLarge"), fill, edge, width)
            if place < len(text):
                painter.setPen(colors.text)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text[place])
            elif here:
                caret = QRectF(box.center().x() - px(1), box.center().y() - px(13), px(2), px(26))
                painter.fillRect(caret, colors.focus)
        painter.end()
