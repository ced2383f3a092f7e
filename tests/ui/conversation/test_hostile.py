"""Messages made to do harm: nothing is painted outside of its bubble, and what is laid out at once has a bound."""

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from app.common import errors
from app.content.base import Limits
from app.content.text import Text
from app.ui.composer.field import LARGEST
from app.ui.content import clean
from app.ui.conversation import bubble
from app.ui.conversation.bubble import Look
from tests.ui.conversation.conftest import Fill
from tests.ui.conversation.figures import Maker

HARM = {
    "marks": "e" + "\u0301" * 10_000,
    "marks everywhere": ("e" + "\u0301\u0316" * 50) * 800,
    "the longest word": "W" * LARGEST,  # no message may hold more
    "overrides": "\u202e" * 9_000 + "evil\u2067" * 500,
    "nothing to see": "\u200b" * 56_000,
    "new lines": "x\n" * 20_000,
    "right to left": "שלום עולם " * 4_000,
    "huge letters": "\ufdfd" * 9_000,
    "links": "https://example.com/" + ")" * 50_000,
}


@pytest.mark.parametrize("text", HARM.values(), ids=HARM.keys())
@pytest.mark.parametrize("own", [False, True], ids=["theirs", "own"])
def test_nothing_is_painted_outside_of_its_bubble(fill: Fill, text: str, own: bool) -> None:
    maker = Maker()
    maker.say(text, own=own)
    scene = fill(maker.made)
    scene.fit(600, 1_600)
    row, ground = scene.window.rows[0], QColor(255, 0, 255)
    made = QImage(600, row.height + 40, QImage.Format.Format_RGB32)
    made.fill(ground)
    painter = QPainter(made)
    bubble.paint(painter, row, 20, scene.brush, Look())
    painter.end()
    inside = row.bubble.translated(0, 20).adjusted(-8, 0, 8, 0)  # and the beak
    outside = [(x, y) for x in range(0, 600, 2) for y in range(0, made.height(), 2) if not inside.contains(x, y)]
    assert all(made.pixelColor(x, y) == ground for x, y in outside)
    assert len(row.words) <= clean.FIRST_LOOK


def test_the_longest_word_is_shown_whole_when_it_is_asked_for_and_stays_in_its_bubble(fill: Fill) -> None:
    maker = Maker()
    maker.say("W" * LARGEST)
    scene = fill(maker.made)
    scene.fit(600, 1_600)
    row = scene.window.rows[0]
    looks = 0
    while row.laid is not None and row.laid.more:
        row.looks += 1
        row.forget()
        scene.walk()
        row.lay(scene.column)
        looks += 1
    assert row.words == "W" * LARGEST
    assert looks == -(-(LARGEST - clean.FIRST_LOOK) // clean.MORE)
    assert row.laid is not None and row.laid.width <= row.bubble.width() <= 600
    assert row.laid.height <= row.bubble.height() <= row.height


def test_a_word_of_a_megabyte_is_refused_on_its_way_out_and_on_its_way_in() -> None:
    assert Text("W" * LARGEST).problems(Limits()) == ()
    assert Text("W" * 1_000_000).problems(Limits()) == ("too_large",)
    with pytest.raises(errors.Malformed):
        Text.from_wire(Text("W" * 1_000_000).to_wire())


def test_a_name_made_to_do_harm_stays_one_short_line() -> None:
    for text in HARM.values():
        assert len(clean.name(text)) <= 80
        assert not set(clean.name(text)) & set("\n\u2028\u202e\u2067")
