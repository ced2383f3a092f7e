"""What is measured on each screen against tokens.json: places and sizes of what is drawn, corners in pixels."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from app.ui.conversation.find_bar import FindBar
from app.ui.conversation.page import ConversationPage
from app.ui.panes import Panes
from app.ui.settings.nav import Navigation
from app.ui.theme import color
from tests.screens import by_drawing, distances
from tests.screens.board import Board, parts

RIGHT, DOWN = QPoint(1, 0), QPoint(0, 1)


def sidebar(b: Board) -> None:
    colors, inset = b.theme.palette, b.theme.size("layout.rowInset")
    panel = b.shapes("ChatListPanel", colors.sidebar)[0].box
    b.size("layout.sidebar.default", panel.width(), "sidebar")
    found = b.shapes("SearchField", colors.field_fill)[0].box
    b.size("layout.sidebarHeader", found.top(), "above the search field")
    b.size("layout.search", found.height(), "search field")
    b.size("radius.control", b.radius(found, 8), "search field", off=0.8)
    pill = b.shapes("Pill", colors.blue_fill)[0].box
    b.size("layout.pill", pill.height(), "pill")
    b.size("radius.pill", b.radius(pill, pill.height() / 2), "pill", wanted=pill.height() / 2, off=0.8)
    pins = b.shapes("PinnedButton", shaded=True)
    b.size("layout.pinnedAvatar", pins[0].box.width(), "pinned avatar")
    first = [each for each in pins if abs(each.box.top() - pins[0].box.top()) < 1]
    b.size("layout.pinnedColumns", len(first), "pinned avatars in a row")
    faces = [each for each in b.shapes("QWidget", shaded=True) if each.box.right() < panel.right()]
    b.size("layout.rowAvatar", faces[0].box.width(), "avatar of a row")
    b.size("layout.row", faces[1].box.top() - faces[0].box.top(), "from row to row")
    b.size("layout.rowPadding", faces[0].box.left() - inset, "from the row's edge to the avatar")
    badge = next(each for each in b.shapes("QWidget", colors.blue_fill) if each.box.right() < panel.right())
    b.size("layout.unreadCount", badge.box.height(), "count of unread messages")
    b.type("sidebarTitle", b.texts("Messages", "Label")[0])
    b.tracking("sidebarTitle", b.texts("Messages", "Label")[0])
    b.type("name", b.texts("Jonas Lind", "QWidget")[0])
    b.type("preview", b.texts("You:", "QWidget")[0])
    b.type("preview", b.texts("Hello, is this", "QWidget")[0], weight="unreadWeight")
    b.type("tag", b.texts("Request", "QWidget")[0])
    b.tracking("tag", b.texts("Request", "QWidget")[0])
    tag = b.shapes("QWidget", colors.amber_tint)[0].box
    b.size("radius.tag", b.radius(tag, 4), "tag", off=0.8)
    b.size("type.tag.line", tag.height(), "tag")
    _faces(b, [each.box for each in pins])
    sizes = set(tokens.numbers("icon.sizes"))
    signs = {each.box.width() for each in b.things if each.kind == "image" and each.box.right() < panel.right()}
    b.say("icon.sizes", True, signs <= sizes and len(signs) > 1, f"signs of the sidebar: {sorted(signs)}")


def _faces(b: Board, boxes: list[QRectF]) -> None:
    """Avatars without a picture, each in one of the ten fills."""
    pairs = [tuple(QColor(end) for end in pair) for pair in tokens.avatar_gradients()]
    for box in boxes:
        seen = [b.pixel(box.center().x(), y) for y in (box.top() + 1, box.bottom() - 2)]
        found = any(all(_near(one, two, 6) for one, two in zip(seen, pair, strict=True)) for pair in pairs)
        b.say("color.avatarGradients", "one of the ten", "one of the ten" if found else str(seen), "pinned avatar")


def _near(one: QColor, two: QColor, off: int) -> bool:
    return all(abs(x - y) <= off for x, y in zip(parts(one), parts(two), strict=True))


def conversation(b: Board) -> None:
    colors = b.theme.palette
    head = b.shapes("Header", colors.background)[0].box
    b.size("layout.header", head.height(), "header")
    face = next(each for each in b.shapes("Avatar", shaded=True) if each.box.left() > head.left())
    b.size("layout.headerAvatar", face.box.width(), "avatar of the header")
    b.type("heading", b.texts("Maya Okafor", "ElidedLabel")[0])
    b.type("caption", b.texts("Encrypted", "TransportLine")[0])
    b.size("layout.composerField", b.shapes("FieldFrame")[0].outer.height(), "composer's field")
    _bubbles(b)


def offline(b: Board) -> None:
    b.size("layout.banner", b.shapes("ConnectionBanner")[0].box.height(), "banner")


def _bubbles(b: Board) -> None:
    """Places from the shapes, gaps and beaks from pixels."""
    colors = b.theme.palette
    view = b.widgets(ConversationPage)[0].view
    port = b.place(view.viewport())
    ground, received = colors.background, colors.bubble_received
    rows = {shown.row.words[:14]: shown for shown in view._scene.shown}

    def box(words: str) -> QRectF:
        shown = rows[words]
        return b.inside(view.viewport(), QRectF(shown.row.bubble.translated(0, shown.top)))

    first, second, deal, and_ = (
        box("The one by Old"),
        box("What time did "),
        box("Deal. I’ll bri"),
        box("And Priya is c"),
    )
    own_first, own_last = box("Just after sun"), box("I have never b")
    middle = round(second.center().x())
    b.size("bubble.gapInGroup", b.run(QPoint(middle, first.toRect().bottom() + 1), DOWN, ground), "pixels in a group")
    gap = own_first.top() - second.bottom()
    b.size("bubble.gapBetweenSenders", gap, "between senders")
    seen = b.run(QPoint(round(deal.center().x()), deal.toRect().bottom() + 1), DOWN, ground)
    b.size("bubble.gapBetweenSenders", seen, "pixels between groups")
    b.size("bubble.columnPadding", b.run(QPoint(port.left() + 1, round(first.center().y())), RIGHT, ground) + 1, "left")
    b.size("bubble.columnPadding", port.right() + 1 - own_first.right(), "right")
    b.size("bubble.minHeight", second.height(), "one line")
    text = b.texts("What time did")[0]
    b.size("bubble.paddingX", text.left - second.left(), "before the words")
    lines = own_first.height() - 2 * tokens.number("type.message.line") * b.theme.scale
    b.size("bubble.paddingY", lines / 2, "two lines less their height")
    both = b.texts("Just after")[0].base, b.texts("blue streak")[0].base
    b.size("type.message.line", both[1] - both[0], "from line to line")
    b.type("message", text)
    b.size("radius.bubble", b.radius(first, 18), "received, first, outer", off=0.8)
    b.size("radius.bubbleJoined", b.radius(first, 6, bottom=True), "received, first, joined", off=0.8)
    b.size("radius.bubble", b.radius(second, 18, right=True), "received, inner", off=0.8)
    b.size("radius.bubbleJoined", b.radius(own_first, 6, right=True, bottom=True), "own, joined", off=0.8)
    drawn = next(each for each in b.shapes("QWidget", received) if abs(each.box.top() - second.top()) < 1)
    b.size("bubble.tail.width", second.left() - drawn.box.left(), "beak", off=0.6)
    beside = [b.pixel(second.left() - 1, second.bottom() - 1 - up) == ground for up in range(30)]
    b.size("bubble.tail.height", beside.index(True), "pixels beside the bubble", off=1)
    b.say(
        "bubble.tail.shownOn", "last bubble of a group", _beaks(b, (first, second, own_first, own_last, and_)), "beaks"
    )
    day = b.texts("Today")[0]
    top = day.base - _above(b)
    before, after = own_last.bottom(), box("You? Before se").top()
    b.size("bubble.dateSeparatorMargin", top - before, "above the date", wanted=16, off=1)
    between = tokens.number("bubble.gapBetweenSenders")
    b.size("bubble.dateSeparatorMargin", after - top - 16 - between, "below the date", wanted=8, off=1)
    b.type("dateSeparator", b.texts("9:34")[-1])
    status = b.texts("9:39")[-1]
    last = box("Perfect. See y")
    b.size("bubble.statusGap", status.base - _above(b, "status") - last.bottom(), "status", off=1)
    b.type("status", status)
    b.type("status", b.texts("Read")[0], weight="stateWeight")
    low = max(each.top + each.row.height for each in view._scene.shown)
    b.size("bubble.bottomPadding", port.height() - low, "below the last message")
    inside = port.width() - 2 * tokens.number("bubble.columnPadding")
    widest = min(480.0, int(0.72 * inside))
    b.say(
        "bubble.maxWidth", True, max(each.row.bubble.width() for each in view._scene.shown) <= widest, "none is wider"
    )
    b.size("bubble.maxWidth", view._scene.column.widest, "column", wanted=widest)
    _gradient(b, port.top(), port.height(), (own_first, own_last, last))


def _above(b: Board, role: str = "dateSeparator") -> float:
    """From the top of a line of text to its base."""
    metrics = QFontMetricsF(b.theme.font(role))
    return (b.theme.line(role) - metrics.height()) / 2 + metrics.ascent()


def _beaks(b: Board, boxes: tuple[QRectF, ...]) -> str:
    """Whether exactly those at the end of a group have one: the second, the fourth and the fifth here."""
    ground = b.theme.palette.background
    has = [any(b.pixel(x, box.bottom() - 2) != ground for x in (box.left() - 2, box.right() + 1)) for box in boxes]
    return "last bubble of a group" if has == [False, True, False, True, True] else str(has)


def _gradient(b: Board, top: int, height: int, boxes: tuple[QRectF, ...], name: str = "Blue") -> None:
    """Own bubbles have the colour of their place in the window."""
    colors = b.theme.palette
    blue, green = (
        (colors.bubble_blue_top, colors.bubble_blue_bottom),
        (colors.bubble_green_top, colors.bubble_green_bottom),
    )
    ends = blue if name == "Blue" else green
    for box in boxes:
        y = round(box.center().y())
        part = (y + 0.5 - top) / height
        wanted = [round(one + (two - one) * part) for one, two in zip(*(parts(each) for each in ends), strict=True)]
        got = b.pixel(box.left() + 5, y)
        near = all(abs(w - g) <= 1 for w, g in zip(wanted, parts(got), strict=True))
        said = QColor(*wanted).name()
        for token in (f"bubble{name}Top", f"bubble{name}Bottom"):
            b.say(
                f"color.{b.mode}.{token}", said, said if near else got.name(), f"own bubble at {part:.2f} of the view"
            )


def green(b: Board) -> None:
    """The fill of what went as a text."""
    view = b.widgets(ConversationPage)[0].view
    port = b.place(view.viewport())
    own = next(each for each in view._scene.shown if each.row.words.startswith("It did"))
    box = b.inside(view.viewport(), QRectF(own.row.bubble.translated(0, own.top)))
    _gradient(b, port.top(), port.height(), (box,), "Green")


def panes(b: Board) -> None:
    """The widths at which the panes change, and how far the sidebar can be drawn."""
    found = b.widgets(Panes)[0]
    size = b.on.shell.size()
    for token, seen in (("twoPane", lambda: not found.narrow), ("threePane", lambda: not found.overlays)):
        edge = round(tokens.number(f"layout.breakpoints.{token}"))
        states = []
        for width in (edge - 1, edge):
            b.on.shell.resize(width, size.height())
            states.append(seen())
        b.say(f"layout.breakpoints.{token}", [False, True], states, f"at {edge - 1} and {edge}")
    b.on.shell.resize(size)
    for token, by in (("min", -1000.0), ("max", 1000.0)):
        found.grip.moved.emit(by)
        b.size(f"layout.sidebar.{token}", found.sidebar_width, f"drawn by {by:g}")
    b.on.shell.resize(760, size.height())
    page = b.widgets(ConversationPage)[0]
    b.size("layout.conversationMin", page.width(), "beside the widest sidebar")
    b.on.shell.resize(size)
    found.grip.moved.emit(-1000.0)
    found.grip.moved.emit(40.0)
    hint = b.on.shell.sizeHint()
    b.say("layout.window.default", tokens.numbers("layout.window.default"), (hint.width(), hint.height()), "asked for")


def details(b: Board) -> None:
    colors = b.theme.palette
    pane = b.shapes("DetailsPane", colors.background)[0].box
    b.size("layout.details", pane.width(), "details")
    on = b.shapes("IconButton", colors.selected)[0].box
    b.size("hit.icon", on.width(), "icon button that is on")
    b.size("radius.control", b.radius(on, 8), "icon button", off=0.8)
    tile = b.shapes("Tile", colors.field_fill)[0].box
    b.size("radius.controlLarge", b.radius(tile, 10), "tile", off=0.8)
    b.size("space.4", b.shapes("Tile", colors.field_fill)[1].box.left() - tile.right(), "between tiles", off=1)
    chosen = b.shapes("PinnedButton", colors.selected)[0].box
    b.size("radius.group", b.radius(chosen, 12), "chosen pinned conversation", off=0.8)


def row(b: Board) -> None:
    """A chosen row, and the composer with words in it."""
    colors = b.theme.palette
    chosen = next(each for each in b.shapes("QWidget", colors.selected) if each.box.height() > 40).box
    b.size("layout.rowInset", chosen.left(), "row")
    b.size("layout.row", chosen.height(), "chosen row")
    b.size("radius.row", b.radius(chosen, 10), "chosen row", off=0.8)
    send = next(each for each in b.shapes("RoundButton") if each.fill == colors.blue_fill).box
    b.size("hit.composer", send.width(), "Send")


def findings(b: Board) -> None:
    b.size("layout.findBar", b.widgets(FindBar)[0].height(), "find bar")
    colors = b.theme.palette
    dot = [each for each in b.shapes("QWidget", colors.unread_dot) if abs(each.box.width() - each.box.height()) < 0.1]
    b.size("layout.unreadDot", min(each.box.width() for each in dot), "marked as unread")
    line = next(each for each in b.shapes("QWidget") if each.fill and 0.2 < each.fill.alphaF() < 0.5)
    b.size("bubble.newDivider.line", line.box.height(), "line above what is new")
    b.size("bubble.newDivider.opacity", round(line.fill.alphaF(), 2) if line.fill else 0, "line", off=0.01)


def answers(b: Board) -> None:
    """Quote, reaction, emoji alone, and the dots."""
    colors = b.theme.palette
    view = b.widgets(ConversationPage)[0].view
    port = b.place(view.viewport())
    shown = {each.row.words[:14]: each for each in view._scene.shown}
    answer = shown["Packed"]
    quote = answer.row.quote
    if quote is not None:
        area = b.inside(view.viewport(), QRectF(quote.area.translated(0, answer.top)))
        words = b.texts("And the flask?")[-1]
        bar = next(
            each
            for each in b.shapes("QWidget")
            if each.box.left() == area.left() and each.box.width() < 5 and each.box.top() >= area.top() - 2
        )
        b.size("bubble.quote.bar", bar.box.width(), "quote")
        b.size("bubble.quote.inset", words.left - bar.box.right(), "quote")
        b.size("bubble.quote.text", words.size, "quote")
        b.size("bubble.quote.line", area.height() / 2, "quote")
        below = port.top() + answer.top + answer.row.words_at.y() - area.bottom()
        b.size("bubble.quote.gapBelow", below, "quote")
    asked = shown["And the flask?"]
    pill = asked.row.pill
    if pill is not None:
        b.size("bubble.tapback.height", pill.area.height(), "reaction")
        b.size("bubble.tapback.overlapTop", asked.row.bubble.top() - pill.area.top(), "reaction")
        over = pill.area.right() - asked.row.bubble.right()
        b.size("bubble.tapback.overlapSide", over, "reaction")
        on_it = b.inside(view.viewport(), QRectF(pill.area.translated(0, asked.top)))
        count = next(each for each in b.texts("2") if on_it.contains(each.box.center()))
        b.size("bubble.tapback.count", count.size, "reaction of two")
        above = view._scene.shown[view._scene.shown.index(asked) - 1]
        gap = asked.top + asked.row.bubble.top() - above.bottom
        b.size("bubble.gapWithTapback", gap, "above a reaction")
    b.size("bubble.minWidth", shown["I"].row.bubble.width(), "one letter")
    alone = b.texts("🎉")[-1]
    b.size("type.emojiOnly.count1to3", alone.size, "emoji alone")
    b.size("type.emojiOnly.line", shown["🎉"].row.bubble.height(), "emoji alone")
    dots = [
        each
        for each in b.shapes("QWidget")
        if each.fill and each.fill.rgb() == colors.text_tertiary.rgb() and 5 < each.box.width() < 9
    ]
    dots.sort(key=lambda each: each.box.left())
    b.size("bubble.typingDots.size", dots[0].box.width(), "dots")
    b.size("bubble.typingDots.gap", dots[1].box.left() - dots[0].box.right(), "dots")


def narrow(b: Board) -> None:
    view = b.widgets(ConversationPage)[0].view
    inside = view.viewport().width() - 2 * b.theme.size("bubble.columnPaddingNarrow")
    b.size("bubble.columnPaddingNarrow", view._scene.column.padding, "column", wanted=14)
    b.size("bubble.maxWidthOnePane", view._scene.column.widest, "column", wanted=int(0.8 * inside) / b.theme.scale)


def settings(b: Board) -> None:
    size = b.root.size()
    b.say("layout.settings", tokens.numbers("layout.settings"), (size.width(), size.height()), "dialog")
    b.size("layout.settingsNav", b.widgets(Navigation)[0].width(), "pages")
    card = b.shapes("Card")[0].outer
    b.size("radius.group", b.straight(card), "card", off=1)
    b.type("body", b.texts("", "Choice")[0])
    choice = b.shapes("Choice")[0].outer
    b.size("hit.button", choice.height(), "menu button")
    b.size("radius.control", b.straight(choice), "menu button", off=1)


def first_run(b: Board) -> None:
    size = b.root.size()
    b.say("layout.firstRun", tokens.numbers("layout.firstRun"), (size.width(), size.height()), "window")
    least = b.root.minimumSize()
    b.say("layout.window.minimum", tokens.numbers("layout.window.minimum"), (least.width(), least.height()), "window")
    b.size("layout.firstRunArt", b.shapes("Art", shaded=True)[0].box.width(), "art")


def welcome(b: Board) -> None:
    first_run(b)
    b.type("display", b.texts("Welcome to")[0])
    b.tracking("display", b.texts("Welcome to")[0])
    go = b.shapes("Button", b.theme.palette.blue_fill)[0].box
    b.size("hit.buttonLarge", go.height(), "Get Started")
    b.size("radius.controlLarge", b.radius(go, 10), "Get Started", off=0.8)


def person(b: Board) -> None:
    first_run(b)
    b.type("title", b.texts("What’s your")[0])
    b.tracking("title", b.texts("What’s your")[0])


def verify(b: Board) -> None:
    card = b.shapes("VerifyDialog", b.theme.palette.raised)[0].box
    b.size("radius.dialog", b.radius(card, 14), "dialog", off=1)
    number = b.shapes("_Number", b.theme.palette.field_fill)[0].box
    b.size("radius.popover", b.radius(number, 12), "safety number", off=0.8)
    scrim = b.theme.palette.scrim
    under = b.theme.palette.sidebar
    wanted = [
        round(s * scrim.alphaF() + u * (1 - scrim.alphaF())) for s, u in zip(parts(scrim), parts(under), strict=True)
    ]
    got = b.pixel(6, b.root.height() - 6)
    near = all(abs(w - g) <= 2 for w, g in zip(wanted, parts(got), strict=True))
    said = QColor(*wanted).name()
    b.say(f"color.{b.mode}.scrim", said, said if near else got.name(), "over the sidebar")


def suggestions(b: Board) -> None:
    card = b.shapes("Suggestions", b.theme.palette.raised)[0].box
    b.size("radius.popover", b.straight(card), "suggestions", off=1)  # its shadow is no one ground for b.radius


def controls(b: Board) -> None:
    colors = b.theme.palette
    button = next(each for each in b.shapes("Button", colors.blue_fill)).box
    b.size("hit.button", button.height(), "button")
    b.size("radius.control", b.radius(button, 8), "button", off=0.8)
    b.type("control", b.texts("Secondary", "Button")[0])
    b.type("control", b.texts("Primary", "Button")[0], weight="primaryWeight")
    icon = next(each for each in b.root.findChildren(QWidget) if each.accessibleName() == "Find")
    b.size("hit.icon", icon.width(), "icon button")
    emoji = next(each for each in b.root.findChildren(QWidget) if each.accessibleName() == "Send")
    b.size("hit.composer", emoji.width(), "Send")
    toast = b.shapes("Toast", colors.toast_fill)[0].box
    b.size("layout.toast", toast.height(), "toast")
    x, y = round(button.center().x()), round(button.top()) - 1
    away = b.run(QPoint(x, y), -DOWN, b.pixel(x, y))
    b.size("focusRing.offset", away, "pixels between button and ring")
    ring = b.pixel(x, y - away)
    b.size("focusRing.width", b.run(QPoint(x, y - away), -DOWN, colors.focus), "pixels of the ring")
    wanted = color(str(tokens.value(f"color.{b.mode}.{tokens.text('focusRing.color')}"))).name()
    b.say("focusRing.color", wanted, ring.name(), "ring")


MEASURES: Mapping[str, tuple[Callable[[Board], None], ...]] = {
    "01-main-text": (sidebar, conversation, distances.sidebar, distances.header, distances.composer, panes),
    "05-main-undelivered": (distances.failure, offline),
    "06-sms": (distances.green, green, distances.header, distances.composer),
    "07-welcome": (welcome,),
    "07b-choose": (first_run, distances.choose),
    "08-sign-in": (person,),
    "10-keychain": (first_run,),
    "11-empty-main": (distances.nobody,),
    "12-details-person": (details, distances.details),
    "15-own-message-menu": (distances.menu,),
    "18-new-message": (suggestions,),
    "19-search": (distances.results,),
    "20-settings-general": (settings, distances.settings),
    "23-settings-privacy": (distances.settings,),
    "26-settings-account": (distances.settings,),
    "26b-hosting": (distances.settings,),
    "31-narrow-list": (distances.sidebar,),
    "32-narrow-chat": (narrow,),
    "33-large-text-chat": (narrow,),
    "34-large-text-list": (distances.rows,),
    "35-verify": (verify, distances.dialog),
    "36-high-contrast": (distances.contrast,),
    "40-spec-bubbles": (by_drawing.bubbles,),
    "41-spec-components": (by_drawing.components,),
    "bubbles": (answers,),
    "unread": (findings,),
    "draft": (row, distances.composer),
    "request": (distances.request,),
    "sign-out": (distances.question,),
    "controls": (controls,),
    "01-mirrored": (sidebar, conversation, distances.sidebar, distances.header, distances.composer),
    "05-mirrored": (distances.failure, distances.header, offline),
    "06-mirrored": (distances.green, green, distances.header, distances.composer),
    "01-long-names": (distances.sidebar, distances.header, distances.composer),
    "12-long-names": (details, distances.details, distances.long_details),
    "41-strong": (distances.strong,),
    "32-long-names": (narrow, distances.header),
    "35-long-names": (verify, distances.long_title),
}
