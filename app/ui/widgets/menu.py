"""How every menu of the program looks: rounded, with a soft shadow, keys at the end, and red for what destroys."""

from typing import Final

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from app.ui.theme import MENU_ROOM, Theme
from app.ui.widgets import painting, shadows

ICON: Final = "kingfisher_icon"  # property of an action: an icon of the resources
DANGER: Final = "kingfisher_danger"  # property of an action: it destroys something


def make(theme: Theme, parent: QWidget | None = None, title: str = "") -> QMenu:
    """An empty menu."""
    return dress(theme, QMenu(title, parent))


def dress(theme: Theme, menu: QMenu) -> QMenu:
    """Paint a menu that Qt made; before it was shown."""
    menu.setProperty("kingfisher", True)  # the style sheet knows them by it
    _Look(menu, theme)
    return menu


def of_line(theme: Theme, line: QLineEdit, place: QPoint) -> None:
    """What every field of one line offers, at a place on the screen."""
    menu = dress(theme, line.createStandardContextMenu())
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(place)


def mark(action: QAction, *, icon: str = "", danger: bool = False) -> QAction:
    """Give an action an icon, or say that it destroys something."""
    action.setProperty(ICON, icon)
    action.setProperty(DANGER, danger)
    return action


class _Look(QObject):
    """Paints one menu and lives as long as it does."""

    def __init__(self, menu: QMenu, theme: Theme) -> None:
        super().__init__(menu)
        self._menu, self._theme = menu, theme
        menu.setWindowFlags(
            menu.windowFlags() | Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint
        )
        menu.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        menu.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Its painting is ours, and its place is where its body begins, not its shadow."""
        if event.type() is QEvent.Type.Paint:
            self._paint()
            return True
        if event.type() is QEvent.Type.Show:
            room = self._theme.px(MENU_ROOM)
            self._menu.move(self._menu.x() - room, self._menu.y() - room)
        return False

    def _paint(self) -> None:
        theme, menu = self._theme, self._menu
        painter = QPainter(menu)
        room = theme.px(MENU_ROOM)
        body = QRectF(menu.rect().marginsRemoved(QMargins(room, room, room, room)))
        radius = theme.size("radius.popover")
        shadows.paint(painter, theme, body, radius, small=True)
        painting.surface(painter, body, radius, theme.palette.raised)
        indented = any(_glyph(action) or not action.icon().isNull() for action in menu.actions())
        for action in menu.actions():
            if action.isVisible():
                self._item(painter, action, menu.actionGeometry(action), indented)
        painter.end()

    def _item(self, painter: QPainter, action: QAction, area: QRect, indented: bool) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        if action.isSeparator():
            painter.fillRect(area.left() + px(10), area.center().y(), area.width() - px(20), 1, colors.separator)
            return
        active = action is self._menu.activeAction() and action.isEnabled()
        if active:
            painting.surface(painter, QRectF(area), theme.size("radius.menuItem"), colors.blue_fill)
        ink, faint = self._inks(action, active)
        back, side, size = self._menu.isRightToLeft(), px(10), px(18)
        at = QPointF(
            area.right() + 1 - side - size if back else area.left() + side, area.top() + (area.height() - size) // 2
        )
        if glyph := _glyph(action):
            tint = ink if active or action.property(DANGER) else colors.text_secondary
            painter.drawPixmap(at, theme.icon(glyph, tint if action.isEnabled() else ink, 18))
        elif not action.icon().isNull():
            painter.drawPixmap(at, action.icon().pixmap(size, size))
        indent = side + size + px(10) if indented else side
        room = area.adjusted(side if back else indent, 0, -(indent if back else side), 0)
        if isinstance(action.menu(), QMenu):
            arrow = theme.icon("chevron-left" if back else "chevron-right", faint, 14)
            left = area.left() + side if back else area.right() + 1 - side - px(14)
            painter.drawPixmap(QPointF(left, area.top() + (area.height() - px(14)) // 2), arrow)
        words, _, keys = action.text().partition("\t")
        keys = keys or action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        keys = keys.replace("+", " ").strip()
        near, far = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        if back:
            near, far = far, near
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        painter.setPen(ink)
        painter.setFont(theme.font("body"))
        painter.drawText(room, (flags | near).value | Qt.TextFlag.TextHideMnemonic.value, words)
        painter.setPen(faint)
        painter.setFont(theme.font("caption"))
        painter.drawText(room, flags | far, keys)

    def _inks(self, action: QAction, active: bool) -> tuple[QColor, QColor]:
        """The colours of an item's words and of its keys."""
        colors = self._theme.palette
        if active:
            return colors.on_fill, colors.on_fill
        if not action.isEnabled():
            return colors.text_tertiary, colors.text_tertiary
        return (colors.red_text if action.property(DANGER) else colors.text), colors.text_tertiary


def _glyph(action: QAction) -> str:
    """The icon before the words: a tick for what is chosen."""
    if action.isCheckable():
        return "check" if action.isChecked() else ""
    return str(action.property(ICON) or "")
