"""Rows as pictures: every state in light, dark, high contrast, right-to-left and at 200 %, beside what was approved.

``KINGFISHER_APPROVE=1`` keeps what is painted now as approved; then look at the pictures.
"""

import os
from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.client.search import snippet
from app.domain import delivery
from app.domain.bearer import Bearer
from app.ui.chat_list import face
from app.ui.chat_list.face import Face, Moment
from app.ui.chat_list.painting import Pen, State
from app.ui.theme import Theme
from tests.ui.chat_list.entries import DAY, NOW, entry, said

APPROVED = Path(__file__).parent / "approved"
MOMENT = Moment(NOW, UTC, connected=False)
WIDTH, HIGH = 304, 64
NEAR = 40  # of 255: what two builds of a font rasteriser may differ by
FEW = 0.004  # of all pixels


def faces() -> list[tuple[Face, State]]:
    """Every state of a row once."""
    failed = said("On my way!", own=True, status=delivery.Status.FAILED)
    queued = said("Leaving in five minutes", own=True, status=delivery.Status.QUEUED)
    long = "Maximiliana Konstantina von Hohenstaufen-Wittelsbach zu Bayern"
    of = [
        (entry(), State()),
        (entry(unread=4), State()),
        (entry(typing_now := "Typing"), State()),
        (entry(last=failed), State()),
        (entry(draft="Could we move the review to Friday?"), State(selected=True)),
        (entry(last=queued, verified=True), State()),
        (entry("Leo Brandt", said(at=NOW - 2 * DAY), unread=12, muted=True), State(hover=True)),
        (entry("Sara Novak", said("Hello, is this Noor?"), unread=1000, request=True), State()),
        (entry(long, said("A name that does not fit", at=NOW - 400 * DAY), muted=True, verified=True), State()),
        (entry(marked=True), State(focus=True)),
    ]
    made = [(face.of(one, MOMENT, typing=one.title.name == typing_now), state) for one, state in of]
    cut = snippet("The one by Old Mill Weir? I’ve walked past the weir", "weir")
    made.append((Face(b"hit", "Maya Okafor", "9:30", "You:", cut.words, marks=cut.marks), State()))
    far = "A sentence that is long enough to push what was found far out of sight, at the weir"
    made.append((Face(b"far", "Weir Park", "Fri", "", far, name_marks=((0, 4),), marks=((79, 4),)), State()))
    return made


def rarer() -> list[tuple[Face, State]]:
    """The states beside them: by text, blocked, unsent."""
    text = said("Did the parcel arrive?", bearer=Bearer.TEXT)
    long = "Maximiliana Konstantina von Hohenstaufen-Wittelsbach zu Bayern"
    of = [
        (entry("Dad", text), State()),
        (entry("Dad", text, unread=3), State(selected=True)),
        (entry(long, text, muted=True, unread=12), State()),
        (entry("Dad", said("On my way", own=True, bearer=Bearer.TEXT, status=delivery.Status.FAILED)), State()),
        (entry(blocked=True), State()),
        (entry(long, blocked=True), State(focus=True)),
        (entry(last=said("Never mind", gone=True)), State()),
        (entry(last=said("Never mind", own=True, gone=True)), State(hover=True)),
    ]
    return [(face.of(one, MOMENT, typing=False), state) for one, state in of]


def painted(theme: Theme, shown: list[tuple[Face, State]], *, mirrored: bool = False) -> QImage:
    wide, high = theme.px(WIDTH), theme.px(HIGH)
    picture = QImage(wide, high * len(shown), QImage.Format.Format_RGB32)
    picture.fill(theme.palette.sidebar)
    painter = QPainter(picture)
    for at, (one, state) in enumerate(shown):
        how = State(state.selected, state.hover, state.focus, mirrored)
        Pen(painter, theme, how).row(QRectF(0, at * high, wide, high), one, theme.size("layout.rowAvatar"))
    painter.end()
    return picture


