"""The line below the messages that says that whoever is written to has added a device, until it was seen."""

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.client.facing import Facing
from app.ui.composer.frame import Glyph
from app.ui.conversation.strip import BannerAction
from app.ui.theme import Theme
from app.ui.widgets.labels import Label


class DeviceLine(QWidget):
    """Not there while there is nothing to say; ``seen`` tells that it was read."""

    seen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._glyph = Glyph(theme, "shield-alert", "amber_text", 16)
        self._words = Label(theme, "", "caption", "amber_text")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._ok = BannerAction(theme, _tr("OK"))
        self._ok.clicked.connect(self.seen)
        self._told: tuple[int, ...] = ()
        self._inner = QWidget(self)
        self._row = QHBoxLayout(self._inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._glyph)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._ok)
        self._whole = QHBoxLayout(self)
        self._whole.setSpacing(0)
        self._whole.addStretch(1)
        self._whole.addWidget(self._inner, 1000)
        self._whole.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_facing(self, facing: Facing, name: str) -> None:
        """Say it about that person, if there is something they added and nobody has seen yet."""
        count = len(facing.new_devices)
        one, more = _tr("{name} added a device."), _tr("{name} added {count} devices.")
        self._words.setText((one if count == 1 else more).format(name=name, count=count))
        self._ok.setAccessibleName(_tr("OK, I have seen that: {notice}").format(notice=self._words.text()))
        self._fit()
        self.setVisible(count > 0)
        if facing.new_devices != self._told and count and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._words.text()))
        self._told = facing.new_devices

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """In the middle, on one line as long as there is room."""
        beside = self._glyph.minimumWidth() + self._ok.sizeHint().width() + self._theme.px(2 * 8 + 12)
        words = QFontMetrics(self._words.font()).horizontalAdvance(self._words.text())
        self._inner.setMaximumWidth(words + beside)

    def _dress(self) -> None:
        px = self._theme.px
        self._whole.setContentsMargins(px(20), px(2), px(20), px(2))
        self._row.setSpacing(px(8))
        self._fit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.palette.background)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
