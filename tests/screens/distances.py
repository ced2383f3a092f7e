"""Distances between the parts of a screen, each a step of the scale ``space`` as the mockups have it."""

from itertools import pairwise

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from app.ui.composer.frame import Glyph
from app.ui.conversation.plan_strip import PlanStrip
from app.ui.settings.nav import Navigation
from app.ui.settings.rows import Card
from app.ui.theme import MENU_ROOM
from tests.screens.board import Board
from tests.screens.drawn import Drawn
from tests.screens.scenes import ITEM, MENU


def _below(b: Board, words: str, kind: str = "") -> Drawn:
    return b.texts(words, kind)[0]


def header(b: Board) -> None:
    head = b.shapes("Header", b.theme.palette.background)[0].box
    face = next(each for each in b.shapes("Avatar", shaded=True) if each.box.left() > head.left()).box
    name = next(each for each in b.texts("", "ElidedLabel") if head.contains(each.box.center()))
    b.size("space.6", name.left - face.right(), "header: from avatar to name", off=1)
    icons = sorted((b.place(each) for each in _icons(b, head)), key=lambda each: each.left())
    if icons[0].left() < face.left():  # Back stands before it
        icons.pop(0)
    else:
        b.size("space.9", face.left() - head.left(), "header: before the avatar", off=1)
    b.size("space.7", head.right() - icons[-1].right() - 1, "header: after the last button", off=1)
    b.say("layout.header", True, name.right <= icons[0].left(), "header: the name ends before the buttons")


def _icons(b: Board, inside: QRectF) -> list[QWidget]:
    from app.ui.widgets.buttons import IconButton

    return [each for each in b.widgets(IconButton) if inside.contains(QRectF(b.place(each)))]


def composer(b: Board) -> None:
    frame = b.shapes("FieldFrame")[0].outer
    from app.ui.composer.composer import Composer

    whole = QRectF(b.place(b.widgets(Composer)[0]))
    b.size("space.7", frame.left() - whole.left(), "composer: before the field", off=0.6)
    b.size("space.5", whole.bottom() - frame.bottom(), "composer: below the field", off=0.6)
    b.size("space.4", frame.top() - whole.top() - 1, "composer: from its line to the field", off=0.6)
    fills = b.theme.palette.blue_fill, b.theme.palette.green_fill
    send = [each for each in b.shapes("RoundButton") if each.fill in fills]
    if send:
        b.size("space.3", send[0].box.left() - frame.right(), "composer: from field to Send", off=0.6)
        b.size("space.7", whole.right() - send[0].box.right(), "composer: after Send", off=0.6)
        line = next(each for each in b.texts("", "Label") if frame.contains(each.box.center()))
        b.size("type.status.size", line.size, "how it goes")
    else:
        hint = _below(b, "Message ·")
        b.size("type.message.size", hint.size, "what the empty field says")


def sidebar(b: Board) -> None:
    colors = b.theme.palette
    panel = b.shapes("ChatListPanel", colors.sidebar)[0].box
    found = b.shapes("SearchField", colors.field_fill)[0].box
    b.size("space.8", found.left() - panel.left(), "before the search field")
    b.size("space.8", panel.right() - found.right(), "after the search field", off=0.6)
    icon = next(each for each in b.things if each.kind == "image" and found.contains(each.box.center()))
    b.size("space.5", icon.box.left() - found.left(), "search field: before the glass", off=1)
    words = b.texts("Search", "Line")[0] if b.texts("Search", "Line") else b.texts("Search")[0]
    b.size("space.4", words.left - icon.box.right(), "search field: from glass to words", off=1)
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
    b.size("space.6", name.left - face.right(), "row: from avatar to name", off=1)
    b.size("space.6", words.left - face.right(), "row: from avatar to preview", off=1)
    lines = (tokens.number("type.name.line") + tokens.number("type.preview.line")) / 2 + 1
    b.size("type.name.line", words.base - name.base, "row: from base to base", wanted=lines, off=1)
    time = next(each for each in near if each.size == b.theme.px(12))
    b.say(f"color.{b.mode}.textTertiary", colors.text_tertiary.name(), time.fill.name() if time.fill else "", "time")
    b.say("layout.row", True, max(name.right, words.right) <= panel_end(b), "row: name and preview end in it")
    b.say("layout.row", True, name.right <= time.left, "row: the name ends before the time")


