"""The round button that leads back to the newest message, and says how many came meanwhile."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPaintEngine, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.conversation.wording import Wording
from app.ui.theme import Theme
from app.ui.widgets import painting, shadows

_BADGE: Final = 20  # its height, and its least width
_ABOVE: Final = 7  # how far it stands out of the button
_MOST: Final = 99


class EndButton(QAbstractButton):
    """A raised circle; how many new messages there are stands on its upper edge."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wording = wording
        self._drawn: tuple[object, QPixmap] | None = None
        self.count = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_count(0)
        self.hide()
        theme.changed.connect(self._fit)

    def set_count(self, count: int) -> None:
        """How many messages came that were not seen."""
        if count == self.count:
            return
        self.count = count
        self.setAccessibleName(self.tr("Jump to newest"))
        self.setAccessibleDescription(self._wording.unread(count) if count else "")
        self.setToolTip(self.tr("Jump to newest (End)"))
        self._fit()

    def stand(self, inside: QSize, gap: int, *, mirrored: bool) -> None:
        """In the lower corner where reading ends, the circle that far from both edges."""
        body = self._body()
        left = gap if mirrored else inside.width() - gap - round(body.width())
        self.move(left - round(body.left()), inside.height() - gap - round(body.bottom()))
        self.raise_()

    def hitButton(self, pos: QPoint) -> bool:
        return self._body().contains(QPointF(pos)) or self._badge().contains(QPointF(pos))

    def _fit(self) -> None:
        self.resize(self.sizeHint())
        self.update()

    def _body(self) -> QRectF:
        """The circle, with room for its shadow and what stands on it."""
        room, side = shadows.margins(self._theme, small=True), self._theme.size("layout.scrollButton")
        across = max(room.left(), self._theme.px(_BADGE))
        return QRectF(across, max(room.top(), self._theme.px(_ABOVE) + 1), side, side)

    def _badge(self) -> QRectF:
        if not self.count:
            return QRectF()
        height, body = self._theme.px(_BADGE), self._body()
        wide = QFontMetricsF(self._theme.font("status", weight=600)).horizontalAdvance(self._said)
        wide = max(height, wide + 2 * self._theme.px(6))
        return QRectF(body.center().x() - wide / 2, body.top() - self._theme.px(_ABOVE), wide, height)

    @property
    def _said(self) -> str:
        return f"{_MOST}+" if self.count > _MOST else str(self.count)

    def sizeHint(self) -> QSize:
        room, body = shadows.margins(self._theme, small=True), self._body()
        return QSize(round(body.right() + body.left()), round(body.bottom() + room.bottom()))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """With each frame of the bubbles under it, so it is drawn once for each look."""
        painter = QPainter(self)
        if painter.paintEngine().type() is not QPaintEngine.Type.Raster:
            self._draw(painter)
            return
        ratio, theme = self.devicePixelRatio(), self._theme
        look = (
            self.size().toTuple(), ratio, theme.palette, theme.scale, self._said, self.isDown(), self.underMouse(),
            painting.shows_focus(self, theme),
        )  # fmt: skip
        if self._drawn is None or self._drawn[0] != look:
            picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            inside = QPainter(picture)
            self._draw(inside)
            inside.end()
            self._drawn = look, picture
        painter.drawPixmap(0, 0, self._drawn[1])
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        theme, colors, body = self._theme, self._theme.palette, self._body()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = body.height() / 2
        shadows.paint(painter, theme, body, half, small=True)
        fill = colors.track if self.isDown() else colors.hover if self.underMouse() else colors.raised
        painting.surface(painter, body, half, fill, colors.text if theme.high_contrast else None)
        ink = colors.text if self.isDown() or self.underMouse() else colors.text_secondary
        side = theme.px(20)
        corner = body.center() - QPointF(side / 2, side / 2)
        painter.drawPixmap(corner.toPoint(), theme.icon("chevron-down", ink, 20))
        badge = self._badge()
        if not badge.isEmpty():
            painting.surface(painter, badge, badge.height() / 2, colors.blue_fill)
            painter.setFont(theme.font("status", weight=600, tabular=True))
            painter.setPen(colors.on_fill)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self._said)
        if painting.shows_focus(self, theme):
            painting.ring(painter, body, half, theme)
