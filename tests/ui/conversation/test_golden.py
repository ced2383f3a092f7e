"""Pictures of bubbles in every state, beside pictures that were looked at: light, dark, contrast, narrow, mirrored.

After a wanted change, `GOLDEN=write pytest tests/ui/conversation/test_golden.py` writes them anew; look at them then.
"""

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QImage, QPainter

from app.client.records import Quote
from app.domain import delivery
from app.domain.bearer import Bearer
from app.domain.people import Shown
from app.ui.conversation import bubble
from app.ui.conversation.bubble import Look
from app.ui.conversation.scene import Scene
from app.ui.theme import Theme
from tests.ui.conversation.conftest import Fill
from tests.ui.conversation.figures import FIRST, LAST, MIDDLE, Maker

GOLDEN = Path(__file__).parent / "golden"
NEAR = 40  # of 255: how far a channel may be off, as smoothing differs a little between computers
FEW = 0.004  # share of pixels that may be farther off


def everything() -> Maker:
    """One of each."""
    maker, status = Maker(), delivery.Status
    maker.say("First of three", position=FIRST, day=True)
    maker.say("the one in between, which is long enough to be broken into two or three lines", position=MIDDLE)
    maker.say("last", position=LAST)
    maker.say("An answer", own=True, quote=Quote(1, Shown("Bob Bright", False), False, "First of three"))
    maker.say("Read this: https://example.com/a", own=True, position=FIRST, status=status.READ, read_at=maker.at)
    maker.say("As a text", own=True, bearer=Bearer.TEXT, status=status.SENT)
    maker.say("Changed", edited=True, unread=True)
    maker.say("", gone=True)
    maker.say("Delivered words", own=True, status=status.DELIVERED)
    maker.say("Not delivered words", own=True, status=status.FAILED, reason=delivery.Reason.GAVE_UP)
    maker.say("Waiting words", own=True, status=status.QUEUED)
    return maker


def mixed() -> Maker:
    """Encrypted messages and texts from one person, and texts back."""
    maker, status = Maker(), delivery.Status
    maker.say("Encrypted, this one", day=True)
    maker.say("From the phone, on the road", position=FIRST, bearer=Bearer.TEXT)
    maker.say("and some more", position=LAST, bearer=Bearer.TEXT)
    maker.say("… but not all of it", position=FIRST, bearer=Bearer.TEXT, incomplete=True)
    maker.say("and the end", position=LAST, bearer=Bearer.TEXT)
    maker.say("As a text", own=True, bearer=Bearer.TEXT, status=status.SENT)
    maker.say("Encrypted again")
    return maker


def picture(scene: Scene) -> QImage:
    made = QImage(scene.width, scene.height, QImage.Format.Format_RGB32)
    made.fill(scene.theme.palette.background)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shown in scene.shown:
        number = shown.index
        look = Look((2, 6) if number == 1 else None, time=number == 2, ring=number == 3)
        bubble.paint(painter, shown.row, shown.top, scene.brush, look)
    painter.end()
    return made


def far_off(one: QImage, two: QImage) -> float:
    """Share of pixels that differ by more than smoothing does."""
    one, two = (each.convertToFormat(QImage.Format.Format_RGB32) for each in (one, two))
    if one.size() != two.size():
        return 1.0
    first, second = bytes(one.constBits()), bytes(two.constBits())
    if first == second:
        return 0.0
    pixels = range(0, len(first), 4)
    off = sum(any(abs(first[at + part] - second[at + part]) > NEAR for part in range(3)) for at in pixels)
    return off / len(pixels)


@pytest.mark.parametrize("mirrored", [False, True], ids=["ltr", "rtl"])
@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_texts_from_a_phone_are_told_from_what_is_encrypted(
    theme: Theme, fill: Fill, look: str, mirrored: bool
) -> None:
    compared(theme, fill, mixed(), look, 360, 560, mirrored=mirrored, name="texts-")


@pytest.mark.parametrize("mirrored", [False, True], ids=["ltr", "rtl"])
@pytest.mark.parametrize("width", [360, 700], ids=["narrow", "wide"])
@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_bubbles_look_as_they_did(theme: Theme, fill: Fill, look: str, width: int, mirrored: bool) -> None:
    compared(theme, fill, everything(), look, width, 900, mirrored=mirrored)


def compared(
    theme: Theme, fill: Fill, maker: Maker, look: str, width: int, height: int, *, mirrored: bool, name: str = ""
) -> None:
    """With the picture that was looked at."""
    theme.apply(mode="dark" if look == "dark" else "light", contrast="on" if look == "contrast" else "off", motion="on")
    scene = fill(maker.made)
    scene.one_pane, scene.mirrored, scene.online = width == 360, mirrored, False
    scene.window.arrange(newest=True, online=False)
    scene.window.forget()
    scene.fit(width, height)
    made = picture(scene)
    path = GOLDEN / f"{name}{look}-{'narrow' if width == 360 else 'wide'}-{'rtl' if mirrored else 'ltr'}.png"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        made.save(str(path))
    assert far_off(made, QImage(str(path))) <= FEW
