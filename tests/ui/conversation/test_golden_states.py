"""More pictures of bubbles beside pictures that were looked at: reactions, emoji alone, somebody writing; large, dark.

Written anew as those of `test_golden.py` are.
"""

import os

import pytest
from PySide6.QtGui import QImage, QPainter

from app.domain import delivery
from app.domain.bearer import Bearer
from app.ui.conversation import bubble
from app.ui.theme import Theme
from tests.ui.conversation.conftest import Fill
from tests.ui.conversation.figures import BOB, CAROL, FIRST, LAST, ME, Maker
from tests.ui.conversation.test_golden import FEW, GOLDEN, far_off, picture

LOOKS = {
    "light": ("light", 100, "off"),
    "dark": ("dark", 100, "off"),
    "contrast": ("light", 100, "on"),
    "contrast-dark": ("dark", 100, "on"),
    "large": ("light", 200, "off"),
    "large-dark": ("dark", 200, "off"),
}


def states() -> Maker:
    """What stands beside plain words."""
    maker, status = Maker(), delivery.Status
    maker.say("With a reaction", reactions=[("❤️", [ME])], day=True)
    maker.say("With several", own=True, reactions=[("👍", [BOB, CAROL]), ("😂", [BOB])])
    maker.say("🎉", position=FIRST)
    maker.say("🎂🎈❤️", position=LAST)
    maker.say("🐦", own=True, status=status.READ, read_at=maker.at)
    maker.say("As a text", own=True, bearer=Bearer.TEXT, status=status.SENT)
    maker.say("", own=True, gone=True)
    maker.say("Not delivered", own=True, status=status.FAILED, reason=delivery.Reason.GAVE_UP)
    return maker


@pytest.mark.parametrize("mirrored", [False, True], ids=["ltr", "rtl"])
@pytest.mark.parametrize("look", LOOKS)
def test_every_state_looks_as_it_did(theme: Theme, fill: Fill, look: str, mirrored: bool) -> None:
    mode, size, contrast = LOOKS[look]
    theme.apply(mode=mode, text_size=size, contrast=contrast, motion="on")  # type: ignore[arg-type]
    scene = fill(states().made)
    scene.one_pane, scene.mirrored, scene.online = False, mirrored, True
    scene.typing = True
    scene.window.arrange(newest=True, online=True)
    scene.window.forget()
    scene.fit(theme.px(460), theme.px(680))
    made = picture(scene)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    last = scene.shown[-1]
    bubble.typing(painter, last.bottom + theme.px(10), scene.brush, scene.column.padding, -1, mirrored)
    painter.end()
    path = GOLDEN / f"states-{look}-{'rtl' if mirrored else 'ltr'}.png"
    if os.environ.get("GOLDEN") == "write":
        made.save(str(path))
    assert far_off(made, QImage(str(path))) <= FEW
