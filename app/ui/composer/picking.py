"""The button beside the field that opens the emoji, those used of late first."""

from PySide6.QtCore import QObject

from app.client import writing
from app.ui.composer import emoji
from app.ui.composer.field import MessageField
from app.ui.composer.frame import RoundButton
from app.ui.composer.picker import EmojiPicker
from app.ui.desk import Desk


class Picking(QObject):
    """The picker is made when it is opened first."""

    def __init__(self, desk: Desk, button: RoundButton, field: MessageField, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._button, self._field = desk, button, field
        self._picker: EmojiPicker | None = None

    def toggle(self) -> None:
        """Open it, or shut it."""
        if self._picker is not None and self._picker.isVisible():
            self._picker.shut()
            return
        if self._picker is None:
            self._picker = EmojiPicker(self._desk.theme, self._button)
            self._picker.picked.connect(self._field.insert)
            self._picker.closed.connect(lambda: self._button.setChecked(False))
            self._button.setCheckable(True)
        self._desk.bridge.spawn(self, self._open(self._picker), name="emoji")

    def shut(self) -> None:
        """Away with it, if it is open."""
        if self._picker is not None:
            self._picker.shut()

    async def _open(self, picker: EmojiPicker) -> None:
        texts = await self._desk.messenger.database.read(writing.recent_words)
        self._button.setChecked(True)
        picker.open(emoji.used_in(texts))
