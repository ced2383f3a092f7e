"""The window itself, shown before anything is unlocked: its place on the screen, and the frame of what will fill it."""

from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.common import resources
from app.ui import tokens
from app.ui.theme import Theme
from app.ui.window_state import WindowState

_ICON_SIZES: Final = (16, 32, 64, 128, 256)
_ROWS: Final = ((0.52, 0.82), (0.40, 0.70), (0.58, 0.62), (0.46, 0.78), (0.36, 0.66))  # widths of two lines


class Shell(QWidget):
    """A window that outlives its content; until there is one it paints the final layout without any words.

    ``closing`` says that its user wants it closed: whoever owns it decides what that means.
    """

    closing = Signal()
    moved = Signal()
    active = Signal(bool)

    def __init__(self, theme: Theme, state: WindowState) -> None:
        super().__init__()
        self._theme = theme
        self._content: QWidget | None = None
        self._sidebar = state.sidebar
        self.painted = False
        self.setWindowTitle("Kingfisher")
        self.setMinimumSize(*(round(each) for each in tokens.numbers("layout.window.minimum")))
        self.resize(*(round(each) for each in tokens.numbers("layout.window.default")))
        if state.geometry:
            self.restoreGeometry(QByteArray(state.geometry))
        theme.changed.connect(self.update)

    @property
    def content(self) -> QWidget | None:
        return self._content

    def fill(self, content: QWidget | None, *, bare: bool = False) -> None:
        """Show this in place of the frame, or of what was there before; None: the frame again.

        ``bare``: it has no words and no controls.
        """
        before, self._content = self._content, content
        if before is not None and before is not content:
            before.hide()
            before.setParent(None)
        if content is not None:
            content.setParent(self)
            if not bare:
                self._theme.dress_controls()
            content.setGeometry(self.rect())
            content.show()
        self.update()

    def fit(self, width: float, height: float) -> None:
        """This size of the design, as far as the screen has room for it, in the middle of where it was."""
        room = self.screen().availableGeometry()
        size = QSize(self._theme.px(width), self._theme.px(height)).boundedTo(room.size())
        middle = self.geometry().center()
        self.resize(size)
        if self.isVisible():
            self.move(middle.x() - size.width() // 2, max(room.top(), middle.y() - size.height() // 2))

    def place(self) -> bytes:
        """Where it is, for the next start."""
        return bytes(self.saveGeometry().data())

    def bring(self) -> None:
        """To the front, from wherever it is."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def sizeHint(self) -> QSize:
        width, height = tokens.numbers("layout.window.default")
        return QSize(round(width), round(height))

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.closing.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._content is not None:
            self._content.setGeometry(self.rect())
        self.moved.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            self.active.emit(self.isActiveWindow())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.palette.background)
        if self._content is None:
            _frame(painter, self._theme, QRectF(self.rect()), self._sidebar, self.layoutDirection())
        painter.end()
        if not self.painted:
            self.painted = True
            # Its pictures are read when there is time: the window system wants all of them at once.
            QTimer.singleShot(0, self, lambda: self.setWindowIcon(app_icon()))


def app_icon() -> QIcon:
    """The program's own icon in its sizes."""
    icon = QIcon()
    folder = resources.root() / "icons" / "app"
    for size in _ICON_SIZES:
        icon.addFile(str(folder / f"kingfisher-{size}.png"))
    return icon


def _frame(painter: QPainter, theme: Theme, area: QRectF, sidebar: int, direction: Qt.LayoutDirection) -> None:
    """The panes as they will be, with rows as placeholders: what comes later moves nothing."""
    colors = theme.palette
    narrow = area.width() / theme.scale < tokens.number("layout.breakpoints.twoPane")
    width = area.width() if narrow else float(theme.px(sidebar))
    left = area.left() if direction is Qt.LayoutDirection.LeftToRight else area.right() - width
    pane = QRectF(left, area.top(), width, area.height())
    painter.fillRect(pane, colors.sidebar)
    if not narrow:
        edge = pane.right() if direction is Qt.LayoutDirection.LeftToRight else pane.left() + 1
        painter.fillRect(QRectF(edge - 1, area.top(), 1, area.height()), colors.separator)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    quiet = QColor(colors.track)
    inset = theme.px(16)
    top = pane.top() + theme.size("layout.sidebarHeader")
    search = QRectF(pane.left() + inset, top, pane.width() - 2 * inset, theme.size("layout.search"))
    painter.setBrush(colors.field_fill)
    painter.drawRoundedRect(search, theme.size("radius.control"), theme.size("radius.control"))
    painter.setBrush(quiet)
    top = search.bottom() + theme.px(12) + theme.size("layout.pill") + theme.px(16)
    row, avatar = theme.size("layout.row"), theme.size("layout.rowAvatar")
    start = pane.left() + theme.size("layout.rowInset") + theme.size("layout.rowPadding")
    for first, second in _ROWS:
        painter.drawEllipse(QRectF(start, top + (row - avatar) / 2, avatar, avatar))
        text = start + avatar + theme.px(12)
        room = pane.right() - inset - text
        for line, share in enumerate((first, second)):
            bar = QRectF(text, top + theme.px(17) + line * theme.px(19), room * share, theme.px(10))
            painter.drawRoundedRect(bar, theme.px(5), theme.px(5))
        top += row
