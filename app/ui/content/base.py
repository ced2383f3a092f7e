"""How a kind of content is drawn: laid out once for a width, then painted, asked what lies where, and read aloud."""

from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter

from app.content import base
from app.ui.content.pictures import Pictures
from app.ui.theme import Theme

C = TypeVar("C", bound=base.Content, contravariant=True)


class Context(msgspec.Struct, frozen=True):
    """What a layout depends on: the most it may be wide, in px, how often more of it was asked for, words to mark.

    ``key`` is the row of the message, under which its picture is found.
    """

    theme: Theme
    width: int
    outgoing: bool = False
    mirrored: bool = False
    looks: int = 0
    marks: tuple[str, ...] = ()
    key: int = 0
    pictures: Pictures | None = None


class Ink(msgspec.Struct, frozen=True):
    """The colours on one fill."""

    text: QColor
    link: QColor
    faint: QColor
    selection: QColor
    selected_text: QColor
    mark: QColor
    marked_text: QColor


class Hit(msgspec.Struct, frozen=True):
    """What can be pressed at a place: a link, ``more`` of a long message, or something that ``opens``."""

    url: str = ""
    more: bool = False
    opens: bool = False


class Laid(Protocol):
    """A content laid out; places in its words are UTF-16 units, points are relative to its top left corner."""

    width: int
    height: int
    framed: bool
    words: str
    right_to_left: bool
    more: bool
    opens: bool

    def paint(self, painter: QPainter, at: QPoint, ink: Ink, selected: tuple[int, int] | None) -> None: ...

    def hit(self, point: QPoint) -> Hit | None: ...

    def place(self, point: QPoint) -> int:
        """The place in the words nearest to a point."""
        ...

    def area(self, at: int) -> QRect:
        """Where the character at a place is."""
        ...

    def step(self, at: int, by: int, *, word: bool) -> int:
        """The place one character or word further, or back."""
        ...

    def links(self) -> tuple[str, ...]: ...


class ContentView(Protocol, Generic[C]):
    """The face of one kind; it holds no state. What it laid out is kept by whoever asked for it."""

    kind: ClassVar[str]

    def lay(self, content: C, context: Context) -> Laid: ...

    def describe(self, content: C) -> str:
        """In words, for those who do not see it."""
        ...
