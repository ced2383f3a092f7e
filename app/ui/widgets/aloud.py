"""What is said to whoever hears the screen, when there is a moment: announced politely, and nothing is looked at."""

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def listened() -> bool:
    """Whether anybody hears the screen; what is only said aloud need not be found out otherwise."""
    return QAccessible.isActive()


def say(speaker: QWidget, words: str) -> None:
    """One sentence, said by this widget."""
    if listened() and words:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(speaker, words))
