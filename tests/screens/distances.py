"""Distances between the parts of a screen, each a step of the scale ``space`` as the mockups have it."""

from itertools import pairwise

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from app.ui.settings.nav import Navigation
from app.ui.settings.rows import Card
from tests.screens.board import Board
from tests.screens.drawn import Drawn


def _below(b: Board, words: str, kind: str = "") -> Drawn:
    return b.texts(words, kind)[0]


def header(b: Board) -> None:
    head = b.shapes("Header", b.theme.palette.background)[0].box
    face = next(each for each in b.shapes("Avatar", shaded=True) if each.box.left() > head.left()).box
    name = b.texts("Maya Okafor", "ElidedLabel")[0]
    b.size("space.9", face.left() - head.left(), "header: before the avatar", off=1)
    b.size("space.6", name.left - face.right(), "header: from avatar to name", off=1)
    icons = sorted((b.place(each) for each in _icons(b, head)), key=lambda each: each.left())
    b.size("space.7", head.right() - icons[-1].right() - 1, "header: after the last button", off=1)


def _icons(b: Board, inside: QRectF) -> list[QWidget]:
    from app.ui.widgets.buttons import IconButton

    return [each for each in b.widgets(IconButton) if inside.contains(QRectF(b.place(each)))]


def composer(b: Board) -> None:
    frame = b.shapes("FieldFrame")[0].outer
    from app.ui.composer.composer import Composer

    whole = QRectF(b.place(b.widgets(Composer)[0]))
    b.size("space.7", frame.left() - whole.left(), "composer: before the field", off=0.6)
    b.size("space.5", whole.bottom() - frame.bottom(), "composer: below the field", off=0.6)
    b.size("space.4", frame.top() - whole.top(), "composer: above the field, with the line", off=1.1)
    send = [each for each in b.shapes("RoundButton") if each.fill == b.theme.palette.blue_fill]
    if send:
        b.size("space.3", send[0].box.left() - frame.right(), "composer: from field to Send", off=0.6)
        b.size("space.7", whole.right() - send[0].box.right(), "composer: after Send", off=0.6)
        line = _below(b, "Encrypted", "Label")
        b.size("type.status.size", line.size, "how it goes")
    else:
        hint = _below(b, "Message ·")
        b.size("type.message.size", hint.size, "what the empty field says")


def sidebar(b: Board) -> None:
    colors = b.theme.palette
    panel = b.shapes("ChatListPanel", colors.sidebar)[0].box
    found = b.shapes("SearchField", colors.field_fill)[0].box
    b.size("space.8", found.left() - panel.left(), "before the search field")
    b.size("space.8", panel.right() - found.right(), "after the search field", off=1.1)
    icon = next(each for each in b.things if each.kind == "image" and found.contains(each.box.center()))
    b.size("space.5", icon.box.left() - found.left(), "search field: before the glass", off=1)
    words = b.texts("Search", "Line")[0] if b.texts("Search", "Line") else b.texts("Search")[0]
    b.size("space.4", words.left - icon.box.right(), "search field: from glass to words", off=1.6)
    pills = sorted((each.box for each in b.shapes("Pill")), key=lambda each: each.left())
    b.size("space.8", pills[0].left() - panel.left(), "before the filters")
    b.size("space.5", pills[0].top() - found.bottom(), "from search field to filters", off=0.6)
    b.size("space.3", pills[1].left() - pills[0].right(), "between filters", off=0.6)
    rows(b)


def rows(b: Board) -> None:
    """From avatar to words, from line to line, and what stands at the right edge."""
    colors = b.theme.palette
    faces = [
        each.box for each in b.shapes("QWidget", shaded=True) if each.box.height() == b.theme.size("layout.rowAvatar")
    ]
    face = min(faces, key=lambda each: each.top())
    near = [each for each in b.texts("", "QWidget") if face.top() <= each.base <= face.bottom()]
    name, words = (next(each for each in near if each.size == b.theme.px(size)) for size in (14, 13))
    b.size("space.6", name.left - face.right(), "row: from avatar to name", off=0.6)
    b.size("space.6", words.left - face.right(), "row: from avatar to preview", off=0.6)
    lines = (tokens.number("type.name.line") + tokens.number("type.preview.line")) / 2 + 1
    b.size("type.name.line", words.base - name.base, "row: from base to base", wanted=lines, off=1.1 * b.theme.scale)
    time = next(each for each in near if each.size == b.theme.px(12))
    b.say(f"color.{b.mode}.textTertiary", colors.text_tertiary.name(), time.fill.name() if time.fill else "", "time")


def failure(b: Board) -> None:
    """The mark beside the bubble, and what stands under it."""
    colors = b.theme.palette
    mark = next(each for each in b.shapes("QWidget", colors.red_fill) if each.box.width() > 15)
    b.say(f"color.{b.mode}.redFill", colors.red_fill.name(), mark.fill.name() if mark.fill else "", "mark")
    told = b.texts("Not Delivered", "QWidget")[-1]
    b.size("type.caption.size", told.size, "Not Delivered")
    b.say("type.status.stateWeight", 600, told.weight, "Not Delivered")


