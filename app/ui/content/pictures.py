"""Thumbnails for the bubbles: read and decoded beside the loop when they are first painted, and kept for a while."""

import asyncio
from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.common import errors
from app.ui.desk import Desk

KEPT: Final = 64  # some screens full; each takes half a megabyte


class Pictures(QObject):
    """``came`` tells that one can be painted now; the room for it was there before."""

    came = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self._asked: set[int] = set()

    def of(self, row: int) -> QPixmap | None:
        """That of a message, or None until it came."""
        found = self._kept.get(row)
        if found is not None:
            self._kept.move_to_end(row)
        elif row not in self._asked:
            self._asked.add(row)
            self._desk.bridge.spawn(self, self._load(row), name="picture")
        return found

    async def _load(self, row: int) -> None:
        try:
            octets = await self._desk.messenger.pictures.thumbnail(row)
            image = await asyncio.to_thread(decoded, octets)
        except errors.KingfisherError:
            self._asked.discard(row)  # the next time it is painted
            return
        if image.isNull():
            return  # there is none, however often one asks
        self._asked.discard(row)
        self._kept[row] = QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.came.emit()


def decoded(octets: bytes, form: str = "JPG") -> QImage:
    """Of what our own decoder has encoded, and as that alone: no other reader of Qt's ever sees these octets."""
    image = QImage()
    image.loadFromData(octets, form)
    return image
