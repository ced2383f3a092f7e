"""What stands beside the list while no conversation is open: the bird, a way to begin, and who is signed in."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import bird, painting
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.margins import mirrored

_BIRD: Final = 112
_TEXT: Final = 400  # width of the sentence
_CARD: Final = 420


class Empty(QWidget):
    """``compose`` and ``invite`` are its two ways on; inviting is offered where the relay lets people do it."""

    compose = Signal()
    invite = Signal()

    def __init__(self, theme: Theme, address: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("No conversation open"))
        self._bird = _Bird(theme)
        self._title = Label(theme, self.tr("Start a conversation"), "title", wrap=False)
        self._words = Label(
            theme,
            self.tr(
                "People on Kingfisher get encrypted messages, shown in blue. Everyone else gets a text, shown in green."
            ),
            "message",
            "text_secondary",
        )
        self._begin = Button(theme, self.tr("New Message"), "primary", icon="compose", large=True)
        self._begin.clicked.connect(self.compose)
        self._card = _Card(theme)
        self._card.add(_Line(theme, "select", "green_text", self.tr("Signed in as {0}").format(address)))
        ask = Button(theme, self.tr("Invite…"))
        ask.clicked.connect(self.invite)
        self._invite = _Line(
            theme, "user-plus", "text_tertiary", self.tr("Invite someone"), self.tr("Share a link or a QR code"), ask
        )
        self._card.add(self._invite)
        self._invite.hide()
        self._column = QVBoxLayout(self)
        self._column.addStretch(1)
        for label in (self._title, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._gaps = [QSpacerItem(0, 0) for _ in range(3)]
        for part, gap in zip((self._bird, self._title, self._words, self._begin), (*self._gaps, None), strict=True):
            self._column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
            if gap is not None:
                self._column.addSpacerItem(gap)
        self._under = QSpacerItem(0, 0)
        self._column.addSpacerItem(self._under)
        self._column.addWidget(self._card, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        theme.changed.connect(self._dress)
        self._dress()

    def offer_invite(self, offered: bool) -> None:
        """Whether somebody can be invited from here."""
        self._invite.setVisible(offered)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(20), px(20), px(20), px(20))
        self._column.setSpacing(0)
        self._words.setFixedWidth(px(_TEXT))
        self._words.setFixedHeight(self._words.heightForWidth(px(_TEXT)))  # a centred item's own height is not asked
        self._card.setFixedWidth(px(_CARD))
        for gap, size in zip((*self._gaps, self._under), (24, 6, 20 - ROOM, 36 - ROOM), strict=True):
            gap.changeSize(0, px(size))
        self._column.invalidate()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self._theme.palette.background)


class _Bird(QWidget):
    """The program's bird, for the eye alone."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        side = self._theme.px(_BIRD)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        bird.paint(QPainter(self), QRectF(self.rect()))


class _Card(QWidget):
    """Lines in a rounded frame, with separators between them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        theme.changed.connect(self.update)

    def add(self, line: QWidget) -> None:
        self._column.addWidget(line)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self._theme.palette
        painting.surface(
            painter, QRectF(self.rect()), self._theme.size("radius.group"), colors.background, colors.separator
        )
        painter.setPen(colors.separator)
        shown = [each for each in self.findChildren(_Line) if each.isVisibleTo(self)]
        for line in shown[1:]:
            top = line.geometry().top()
            painter.drawLine(QPointF(0, top + 0.5), QPointF(self.width(), top + 0.5))


class _Line(QWidget):
    """One line of the card: icon, words, and a button where there is something to do."""

    def __init__(
        self, theme: Theme, icon: str, tint: str, title: str, words: str = "", button: Button | None = None
    ) -> None:
        super().__init__()
        self._theme, self._icon, self._tint = theme, icon, tint
        self._picture = QLabel()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._picture)
        self._words = QVBoxLayout()
        self._words.addWidget(ElidedLabel(theme, title, "body"))
        self._more = bool(words)
        if words:
            self._words.addWidget(ElidedLabel(theme, words, "caption", "text_secondary"))
        self._row.addLayout(self._words, 1)
        if button is not None:
            self._row.addWidget(button)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        px = self._theme.px
        above = px(12) if self._more else px(13)
        self._row.setContentsMargins(*mirrored(self, px(17), above, px(12), px(11) if self._more else above))
        self._words.setSpacing(px(2))
        self._row.setSpacing(px(12))
        self._picture.setPixmap(self._theme.icon(self._icon, getattr(self._theme.palette, self._tint), 20))
