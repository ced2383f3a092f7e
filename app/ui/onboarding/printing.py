"""The recovery code on paper; Qt's printing is read when somebody prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QWidget

from app.ui.onboarding.words import say

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter


def open_dialog(parent: QWidget, paint: Callable[[QPrinter], None]) -> None:
    """The system's print dialog, which is waited for by nobody; ``paint`` gets the printer that was chosen."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    dialog = QPrintDialog(printer, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(say("Print Recovery Code"))
    dialog.accepted.connect(lambda: paint(printer))
    dialog.show()


def paint(printer: QPrinter, code: str, address: str) -> None:
    """One page: what it is, whose, the twelve groups, and what it is for."""
    painter = QPainter(printer)
    point = printer.resolution() / 72
    area = QRectF(painter.viewport())
    left, width = area.width() * 0.1, area.width() * 0.8
    top = area.height() * 0.08
    for text, size, bold, gap in (
        (say("Kingfisher recovery code"), 22, True, 10),
        (address, 13, False, 24),
        *((" ".join(code.split()[at : at + 3]), 20, True, 8) for at in range(0, 12, 3)),
        (say("It is the only way back if the computer is lost. Whoever has it can open the messages."), 11, False, 0),
    ):
        font = QFont("Inter")
        font.setPointSizeF(size)
        font.setBold(bold)
        painter.setFont(font)
        box = painter.boundingRect(QRectF(left, top, width, area.height()), int(Qt.TextFlag.TextWordWrap), text)
        painter.drawText(QRectF(left, top, width, box.height()), int(Qt.TextFlag.TextWordWrap), text)
        top += box.height() + gap * point
    painter.end()
