"""Margins that mirror: from right to left Qt turns a layout round, but not the room around it."""

from PySide6.QtWidgets import QWidget


def mirrored(widget: QWidget, start: int, top: int, end: int, bottom: int) -> tuple[int, int, int, int]:
    """Pixels at left, top, right and bottom; ``start`` is where ``widget``'s lines begin, ``end`` where they end."""
    return (end, top, start, bottom) if widget.isRightToLeft() else (start, top, end, bottom)