def nobody(b: Board) -> None:
    """The bird's page."""
    from app.ui.empty import _Bird, _Card

    title, words = _below(b, "Start a"), b.texts("People on")[0]
    more = b.texts("blue. Every")[0]
    b.type("title", title)
    b.type("message", words)
    b.size("type.message.line", more.base - words.base, "from line to line")
    bird, card = b.place(b.widgets(_Bird)[0]), b.place(b.widgets(_Card)[0])
    b.size("bird", bird.width(), "bird", wanted=112)
    b.size("card", card.width(), "what is ready", wanted=420)
    button = next(each for each in b.shapes("Button", b.theme.palette.blue_fill)).box
    b.size("hit.buttonLarge", button.height(), "New Message")
    b.size("card", card.top() - button.bottom(), "from the button to what is ready", wanted=36, off=1)
    b.size("radius.controlLarge", b.radius(button, 10), "New Message", off=0.8)
    sentence = b.texts("They’ll appear")[0], b.texts("or receive")[0]
    b.size("type.body.line", sentence[1].base - sentence[0].base, "sidebar: from line to line")


def results(b: Board) -> None:
    """What a search found, and the find bar."""
    colors = b.theme.palette
    heading, found = b.texts("Messages")[-1], b.texts("2 found")[0]
    for each in (heading, found):
        b.size("type.caption.size", each.size, f"{each.words!r}")
    hits = b.shapes("", colors.search_hit_fill)
    b.say(f"color.{b.mode}.searchHitFill", True, len(hits) >= 3, "what was searched for is marked")
    faces = sorted(
        (each.box for each in b.shapes("QWidget", shaded=True) if each.box.height() == 40 and each.box.left() < 300),
        key=lambda each: each.top(),
    )
    b.size("result", faces[1].top() - faces[0].top(), "from hit to hit", wanted=60)
    done = b.texts("Done")[0]
    b.size("find bar", b.root.width() - done.box.right(), "after Done", wanted=23, off=1.6)


def details(b: Board) -> None:
    """The pane beside the conversation."""
    colors = b.theme.palette
    pane = b.shapes("DetailsPane", colors.background)[0].box
    tiles = [each.box for each in b.shapes("Tile", colors.field_fill)]
    b.size("space.8", tiles[0].left() - pane.left(), "before the first tile", off=1.1)
    b.size("space.8", pane.right() - tiles[-1].right(), "after the last tile", off=1.1)
    face = next(
        each.box for each in b.shapes("", shaded=True) if each.box.left() > pane.left() and each.box.width() > 60
    )
    b.size("avatar", face.width(), "avatar of the details", wanted=80)
    b.size("avatar", face.center().x() - pane.left(), "middle of the avatar", wanted=pane.width() / 2, off=1)


def settings(b: Board) -> None:
    """Navigation and cards."""
    colors = b.theme.palette
    bar = b.place(b.widgets(Navigation)[0])
    chosen = b.shapes("", colors.selected)[0].box
    b.size("space.5", chosen.left() - bar.left(), "before the chosen page", off=0.6)
    b.size("nav", chosen.height(), "a page in the list", wanted=34)
    b.size("radius.control", b.radius(chosen, 8), "chosen page", off=0.8)
    card = b.shapes("Card")[0].outer
    b.size("space.11", card.left() - bar.right() - 1, "before the cards", off=0.6)
    b.size("space.11", b.root.width() - card.right(), "after the cards", off=0.6)
    title = next(each for each in b.texts("", "Label") if each.size == 22)
    b.type("title", title)
    cards = sorted((b.place(each) for each in b.widgets(Card)), key=lambda each: each.top())
    for one, two in pairwise(cards):
        if two.top() - one.bottom() < 24:  # else a heading stands between them
            b.size("space.8", two.top() - one.bottom() - 1, "between cards", off=0.6)


def dialog(b: Board) -> None:
    """The safety number."""
    words = b.texts("Compare these")[0], b.texts("screens, nobody")[0]
    b.size("type.message.line", words[1].base - words[0].base, "from line to line")
    b.type("title", b.texts("Verify Jonas")[0])
    card = b.shapes("VerifyDialog", b.theme.palette.raised)[0].box
    b.size("dialog", card.width(), "dialog", wanted=480)
    buttons = sorted(
        (each.box for each in b.shapes("Button") if each.box.top() > card.bottom() - 70), key=lambda each: each.left()
    )
    b.size("hit.button", buttons[-1].height(), "Mark as Verified", off=1.1)
    b.size("space.12", card.right() - buttons[-1].right(), "after the last button", off=1.1)


def question(b: Board) -> None:
    """What is asked before something is done."""
    first, second = b.texts("This computer forgets")[0], b.texts("on it.")[0]
    b.size("type.body.line", second.base - first.base, "from line to line")
    b.type("heading", b.texts("Sign out of")[0])
    card = b.shapes("Question", b.theme.palette.raised)[0].box
    b.size("radius.dialog", b.radius(card, 14), "question", off=1)


def request(b: Board) -> None:
    """What is to be decided about a stranger."""
    b.type("name", b.texts("Sara Novak isn’t")[0])
    b.type("body", b.texts("They aren’t told")[0])
    boxes = sorted((each.outer for each in b.shapes("Button") if each.outer.width() > 40), key=lambda each: each.left())
    for one, two in pairwise(boxes):
        b.size("space.6", two.left() - one.right(), "between what can be decided", off=1.1)


def contrast(b: Board) -> None:
    """Increased contrast: outlines, one flat colour, no beak."""
    theme, mode = b.theme, "Dark" if b.theme.dark else "Light"
    fills = {each.fill.name() for each in b.shapes("QWidget") if each.fill is not None and each.box.width() > 60}
    wanted = str(tokens.value(f"color.highContrast{mode}.bubbleBlue")).lower()
    b.say(f"color.highContrast{mode}.bubbleBlue", True, wanted in fills, "own bubbles")
    outlines = {each.pen for each in b.shapes("QWidget") if each.edge == theme.palette.text and each.box.width() > 80}
    b.say(f"color.highContrast{mode}.bubbleReceived", True, 1.5 in outlines, "outline of what was received")