def panel_end(b: Board) -> float:
    """Where what stands in a row has to end."""
    panel = b.shapes("ChatListPanel", b.theme.palette.sidebar)[0].box
    return panel.right() - b.theme.size("layout.rowInset")


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
    b.size("find bar", b.root.width() - done.box.right(), "after Done", wanted=23, off=1)


def details(b: Board) -> None:
    """The pane beside the conversation."""
    colors = b.theme.palette
    pane = b.shapes("DetailsPane", colors.background)[0].box
    wide = [each for each in b.texts("") if pane.contains(each.box.center())]
    inside = all(pane.left() < each.left and each.right < pane.right() for each in wide)
    b.say("layout.details", True, inside, "every line ends in the pane")
    tiles = [each.box for each in b.shapes("Tile", colors.field_fill)]
    b.size("space.8", tiles[0].left() - pane.left() - 1, "from the pane's line to the first tile", off=0.6)
    b.size("space.8", pane.right() - tiles[-1].right(), "after the last tile", off=0.6)
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
    b.size("hit.button", buttons[-1].height(), "Mark as Verified", off=1)
    b.size("space.12", card.right() - buttons[-1].right(), "after the last button", off=1)


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
        b.size("space.6", two.left() - one.right(), "between what can be decided", off=1)


def contrast(b: Board) -> None:
    """Increased contrast: outlines, one flat colour, no beak."""
    theme, mode = b.theme, "Dark" if b.theme.dark else "Light"
    fills = {each.fill.name() for each in b.shapes("QWidget") if each.fill is not None and each.box.width() > 60}
    wanted = str(tokens.value(f"color.highContrast{mode}.bubbleBlue")).lower()
    b.say(f"color.highContrast{mode}.bubbleBlue", True, wanted in fills, "own bubbles")
    outlines = {each.pen for each in b.shapes("QWidget") if each.edge == theme.palette.text and each.box.width() > 80}
    b.say(f"color.highContrast{mode}.bubbleReceived", True, 1.5 in outlines, "outline of what was received")


def choose(b: Board) -> None:
    """The ways to start."""
    colors = b.theme.palette
    b.type("display", b.texts("Welcome to")[0])
    art = b.shapes("Art", shaded=True)[0].box
    cards = sorted((each.outer for each in b.shapes("Card", colors.background)), key=lambda each: each.top())
    b.size("column", cards[0].left() - art.right(), "from the art to the cards", wanted=44)
    b.size("column", b.root.width() - cards[0].right(), "after the cards", wanted=44)
    b.size("space.5", cards[1].top() - cards[0].bottom(), "between the first two cards", off=0.6)
    b.size("card", cards[0].height(), "card with one line below its name", wanted=70)
    b.size("card", cards[1].height(), "card with two lines below its name", wanted=88)
    b.size("radius.group", b.straight(cards[0]), "card", off=1)
    tiles = [each.box for each in b.shapes("Card", colors.blue_tint)]
    tiles.sort(key=lambda each: each.top())
    b.size("tile", tiles[0].width(), "tile with the sign", wanted=40)
    b.size("radius.controlLarge", b.radius(tiles[0], 10), "tile", off=0.8)
    b.size("space.8", tiles[0].left() - cards[0].left() - 1, "card: from its line to the tile", off=0.6)
    name, words = b.texts("Join with an")[0], b.texts("Paste or open")[0]
    b.type("name", name)
    b.type("body", words)
    b.size("space.7", name.left - tiles[0].right(), "card: from the tile to the words", off=0.6)
    two = b.texts("Run a relay")[0], b.texts("family or team")[0]
    b.size("type.body.line", two[1].base - two[0].base, "card: from line to line")
    back = next(each.outer for each in b.shapes("Button") if each.box.top() > cards[-1].bottom())
    b.size("hit.buttonLarge", back.height(), "Back")
    b.size("space.12", b.root.height() - back.bottom(), "below Back")
    b.size("column", back.left() - art.right(), "from the art to Back", wanted=44)


