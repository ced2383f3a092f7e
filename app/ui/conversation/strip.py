"""An amber strip under the header: a glyph, a sentence, and links, which go below it where there is hardly room."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from app.ui.composer.frame import Glyph
from app.ui.theme import Theme
from app.ui.widgets.buttons import Pressable
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

_BESIDE = 200  # effective width of a sentence below which the links go under it


class BannerAction(Pressable):
    """A link on a banner: underlined, in the banner's own colour."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def rename(self, text: str) -> None:
        """Other words, and the accessible name with them."""
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def _face(self) -> QFont:
        font = self._theme.font("control")
        font.setUnderline(True)
        return font

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self._face()).horizontalAdvance(self.text()) + 2, self._theme.size("hit.minimum"))

    def paintEvent(self, e: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._face())
        colors = self._theme.palette
        painter.setPen(colors.text if self.underMouse() else colors.amber_text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Strip(QWidget):
    """36 high, and higher where the sentence wraps. ``words`` is its sentence; whoever has it says when it is there."""

    def __init__(self, theme: Theme, icon: str, *links: BannerAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._links = links
        self.words = Label(theme, role="control", color="amber_text")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._said, self._acts = QHBoxLayout(), QHBoxLayout()
        self._said.addWidget(Glyph(theme, icon, "amber_text", 16))
        self._said.addWidget(self.words, 1)
        for link in links:
            self._acts.addWidget(link)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.addLayout(self._said, 1)
        self._row.addLayout(self._acts)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _dress(self) -> None:
        px = self._theme.px
        self.setMinimumHeight(self._theme.size("layout.banner"))
        self._row.setContentsMargins(*mirrored(self, px(20), px(4), px(16), px(4)))
        for each in (self._row, self._said, self._acts):
            each.setSpacing(px(8))
        self.fit()
        self.update()

    def fit(self) -> None:
        """The links beside the sentence, or below it."""
        px = self._theme.px
        shown = [each.sizeHint().width() + px(8) for each in self._links if not each.isHidden()]
        below = bool(shown) and self.width() - sum(shown) - px(20 + 16 + 8 + 16) < px(_BESIDE)
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
        self._row.setAlignment(self._acts, Qt.AlignmentFlag.AlignTrailing if below else Qt.AlignmentFlag(0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.amber_tint)
        if self._theme.high_contrast:
            painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)
