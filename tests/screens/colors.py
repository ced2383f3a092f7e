"""Every colour on a screen is one of the tokens', and the pixels have it.

Some tokens share a colour. For this they are painted apart: each gets a shade of its own, so near that only a number
tells it, and a token counts as measured where the very thing that it names was painted with it, and nowhere else.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtGui import QColor

from app.ui import tokens
from app.ui.theme import Palette, color
from tests.screens import contrast
from tests.screens.board import Board
from tests.screens.drawn import Drawn

_MINE = ("Art", "QrCode", "StepSlider", "Portrait")  # drawings with colours of their own, and white knobs
_STRONG = {  # what high contrast paints these with; its other grounds and inks are chosen from what it has
    "bubble_blue_top": "bubbleBlue",
    "bubble_blue_bottom": "bubbleBlue",
    "blue_fill": "bubbleBlue",
    "bubble_green_top": "bubbleGreen",
    "bubble_green_bottom": "bubbleGreen",
    "green_fill": "bubbleGreen",
}
_CHOSEN = (
    "sidebar",
    "raised",
    "field_fill",
    "hover",
    "selected",
    "bubble_received",
    "text_tertiary",
    "control_outline",
    "blue_tint",
    "green_tint",
    "red_tint",
    "amber_tint",
)


class Apart(NamedTuple):
    """A palette in which no two are alike, and the token behind each colour of it, "" where none has that name."""

    palette: Palette
    tokens: Mapping[int, str]


def apart(palette: Palette, *, dark: bool, high_contrast: bool) -> Apart:
    """The same look with a shade for each."""
    taken = {each.rgb() for each in palette}
    made: list[QColor] = []
    named: dict[int, str] = {}
    for field, one in zip(Palette._fields, palette, strict=True):
        shade = QColor(one)
        while shade.rgb() in named:
            shade = _beside(shade, taken)
        made.append(shade)
        taken.add(shade.rgb())
        named[shade.rgb()] = _token(field, dark=dark, high_contrast=high_contrast)
    return Apart(Palette(*made), named)


def _beside(one: QColor, taken: set[int]) -> QColor:
    """The next shade that nothing has yet: a little more or less blue."""
    for step in range(1, 40):
        for blue in (one.blue() - step, one.blue() + step):
            if 0 <= blue <= 255:
                found = QColor(one.red(), one.green(), blue)
                found.setAlpha(one.alpha())
                if found.rgb() not in taken:
                    return found
    raise ValueError(one.name())


def _token(field: str, *, dark: bool, high_contrast: bool) -> str:
    name = re.sub(r"_(.)", lambda part: part[1].upper(), field)
    if high_contrast:
        strong = "highContrastDark" if dark else "highContrastLight"
        if field in _CHOSEN:
            return ""
        name = _STRONG.get(field, name)
        if name in tokens.colors(strong):
            return f"color.{strong}.{name}"
    return f"color.{'dark' if dark else 'light'}.{name}"


async def read(b: Board) -> None:
    """One reading for each token that is seen, and one for each thing that is wrong; the look is changed by it."""
    theme = b.theme
    look = apart(theme.palette, dark=theme.dark, high_contrast=theme.high_contrast)
    theme.palette = look.palette
    theme._dress()
    theme.changed.emit()
    await b.on.settle()
    again = Board(b.on, b.name, b.root, mirrored=b.mirrored)
    seen = dict[str, int]()
    for each in again.things:
        if type(each.widget).__name__ in _MINE or each.hidden > 0:
            continue
        for ink in (each.fill, each.edge):
            if ink is None or ink.alphaF() < 1:
                continue
            token = look.tokens.get(ink.rgb())
            if token is None:
                b.say("color", "a token", ink.name(), str(each))
            elif token and _there(again, each, ink):
                seen[token] = seen.get(token, 0) + 1
    true = {token: palette for token, palette in _true(b).items() if token in seen}
    for token, got in true.items():
        b.say(token, color(str(tokens.value(token))).name(), got.name(), f"pixels of {seen[token]} things")


def _true(b: Board) -> Mapping[str, QColor]:
    """What the program paints each token with when nobody measures."""
    from app.ui.theme import palette

    whole = palette(dark=b.theme.dark, high_contrast=b.theme.high_contrast)
    how = {"dark": b.theme.dark, "high_contrast": b.theme.high_contrast}
    return {_token(field, **how): one for field, one in zip(Palette._fields, whole, strict=True)}


def _there(b: Board, each: Drawn, ink: QColor) -> bool:
    """Whether the picture has that very colour where it was drawn."""
    picture = b.fine if each.kind == "text" else b.picture
    return (ink.rgb() | 0xFF000000) in {pixel | 0xFF000000 for pixel in contrast.colors(picture, each.shown)}
