"""The text field of the composer: plain text that grows with its lines, and keys that mean something in a messenger."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.content import base
from app.ui import tokens
from app.ui.theme import Theme

# The most bytes one message may hold in UTF-8, with room for what else is in its body.
LARGEST: Final = base.BODY - 1_024
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BREAKS: Final = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\u0085": "\n", "\r": "\n"})
_KEPT: Final = frozenset("\n\t")


def cleaned(text: str) -> str:
    """Without what no keyboard writes: control characters and broken pairs; one kind of line end."""
    one = text.replace("\r\n", "\n").translate(_BREAKS)
    return "".join(each for each in one if each in _KEPT or not (each < " " or "\x7f" <= each < "\xa0" or _half(each)))


def _half(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _pictured(source: QMimeData) -> bool:
    """Whether it is a file, or a picture and no words: tables come as both."""
    return any(url.isLocalFile() for url in source.urls()) or (source.hasImage() and not source.hasText())


def size_of(text: str) -> int:
    """Bytes in UTF-8; counts no further than to what is too much anyway."""
    return len(text) if len(text) > LARGEST else len(text.encode("utf-8", "replace"))


class MessageField(QTextEdit):
    """Plain text of one to six lines, then scrolling; ``refused`` says that a paste did not fit.

    ``submitted`` is Enter, ``recalled`` Up in an empty field, ``cancelled`` Esc, ``asked`` a context menu at a place.
    """

    submitted = Signal()
    recalled = Signal()
    cancelled = Signal()
    refused = Signal()
    offered = Signal(object)  # QMimeData with a picture or a file in it
    resized = Signal()
    focused = Signal(bool)
    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._composing = False
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(QCoreApplication.translate("composer", "Message"))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setAutoFillBackground(False)
        self.setCursorWidth(2)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def composing(self) -> bool:
        """An input method has letters in the field that are not the text's yet."""
        return self._composing

    def text(self) -> str:
        """As written, without what an input method is still composing."""
        return self.toPlainText().replace("\ufffc", "")

    def put(self, text: str) -> None:
        """Another text, with the cursor at its end and nothing to undo."""
        document = self.document()
        document.setUndoRedoEnabled(False)
        self.setPlainText(text)
        self._space()
        document.setUndoRedoEnabled(True)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Another text in place of this one, which Undo gives back."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(change(self.text()))
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def insert(self, text: str) -> None:
        """At the cursor, instead of what is selected; too much is refused."""
        fresh = cleaned(text) if len(text) <= LARGEST else ""
        if not fresh and text:
            self.refused.emit()
            return
        selected = size_of(self.textCursor().selectedText())
        if size_of(self.text()) - selected + size_of(fresh) > LARGEST:
            self.refused.emit()
            return
        self.textCursor().insertText(fresh)
        self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Words, and pictures as far as somebody takes them; a file that is dropped is no text."""
        return _pictured(source) or source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if _pictured(source):
            self.offered.emit(source)
        elif source.hasText():
            self.insert(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key, plain = Qt.Key(event.key()), modifiers == Qt.KeyboardModifier.NoModifier
        if key in _ENTER and plain:
            self.submitted.emit()
        elif key in _ENTER and modifiers == Qt.KeyboardModifier.ShiftModifier:
            self.insert("\n")
        elif key == Qt.Key.Key_Up and plain and not self.toPlainText():
            self.recalled.emit()
        elif key == Qt.Key.Key_Escape and plain:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)
        self.resized.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.asked.emit(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only where there is something to scroll; else the messages behind do."""
        if self.verticalScrollBar().maximum() > 0:
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._fit()

    def _dress(self) -> None:
        theme = self._theme
        self.setFont(theme.font("message"))
        colors = self.palette()
        colors.setColor(colors.ColorRole.Text, theme.palette.text)
        colors.setColor(colors.ColorRole.Base, Qt.GlobalColor.transparent)
        colors.setColor(colors.ColorRole.Highlight, theme.palette.blue_fill)
        colors.setColor(colors.ColorRole.HighlightedText, theme.palette.on_fill)
        self.setPalette(colors)
        modified = self.text()
        place = self.textCursor().position()
        self.blockSignals(True)
        self.put(modified)
        self.blockSignals(False)
        cursor = self.textCursor()
        cursor.setPosition(min(place, len(self.toPlainText())))
        self.setTextCursor(cursor)
        self._fit()

    def _space(self) -> None:
        """The line height of the design, for every line there will be."""
        spaced = QTextBlockFormat()
        height = float(self._theme.line("message"))
        spaced.setLineHeight(height, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(spaced)

    def _fit(self, *_: object) -> None:
        line = self._theme.line("message")
        most = round(tokens.number("layout.composerMaxLines"))
        lines = max(1, round(self.document().size().height() / line))
        high = min(lines, most) * line
        wanted = Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines > most else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if self.verticalScrollBarPolicy() is not wanted:
            self.setVerticalScrollBarPolicy(wanted)
        if self.height() != high or self.minimumHeight() != high:
            self.setFixedHeight(high)
            self.resized.emit()
        if lines <= most:
            self.verticalScrollBar().setValue(0)
