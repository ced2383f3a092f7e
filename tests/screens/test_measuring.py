"""The measuring itself: it reads what was painted, and says when something differs."""

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui import theme
from app.ui.conversation import shape
from app.ui.conversation.shape import Corners
from tests.screens import __main__, by_drawing, colors, drawings, reasons
from tests.screens.beside import mockup
from tests.screens.board import Reading, corner


@pytest.mark.parametrize("radius", [4, 6, 8, 10, 14, 18])
def test_the_radius_of_a_painted_corner_is_found(radius: int) -> None:
    picture = QImage(100, 80, QImage.Format.Format_RGB32)
    picture.fill(QColor("#FFFFFF"))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#0F64D6"))
    painter.drawRoundedRect(QRectF(10, 10, 80, 60), radius, radius)
    painter.end()
    box = QRect(10, 10, 80, 60)
    for right in (False, True):
        for bottom in (False, True):
            assert abs(corner(picture, box, radius, right=right, bottom=bottom) - radius) < 0.8


@pytest.mark.parametrize("joined", [4, 6, 8])
def test_a_drawn_corner_that_is_no_pixel_off_is_told_from_one_that_is(joined: int) -> None:
    """Of a group at twice its size; the design's radius there is 6."""
    times, left, top, wide, high = drawings.OWN[1]
    ours = QImage(1120, 760, QImage.Format.Format_RGB32)
    ours.fill(QColor("#FFFFFF"))
    painter = QPainter(ours)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(left, top)
    painter.scale(times, times)
    painter.fillPath(shape.outline(wide, high, Corners(18, joined, joined), None, outer_left=False), QColor("#0F64D6"))
    painter.end()
    corner_there = QRect(left + (wide - 6) * times, top + (high - 6) * times, 6 * times, 6 * times)
    off = by_drawing.unlike(ours, mockup("40-spec-bubbles-light"), corner_there)
    assert (off <= 0.01) is (joined == 6)


def test_a_wrong_reading_and_a_forgotten_token_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(__main__, "FOLDER", tmp_path)
    good = Reading("layout.row", "64", "64", "a screen: row", True)
    wrong = Reading("layout.row", "64", "60", "a screen: row", False)
    assert __main__.report([good], whole=False) == 0
    assert __main__.report([good, wrong], whole=False) == 1
    assert __main__.report([good], whole=True) > 20  # of what only screens can show
    assert "neither measured nor excused" in (tmp_path / "measured.txt").read_text("utf-8")


def test_what_is_measured_needs_no_reason() -> None:
    every = set(reasons.leaves())
    assert reasons.idle(every) == list(reasons.REASONS)
    assert reasons.idle({path for path in every if not reasons.reason(path)}) == []


@pytest.mark.parametrize("high_contrast", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_tokens_that_share_a_colour_are_painted_apart(dark: bool, high_contrast: bool) -> None:
    """So near that nobody sees it, and each names one token: none is measured because another looks like it."""
    plain = theme.palette(dark=dark, high_contrast=high_contrast)
    look = colors.apart(plain, dark=dark, high_contrast=high_contrast)
    assert len({each.rgb() for each in look.palette}) == len(plain)
    pairs = list(zip(plain, look.palette, strict=True))
    assert all((one.red(), one.green(), one.alpha()) == (two.red(), two.green(), two.alpha()) for one, two in pairs)
    assert max(abs(one.blue() - two.blue()) for one, two in pairs) <= 16
    named = [token for token in look.tokens.values() if token]
    assert not [token for token in named if ".map" in token]
    if not high_contrast:
        mode = "dark" if dark else "light"
        assert look.tokens[look.palette.background.rgb()] == f"color.{mode}.background"
        assert look.tokens[look.palette.segment_on.rgb()] == f"color.{mode}.segmentOn"
        assert len(set(named)) == len(plain)


def test_what_is_excused_is_a_token() -> None:
    every = list(reasons.leaves())
    assert [given for given in reasons.REASONS if not any(_begins(path, given) for path in every)] == []


def _begins(path: str, given: str) -> bool:
    parts, wanted = path.split("."), given.split(".")
    return len(parts) >= len(wanted) and all(
        want == "*" or part.startswith(want) for part, want in zip(parts, wanted, strict=False)
    )
