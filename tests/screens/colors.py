"""Every colour on a screen is one of the tokens', and the pixels have it."""

from collections.abc import Mapping

from PySide6.QtGui import QColor

from app.ui import tokens
from app.ui.theme import color
from tests.screens import contrast
from tests.screens.board import Board
from tests.screens.drawn import Drawn

_MINE = ("Art", "QrCode", "StepSlider", "Portrait")  # drawings with colours of their own, and white knobs


def known(b: Board) -> Mapping[int, str]:
    """The tokens by their colours; some share one."""
    mode = "dark" if b.theme.dark else "light"
    found: dict[int, list[str]] = {}
    for name, value in tokens.colors(mode).items():
        if isinstance(value, str) and value.startswith("#") and " " not in value:
            found.setdefault(color(value).rgb(), []).append(f"color.{mode}.{name}")
    return {rgb: " ".join(names) for rgb, names in found.items()}


def read(b: Board) -> None:
    """One reading for each colour that is seen, and one for each thing that is wrong."""
    if b.theme.high_contrast:
        return
    names, seen = known(b), dict[str, int]()
    for each in b.things:
        if type(each.widget).__name__ in _MINE or each.hidden > 0:
            continue
        for ink in (each.fill, each.edge):
            if ink is None or ink.alphaF() < 1:
                continue
            said = names.get(ink.rgb())
            if said is None:
                b.say("color", "a token", ink.name(), str(each))
            elif _there(b, each, ink):
                seen[said] = seen.get(said, 0) + 1
    for said, count in seen.items():
        for token in said.split():
            b.say(token, tokens.value(token), tokens.value(token), f"pixels of {count} things")


def _there(b: Board, each: Drawn, ink: QColor) -> bool:
    """Whether the picture has that very colour where it was drawn."""
    picture = b.fine if each.kind == "text" else b.picture
    return (ink.rgb() | 0xFF000000) in {pixel | 0xFF000000 for pixel in contrast.colors(picture, each.shown)}
