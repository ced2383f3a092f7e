"""A picture with perhaps some words, as phones send and take them; its octets lie beside it in the store."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from app.content import base

SIDE: Final = 16_384  # pixels
NAME: Final = 255
KIND: Final = 64
MARK: Final = "\N{CAMERA}"
PIECE: Final = "\N{PAPERCLIP}"

Side = Annotated[int, Meta(ge=0, le=SIDE)]


class Picture(base.Form, frozen=True, array_like=True):
    """What is known before it is decoded: its type and size, and how much room it takes.

    A ``width`` of 0 is for what cannot be shown: it came with a text, and can be kept as a file.
    """

    kind: ClassVar[str] = "picture"
    visible: ClassVar[bool] = True

    content_type: Annotated[str, Meta(min_length=1, max_length=KIND)]
    octets: Annotated[int, Meta(ge=0, le=2**31)]
    width: Side = 0
    height: Side = 0
    text: Annotated[str, Meta(max_length=base.BODY)] = ""
    name: Annotated[str, Meta(max_length=NAME)] = ""
    moves: bool = False

    @property
    def shown(self) -> bool:
        return self.width > 0 and self.height > 0

    def saying(self, words: str) -> "Picture":
        """The same with these words."""
        return Picture(self.content_type, self.octets, self.width, self.height, words, self.name, self.moves)

    def as_text(self) -> str:
        mark = MARK if self.shown else f"{PIECE} {self.name or self.content_type}"
        return f"{mark} {self.text}" if self.text.strip() else mark

    def piece(self) -> base.Piece:
        return base.Piece(self.content_type, self.octets, self.name, self.text)

    def as_card(self) -> base.Card | None:
        if self.shown:
            return None
        return base.Card(self.name or self.content_type, (self.text,) if self.text else ())