def compare(name: str, picture: QImage, folder: Path) -> None:
    path = APPROVED / f"{name}.png"
    if os.environ.get("KINGFISHER_APPROVE"):
        APPROVED.mkdir(exist_ok=True)
        assert picture.save(str(path))
    approved = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    assert approved.size() == picture.size()
    ours, theirs = bytes(picture.constBits()), bytes(approved.constBits())
    away = sum(abs(one - two) > NEAR for one, two in zip(ours, theirs, strict=True) if one != two)
    if away > FEW * len(ours):
        picture.save(str(folder / f"{name}.png"))
        pytest.fail(f"{away} of {len(ours)} values differ; what was painted is {folder / name}.png")


LOOKS = pytest.mark.parametrize(
    ("name", "mode", "size", "contrast", "mirrored"),
    [
        ("light", "light", 100, "off", False),
        ("dark", "dark", 100, "off", False),
        ("contrast", "light", 100, "on", False),
        ("contrast-dark", "dark", 100, "on", False),
        ("mirrored", "light", 100, "off", True),
        ("large", "light", 200, "off", False),
    ],
)


@LOOKS
def test_every_state_looks_as_approved(
    theme: Theme, tmp_path: Path, name: str, mode: str, size: int, contrast: str, mirrored: bool
) -> None:
    theme.apply(mode=mode, text_size=size, contrast=contrast, motion="on")  # type: ignore[arg-type]
    theme.keyboard_focus = True
    compare(name, painted(theme, faces(), mirrored=mirrored), tmp_path)


@LOOKS
def test_what_is_rarer_looks_as_approved(
    theme: Theme, tmp_path: Path, name: str, mode: str, size: int, contrast: str, mirrored: bool
) -> None:
    theme.apply(mode=mode, text_size=size, contrast=contrast, motion="on")  # type: ignore[arg-type]
    theme.keyboard_focus = True
    compare(f"rarer-{name}", painted(theme, rarer(), mirrored=mirrored), tmp_path)


# What others send may not be seen outside of its place, nor hold the window up.
HOSTILE = [
    "e" + "\u0301" * 10_000,
    "Z" + "".join(f"{letter}{chr(0x300 + at % 112) * 40}" for at, letter in enumerate("algo" * 60)),
    "\u200b" * 100_000 + "x",
    "\u202e" * 5_000 + "gnp.exe",
    "\ufdfd" * 200,
    "𒐫" * 200,
    "a\n\n\r\n\u2028" * 50_000,
    "أ" * 1_000_000,
    "🏳️‍🌈" * 5_000,
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("mirrored", [False, True])
def test_hostile_words_stay_in_their_place(theme: Theme, words: str, mirrored: bool) -> None:
    bad = face.of(entry(words, said(words), draft=words), MOMENT, typing=False)
    fine = face.of(entry(), MOMENT, typing=False)
    calm = painted(theme, [(fine, State()), (fine, State()), (fine, State())], mirrored=mirrored)
    upset = painted(theme, [(fine, State()), (bad, State()), (fine, State())], mirrored=mirrored)
    high = theme.px(HIGH)
    for top in (0, 2 * high):
        assert calm.copy(0, top, calm.width(), high) == upset.copy(0, top, calm.width(), high)
    # The name keeps to its line, and the words to theirs: between the lines and around them is only the ground.
    inset = theme.size("layout.rowInset") + theme.size("layout.rowPadding")
    edges = [
        upset.copy(0, high, theme.size("layout.rowInset"), high),
        upset.copy(upset.width() - inset + 1, high, inset - 1, high),
    ]
    for edge in edges:
        assert {edge.pixelColor(x, y).name() for x in range(edge.width()) for y in range(high)} == {
            theme.palette.sidebar.name()
        }


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_cost_no_more_than_a_bounded_length_does(theme: Theme, words: str) -> None:
    """Whatever is sent, what reaches the text engine is short; that bounds the time better than a clock could."""
    bad = face.of(entry(words, said(words), draft=words), MOMENT, typing=False)
    assert len(bad.name) <= face.NAME
    assert len(bad.words) <= face.PREVIEW
    assert len(bad.sentence) <= face.NAME + face.PREVIEW + 100
