"""A picture over the whole window: Save As, Esc closes; and saving what is beside a message to a file."""

import asyncio
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QRect,
    QRectF,
    QSize,
    QStandardPaths,
    Qt,
    QTimer,
)
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.client import pictures
from app.common import errors
from app.media.picture import KINDS, Frames
from app.ui.content.pictures import decoded
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import Label

GROUND = QColor(11, 14, 18)  # in every look, and nothing shines through
_FORMAT = QImage.Format.Format_RGBA8888_Premultiplied


class Looking(QObject):
    """Shows and saves what is beside messages."""

    def __init__(self, desk: Desk, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._page = page
        self._opening = False

    def do(self, row: int, act: str) -> None:
        """``open`` it, or ``save`` it; one that is about to be shown is not shown twice."""
        if act == "save":
            self._desk.bridge.spawn(self, self._begin(row, act), name=act)
        elif not self._opening:
            self._opening = True
            self._desk.bridge.spawn(self, self._open(row), name=act)

    async def _open(self, row: int) -> None:
        try:
            await self._begin(row, "open")
        finally:
            self._opening = False

    async def _begin(self, row: int, act: str) -> None:
        try:
            stored = await self._desk.messenger.pictures.stored(row)
        except errors.KingfisherError as error:
            self._desk.fail(error)
            return
        name = pictures.file_name(stored)
        if act == "save" or not stored.thumbnail or stored.kind not in KINDS:
            self._choose(row, name)
            return
        blurred = await asyncio.to_thread(decoded, stored.thumbnail)
        size = QSize(*await self._desk.messenger.pictures.size(row))
        viewer = Viewer(self._desk.theme, blurred, size, name, self._page.window())
        viewer.save.connect(lambda: self._choose(row, name))
        viewer.begin()
        try:
            viewer.show_frames(await self._desk.messenger.pictures.frames(stored))
        except errors.KingfisherError:
            viewer.end()
            self._choose(row, name)

    def _choose(self, row: int, name: str) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        asked = QFileDialog(self._page, _tr("Save As"), folder)
        asked.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        asked.selectFile(name)

        def chosen(file: str) -> None:
            self._desk.bridge.spawn(self, self._save(row, Path(file)), name="save picture")

        asked.fileSelected.connect(chosen)
        asked.finished.connect(asked.deleteLater)
        asked.open()

    async def _save(self, row: int, file: Path) -> None:
        try:
            await self._desk.messenger.pictures.save(row, file, over=True)  # which the dialog has asked about
        except errors.KingfisherError as error:
            self._desk.fail(error)
            return
        self._desk.say(_tr("Saved to {folder}").format(folder=file.parent.name or str(file.parent)))


class _OnDark(IconButton):
    """White in every look: what it lies on is dark in every look."""

    def _colors(self) -> tuple[QColor, QColor]:
        ground = QColor(self._theme.palette.on_fill)
        ground.setAlphaF(0.2 if self.isDown() else 0.12 * self._hover.value)
        return ground, self._theme.palette.on_fill


class Viewer(QWidget):
    """Covers the window it belongs to, as dark as any; the focus stays in it and goes back afterwards.

    It is there at once with the thumbnail, as large as the picture is (``size``), which takes its place.
    """

    def __init__(self, theme: Theme, blurred: QImage, size: QSize, name: str, over: QWidget) -> None:
        super().__init__(over)
        self._theme = theme
        self._size = size if not size.isEmpty() else blurred.size()
        self._frames, self._at = [(blurred, 0)], 0
        self._pixels: Frames | None = None
        self._ended = False
        self._over = over
        self._before: QWidget | None = over.focusWidget()
        self.setAccessibleName(_tr("Picture {name}").format(name=name))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = Label(theme, name, "name", "on_fill", wrap=False)
        self._save = _OnDark(theme, "download", _tr("Save As…"), shortcut="Ctrl+S", parent=self)
        self._close = _OnDark(theme, "close", _tr("Close"), shortcut="Esc", parent=self)
        self.save = self._save.clicked
        self._close.clicked.connect(self.end)
        self._lay()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        over.installEventFilter(self)

    def _lay(self) -> None:
        px = self._theme.px
        row = QHBoxLayout()
        row.setContentsMargins(px(20), px(12), px(20), px(12))
        row.addWidget(self._title, 1)
        row.addWidget(self._save)
        row.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addStretch(1)

    def begin(self) -> None:
        """Show it."""
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_frames(self, frames: Frames) -> None:
        """The picture itself, if anybody still looks."""
        if self._ended:
            return
        self._pixels, self._at = frames, 0  # which the images below only look at
        self._frames = [
            (QImage(each, frames.width, frames.height, 4 * frames.width, _FORMAT), pause)
            for each, pause in zip(frames.pixels, frames.pauses, strict=True)
        ]
        if len(self._frames) > 1 and not self._theme.reduced_motion:
            self._timer.start(self._frames[0][1])
        self.update()

    def end(self) -> None:
        """Away with it."""
        if self._ended:
            return
        self._ended = True
        self._timer.stop()
        self._over.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def _next(self) -> None:
        self._at = (self._at + 1) % len(self._frames)
        self._timer.start(self._frames[self._at][1])
        self.update()

    def _area(self) -> QRect:
        """Where the picture is: as large as fits, and never larger than it is."""
        px = self._theme.px
        room = self.rect().adjusted(px(24), px(60), -px(24), -px(24))
        size = self._size
        if size.width() > room.width() or size.height() > room.height():
            size = size.scaled(room.size().expandedTo(QSize(1, 1)), Qt.AspectRatioMode.KeepAspectRatio)
        area = QRect(0, 0, size.width(), size.height())
        area.moveCenter(room.center())
        return area

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), GROUND)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, image = QRectF(self._area()), self._frames[self._at][0]
        brush = QBrush(image)
        brush.setTransform(
            QTransform.fromTranslate(area.x(), area.y()).scale(
                area.width() / image.width(), area.height() / image.height()
            )
        )
        painter.setBrush(brush)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(area, self._theme.px(4), self._theme.px(4))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.end()
        elif event.key() == Qt.Key.Key_S and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._save.click()
        else:
            event.accept()  # nothing behind it is meant

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._area().contains(event.position().toPoint()):
            self.end()

    def focusNextPrevChild(self, next: bool) -> bool:
        order: list[QWidget] = [self, self._save, self._close]
        now = self.focusWidget()
        at = order.index(now) if now in order else 0
        order[(at + (1 if next else -1)) % len(order)].setFocus(
            Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
        )
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and watched is self._over:
            self.setGeometry(self._over.rect())
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.update()


def _tr(text: str) -> str:
    return QCoreApplication.translate("viewer", text)
