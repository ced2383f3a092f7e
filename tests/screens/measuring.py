"""What is measured on our screens against tokens.json: sizes of what has a name, colours of what is empty."""

from collections.abc import Callable

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from tests.screens.beside import place
from tests.screens.scenes import Stage

Measure = Callable[[Stage, QImage], list[str]]


def named(root: QWidget, kind: str) -> QWidget | None:
    """The visible widget of a class of that name."""
    return next((each for each in root.findChildren(QWidget) if type(each).__name__ == kind and each.isVisible()), None)


SIZES = (  # class, which side, token
    ("ChatListPanel", "width", "layout.sidebar.default"),
    ("DetailsPane", "width", "layout.details"),
    ("PageHeader", "height", "layout.header"),
)


def differences(on: Stage, name: str, picture: QImage) -> list[str]:
    """One line for each size or colour that is not what the tokens say."""
    found: list[str] = []
    wide = on.shell.width() / on.theme.scale >= tokens.number("layout.breakpoints.twoPane")
    for kind, side, token in SIZES:
        widget = named(on.window, kind)
        if widget is None or (side == "width" and not wide):
            continue
        box = place(widget, on.window)
        is_now, wanted = getattr(box, side)(), on.theme.size(token)
        if abs(is_now - wanted) > 1:
            found.append(f"{name}: {kind} is {is_now} px in {side}, {token} says {wanted}")
    if picture.size() == on.shell.size() and wide:
        colors = on.theme.palette
        for x, y, wanted_color, token in (
            (4, picture.height() - 4, colors.sidebar, "sidebar"),
            (picture.width() - 4, picture.height() - 4, colors.background, "background"),
        ):
            is_color = picture.pixelColor(x, y)
            if is_color.rgb() != wanted_color.rgb():
                found.append(f"{name}: pixel {x},{y} is {is_color.name()}, {token} says {wanted_color.name()}")
    return found
