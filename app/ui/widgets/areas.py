"""Scroll areas whose viewport is ours from the start."""

from PySide6.QtWidgets import QAbstractScrollArea, QWidget


def own_viewport(area: QAbstractScrollArea) -> QWidget:
    """Give it a viewport that lets through what is behind; before it has its content.

    For one that Qt made PySide has to find the class among all that it knows, and makes each of them known to Python
    for that: 20 ms of the start.
    """
    made = QWidget(area)
    area.setViewport(made)
    made.setAutoFillBackground(False)
    made.setMouseTracking(area.hasMouseTracking())
    made.setAcceptDrops(area.acceptDrops())
    return made
