"""Soft shadows under what floats, painted once for each look and stretched to size."""

import re

import msgspec
from PySide6.QtCore import QMargins, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.ui import tokens
from app.ui.theme import Theme

_OUTLINE = re.compile(r"1 px (#\w{6}) (\d+) % outline")
_LAYER = re.compile(r"0 (\d+) (\d+) (#\w{6}) (\d+) %")


class _Layer(msgspec.Struct, frozen=True):
    """One shadow as the tokens describe it: down by ``drop``, blurred by ``blur``, both in pixels."""

    drop: int
    blur: int
    color: QColor


_drawn: dict[tuple[str, str, int, float], QPixmap] = {}


def margins(theme: Theme, *, small: bool = False) -> QMargins:
    """The room a shadow takes around its body."""
    layers = _layers(_token(theme, small))
    reach = max((layer.blur for layer in layers), default=0)
    drop = max((layer.drop for layer in layers), default=0)
    return QMargins(reach, max(2, reach - drop), reach, reach + drop)


def paint(painter: QPainter, theme: Theme, body: QRectF, radius: float, *, small: bool = False) -> None:
    """Paint the shadow of a rounded body (not the body itself); in high contrast a plain outline instead."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    text = _token(theme, small)
    if theme.high_contrast:
        _edge(painter, body, radius, theme.palette.text, 1.5)
        painter.restore()
        return
    for layer in _layers(text):
        _stretch(painter, layer, body, radius)
    outline = _OUTLINE.search(text)
    if outline:
        _edge(painter, body, radius, _tint(outline[1], int(outline[2])), 1)
    painter.restore()


def _token(theme: Theme, small: bool) -> str:
    return tokens.text(f"color.{'dark' if theme.dark else 'light'}.{'shadowSmall' if small else 'shadow'}")


def _tint(name: str, per_cent: int) -> QColor:
    made = QColor(name)
    made.setAlphaF(per_cent / 100)
    return made


def _layers(text: str) -> list[_Layer]:
    return [_Layer(int(found[1]), int(found[2]), _tint(found[3], int(found[4]))) for found in _LAYER.finditer(text)]


def _edge(painter: QPainter, body: QRectF, radius: float, tint: QColor, width: float) -> None:
    painter.setPen(QPen(tint, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRoundedRect(body.adjusted(-half, -half, half, half), radius + half, radius + half)


def _stretch(painter: QPainter, layer: _Layer, body: QRectF, radius: float) -> None:
    """Nine pieces of one small picture: the corners as they are, the edges drawn out."""
    spread, corner = layer.blur, layer.blur + round(radius) + 2
    side = 2 * corner + 1
    key = (
        layer.color.name(QColor.NameFormat.HexArgb),
        str(layer.blur),
        round(radius),
        painter.device().devicePixelRatio(),
    )
    picture = _drawn.get(key)
    if picture is None:
        picture = _drawn[key] = _picture(layer, radius, side, key[3])
    ratio = key[3]
    target = body.toAlignedRect().translated(0, layer.drop).marginsAdded(QMargins(spread, spread, spread, spread))
    across = min(corner, target.width() // 2), min(corner, target.height() // 2)
    xs = (target.left(), target.left() + across[0], target.right() + 1 - across[0], target.right() + 1)
    ys = (target.top(), target.top() + across[1], target.bottom() + 1 - across[1], target.bottom() + 1)
    us = (0, across[0], side - across[0], side)
    vs = (0, across[1], side - across[1], side)
    for row in range(3):
        for column in range(3):
            into = QRect(xs[column], ys[row], xs[column + 1] - xs[column], ys[row + 1] - ys[row])
            piece = QRectF(
                us[column] * ratio,
                vs[row] * ratio,
                (us[column + 1] - us[column]) * ratio,
                (vs[row + 1] - vs[row]) * ratio,
            )
            if not into.isEmpty():
                painter.drawPixmap(QRectF(into), picture, piece)


def _picture(layer: _Layer, radius: float, side: int, ratio: float) -> QPixmap:
    """A square shadow: many faint bodies, each a pixel smaller, which add up to a soft edge."""
    made = QPixmap(round(side * ratio), round(side * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    steps = 2 * layer.blur
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    for step in range(steps):
        share = (step + 1) / steps
        smooth = share * share * (3 - 2 * share)
        tint = QColor(layer.color)
        tint.setAlphaF(layer.color.alphaF() * smooth)
        painter.setBrush(tint)
        inset = float(step)
        corner = max(0.5, radius + layer.blur - inset)
        area = QRectF(0, 0, side, side).adjusted(inset, inset, -inset, -inset)
        if area.width() <= 0:
            break
        painter.drawRoundedRect(area, corner, corner)
    painter.end()
    return made
