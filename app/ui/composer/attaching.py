"""The picture that goes with what is written: chosen, pasted or dropped, made to fit, and shown over the field."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QMimeData,
    QObject,
    QPoint,
    QRectF,
    QStandardPaths,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QImageWriter, QKeySequence, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from app.client.pictures import Chosen
from app.client.sending import Beside
from app.common import errors
from app.content.base import Form, Reference
from app.content.text import Text
from app.domain.delivery import Reason
from app.ui import format
from app.ui.composer.frame import RoundButton
from app.ui.content.pictures import decoded
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets import menu as menus
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.margins import mirrored

KEYS = "Ctrl+Shift+P"  # as app.ui.shortcuts has them
SIDE = 104
PATTERNS = "*.jpg *.jpeg *.png *.gif *.webp *.bmp"


class Chip(QWidget):
    """The picture, with a button in its corner that takes it away."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture = QPixmap()
        self.remove = IconButton(theme, "close", _tr("Remove Picture"), size=24, glyph=14, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(*mirrored(self, 0, theme.px(4), theme.px(4), 0))
        row.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignTrailing)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_picture(self, chosen: Chosen | None) -> None:
        """That one, or none."""
        self._picture = QPixmap.fromImage(decoded(chosen.beside.thumbnail)) if chosen is not None else QPixmap()
        if chosen is not None:
            size = format.size(len(chosen.beside.octets))
            self.setAccessibleName(_tr("Picture {name}, {size}").format(name=chosen.beside.name, size=size))
        self.setVisible(chosen is not None)
        self.update()

    def _dress(self) -> None:
        self.setFixedSize(self._theme.px(SIDE), self._theme.px(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area = self._theme, QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(area, theme.px(10), theme.px(10))
        painter.setClipPath(path)
        painter.fillPath(path, theme.palette.field_fill)
        side = min(self._picture.width(), self._picture.height())
        if side:
            left, top = (self._picture.width() - side) / 2, (self._picture.height() - side) / 2
            painter.drawPixmap(area, self._picture, QRectF(left, top, side, side))
        button = QRectF(self.remove.geometry())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.palette.background)  # the button is seen on any picture
        painter.drawRoundedRect(button, button.width() / 2, button.height() / 2)


class Attaching(QObject):
    """One picture at a time for each conversation, kept as long as the program runs; ``changed`` tells of another.

    ``plus`` is there only where a picture could be sent, and ``chip`` where one was chosen.
    """

    changed = Signal()

    def __init__(self, desk: Desk, host: QWidget) -> None:
        super().__init__(host)
        self._desk, self._host = desk, host
        self._conversation = b""
        self._kept: dict[bytes, Chosen] = {}
        self.allowed = False
        self.plus = RoundButton(desk.theme, "plus", _tr("Add"), size=36)
        self.plus.clicked.connect(self._menu)
        self.plus.hide()
        self.chip = Chip(desk.theme)
        self.chip.remove.clicked.connect(self.drop)

    @property
    def chosen(self) -> Chosen | None:
        return self._kept.get(self._conversation)

    def content(self, words: str, reply: Reference | None) -> tuple[Form, Beside | None]:
        """What these words are sent as, with the picture where there is one."""
        chosen = self.chosen
        return (Text(words, reply=reply), None) if chosen is None else (chosen.content(words), chosen.beside)

    def follow(self, conversation: bytes) -> None:
        """Another conversation, with the picture that was chosen there."""
        self._conversation = conversation
        self._told()

    def allow(self, allowed: bool) -> None:
        """Whether what is written here could have a picture."""
        self.allowed = allowed
        self.plus.setVisible(allowed or self.chosen is not None)

    def drop(self) -> None:
        """None after all."""
        if self._kept.pop(self._conversation, None) is not None:
            self._told()
            self._host.setFocus(Qt.FocusReason.OtherFocusReason)

    def sent(self, conversation: bytes) -> None:
        """It is in the store."""
        self._kept.pop(conversation, None)
        self._told()

    def _told(self) -> None:
        self.chip.show_picture(self.chosen)
        self.changed.emit()

    def choose(self) -> None:
        """Ask for a file, or say why there can be none."""
        if not self._may():
            return
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        asked = QFileDialog(self._host, _tr("Choose a picture"), folder, f"{_tr('Pictures')} ({PATTERNS})")
        asked.setFileMode(QFileDialog.FileMode.ExistingFile)
        asked.fileSelected.connect(self._open)
        asked.finished.connect(asked.deleteLater)
        asked.open()

    def take(self, source: QMimeData) -> None:
        """What was pasted or dropped: a file before an image, which has lost its name."""
        if not self._may():
            return
        files = [url.toLocalFile() for url in source.urls() if url.isLocalFile()]
        if files:
            self._open(files[0])
            return
        image = source.imageData()
        if isinstance(image, QImage) and not image.isNull():
            self._spawn(self._encode(image))
        else:
            self._desk.say(format.sentence(errors.GiveUp("picture_empty")))

    def _may(self) -> bool:
        if self.allowed:
            return True
        pictures = self._desk.messenger.pictures
        terms = self._desk.messenger.routing.terms
        why = Reason.PICTURE_ENCRYPTED if terms.mms_octets else pictures.refusal
        self._desk.say(format.sentence(errors.GiveUp(why)))
        return False

    def _open(self, name: str) -> None:
        self._spawn(self._fit(self._desk.messenger.pictures.open(Path(name)), self._conversation))

    async def _encode(self, image: QImage) -> None:
        where = self._conversation
        await self._fit(self._desk.messenger.pictures.choose(await asyncio.to_thread(_png, image)), where)

    async def _fit(self, work: Coroutine[Any, Any, Chosen], where: bytes) -> None:
        try:
            chosen = await work
        except errors.KingfisherError as error:
            self._desk.fail(error)
            return
        self._kept[where] = chosen
        if chosen.stilled:
            self._desk.say(_tr("This picture moves, and is too large to be sent so. It will stand still."))
        self._told()
        self._host.setFocus(Qt.FocusReason.OtherFocusReason)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._desk.bridge.spawn(self, work, name="attach")

    def _menu(self) -> None:
        menu = menus.make(self._desk.theme, self._host)
        menu.setAccessibleName(_tr("Add"))
        keys = QKeySequence(KEYS).toString(QKeySequence.SequenceFormat.NativeText)
        action = menus.mark(menu.addAction(f"{_tr('Picture…')}\t{keys}"), icon="photo")
        action.triggered.connect(self.choose)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.plus.mapToGlobal(QPoint(0, -menu.sizeHint().height())))


def _png(image: QImage) -> bytes:
    # On a thread, and safe there with a device made in Python: a writer that is told its form asks nothing of the
    # device inside Qt's lock. A reader does, and could wait for ever for whoever has the interpreter.
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