def menu(b: Board) -> None:
    """A menu that is open, with one of its entries chosen."""
    colors = b.theme.palette
    whole, item = (QRectF(b.root.property(each)) for each in (MENU, ITEM))
    room = b.theme.px(MENU_ROOM)
    body = whole.adjusted(room, room, -room, -room)
    b.size("hit.menuItem", item.height(), "entry")
    beside = item.toRect().left() + 33  # between its sign and its words
    b.size("hit.menuItem", b.run(QPoint(beside, item.toRect().top()), QPoint(0, 1), colors.blue_fill), "chosen entry")
    b.size("radius.menuItem", b.radius(item, 7), "chosen entry", off=0.8)
    b.size("radius.popover", b.straight(body), "menu", off=1)
    b.size("space.3", item.left() - body.left(), "from the menu's edge to an entry", off=0.6)


def green(b: Board) -> None:
    """What only a conversation by texts has."""
    colors = b.theme.palette
    strip = b.place(b.widgets(PlanStrip)[0])
    b.size("layout.planStrip", strip.height(), "plan")
    glyph = min(
        (b.place(each) for each in b.widgets(Glyph) if strip.contains(b.place(each))), key=lambda each: each.left()
    )
    b.size("space.9", glyph.left() - strip.left(), "plan: before the sign")
    b.size("space.6", b.texts("100-text plan")[0].left - glyph.right() - 1, "plan: from sign to words", off=1)
    send = next(each for each in b.shapes("RoundButton") if each.fill == colors.green_fill)
    b.size("hit.composer", send.box.width(), "Send as a text")
    for words in ("Delivered", "Text message · 1"):
        b.size("type.status.size", b.texts(words)[0].size, f"{words!r}")
    tag = b.shapes("QWidget", colors.green_tint)[0].box
    b.size("type.tag.line", tag.height(), "SMS")


def long_title(b: Board) -> None:
    """A title of two lines, and that the card holds them."""
    title = [each for each in b.texts("", "Title") or b.texts("") if each.size == tokens.number("type.title.size")]
    title.sort(key=lambda each: each.base)
    b.size("type.title.line", title[1].base - title[0].base, "from line to line")
    card = b.shapes("VerifyDialog", b.theme.palette.raised)[0].box
    inside = all(card.left() + 24 < each.left and each.right < card.right() - 24 for each in title)
    b.say("radius.dialog", True, inside, "the title ends in the dialog")


def long_details(b: Board) -> None:
    """A name of three lines, and what is said below a choice."""
    size = tokens.number("type.sidebarTitle.size")
    name = [each for each in b.texts("") if each.size == size and each.words != "Messages"]
    name.sort(key=lambda each: each.base)
    b.size("type.sidebarTitle.line", name[1].base - name[0].base, "name, from line to line")
    said = b.texts("Encrypted where")[0], b.texts("anything that")[0]
    b.size("type.caption.line", said[1].base - said[0].base, "hint, from line to line")


def strong(b: Board) -> None:
    """Increased contrast: a wider ring, and what is pressed."""
    theme, where = b.theme, "highContrastDark" if b.theme.dark else "highContrastLight"
    token = f"color.{where}.focusWidth"
    ringed = next(each.box for each in b.shapes("Button") if each.edge == theme.palette.focus)
    top = QPoint(round(ringed.center().x()), 0)
    while b.picture.pixelColor(top) != theme.palette.focus and top.y() < ringed.bottom():
        top += QPoint(0, 1)
    b.size(token, b.run(top, QPoint(0, 1), theme.palette.focus), "pixels of the ring")
    b.say(
        f"color.{where}.focus",
        str(tokens.value(f"color.{where}.focus")).lower(),
        b.picture.pixelColor(top).name(),
        "ring",
    )
