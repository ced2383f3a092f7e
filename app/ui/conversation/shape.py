"""The outline of a bubble: body and beak as one closed path, so that no seam can show."""

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtGui import QPainterPath, QTransform

# How far a quarter circle's control points are from its ends, for a radius of 1.
_ROUND = 0.5522847498


class Corners(NamedTuple):
    """Radii in px, as seen on an outgoing bubble: the outer side is the right one."""

    inner: float
    outer_top: float
    outer_bottom: float


class Beak(NamedTuple):
    """Width and height in px."""

    width: float
    height: float


@lru_cache(maxsize=512)
def outline(width: int, height: int, corners: Corners, beak: Beak | None, outer_left: bool) -> QPainterPath:
    """A bubble with its top left corner at the origin; the beak is outside of ``width``.

    ``outer_left`` puts the outer side, and with it the beak, on the left. Treat the result as a constant.
    """
    inner, top, bottom = (min(radius, width / 2, height / 2) for radius in corners)
    path = QPainterPath()
    path.moveTo(inner, 0)
    path.lineTo(width - top, 0)
    _corner(path, width, 0, top, (-1, 0), (0, 1))
    if beak is not None:
        _beak(path, width, height, beak)
    else:
        path.lineTo(width, height - bottom)
        _corner(path, width, height, bottom, (0, -1), (-1, 0))
    path.lineTo(inner, height)
    _corner(path, 0, height, inner, (1, 0), (0, -1))
    path.lineTo(0, inner)
    _corner(path, 0, 0, inner, (0, 1), (1, 0))
    path.closeSubpath()
    return QTransform(-1, 0, 0, 1, width, 0).map(path) if outer_left else path


def _corner(path: QPainterPath, x: float, y: float, radius: float, into: tuple[int, int], out: tuple[int, int]) -> None:
    """Round the corner at (x, y); ``into`` and ``out`` lead from it to where the arc begins and ends."""
    if radius <= 0:
        path.lineTo(x, y)
        return
    near = radius * (1 - _ROUND)
    path.cubicTo(
        x + into[0] * near,
        y + into[1] * near,
        x + out[0] * near,
        y + out[1] * near,
        x + out[0] * radius,
        y + out[1] * radius,
    )


def _beak(path: QPainterPath, width: float, height: float, beak: Beak) -> None:
    """From the outer side down to the tip and back along the flat bottom; drawn on a grid of 7 by 16."""
    across, down = beak.width / 7, beak.height / 16
    top = height - beak.height
    path.lineTo(width, top)
    path.cubicTo(
        width, top + 7 * down, width + 2.2 * across, top + 12.4 * down, width + 6.6 * across, top + 15.1 * down
    )
    path.cubicTo(width + 7.0 * across, top + 15.4 * down, width + 6.8 * across, height, width + 6.3 * across, height)
