"""What is measured on the design's own two drawings: our shapes pixel by pixel, and how large each control is."""

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage

from app.ui import tokens
from tests.screens import drawings
from tests.screens.beside import mockup
from tests.screens.board import Board, parts

DOWN = QPoint(0, 1)


def bubbles(b: Board) -> None:
    """Corners and beaks beside those of the design's own drawing, pixel by pixel, at 4 and 2 times their size."""
    theirs = mockup(f"40-spec-bubbles-{b.mode}")
    round_, joined = tokens.number("radius.bubble"), tokens.number("radius.bubbleJoined")
    wide, high = tokens.number("bubble.tail.width"), tokens.number("bubble.tail.height")
    for place, beak, token in (
        (drawings.ALONE, True, "bubble.tail.pathOutgoing"),
        (drawings.OWN[0], False, "bubble.corners.outerFirst"),
        (drawings.OWN[1], False, "bubble.corners.outerMiddle"),
        (drawings.OWN[2], True, "bubble.corners.outerLast"),
        (drawings.THEIRS[0], False, "bubble.corners.innerAlways"),
        (drawings.THEIRS[1], True, "bubble.tail.pathIncoming"),
    ):
        times, left, top, across, down = place
        own = place in (drawings.ALONE, *drawings.OWN)
        whole = QRect(left, top, across * times, down * times)
        reach = round(round_ * times)
        outer = QRect(0, 0, round((wide + 1 if beak else joined) * times), round((high if beak else joined) * times))
        outer.moveBottom(whole.bottom())
        outer.moveLeft(whole.right() - outer.width() + round(wide * times) + 1 if own and beak else whole.left())
        if own and not beak:
            outer.moveRight(whole.right())
        if not own and beak:
            outer.moveLeft(whole.left() - round(wide * times))
        inner = QRect(0, 0, reach, reach)
        inner.moveBottomLeft(whole.bottomLeft()) if own else inner.moveBottomRight(whole.bottomRight())
        off = max(unlike(b.picture, theirs, area) for area in (outer, inner))
        b.say(token, "the same pixels", "the same pixels" if off <= 0.01 else f"{off:.1%} others", f"drawn at {times}x")
    for left, name in zip(drawings.FILLS, ("Blue", "Green"), strict=False):
        for y, end in ((566, "Top"), (681, "Bottom")):
            one, two = b.pixel(left + 35, y), theirs.pixelColor(left + 35, y)
            near = all(abs(x - z) <= 2 for x, z in zip(parts(one), parts(two), strict=True))
            b.say(f"color.{b.mode}.bubble{name}{end}", two.name(), two.name() if near else one.name(), "drawn fill")


def unlike(ours: QImage, theirs: QImage, area: QRect) -> float:
    """The share of pixels that are neither ground in both nor filled in both, but for the soft edge."""
    pixels = [(x, y) for x in range(area.left(), area.right() + 1) for y in range(area.top(), area.bottom() + 1)]
    far = sum(
        max(
            abs(one - two)
            for one, two in zip(parts(ours.pixelColor(x, y)), parts(theirs.pixelColor(x, y)), strict=True)
        )
        > 40
        for x, y in pixels
    )
    return far / len(pixels)


def components(b: Board) -> None:
    """Every control of the design's drawing: how large it is there, and that ours is as large."""
    colors = b.theme.palette
    for button in b.shapes("Button"):
        if button.box.top() < 110 and button.edge != colors.focus:
            b.size("hit.button", button.outer.height(), "push button")
    rests = [each.box for each in b.shapes("Button", colors.blue_fill)]
    b.size("radius.control", b.radius(rests[0], 8), "push button", off=0.8)
    b.say(
        f"color.{b.mode}.bluePressed",
        colors.blue_pressed.name(),
        b.pixel(205 + 6, 70 + 16).name(),
        "button that is pressed",
    )
    over = 286 + 3, 502 + 32
    b.say(f"color.{b.mode}.hover", colors.hover.name(), b.pixel(*over).name(), "row under the pointer")
    b.size("hit.icon", b.shapes("IconButton", colors.selected)[0].box.height(), "icon button that is on")
    fab = next(each for each in b.shapes("EndButton") if each.fill == colors.raised).box
    b.size("layout.scrollButton", fab.width(), "button to the newest message")
    b.size("layout.pill", b.shapes("Pill", colors.blue_fill)[0].box.height(), "pill that is on")
    for tag in b.shapes("Components", colors.amber_tint):
        b.size("type.tag.line", tag.box.height(), "tag")
        b.size("radius.tag", b.radius(tag.box, 4), "tag", off=0.8)
    chosen = b.shapes("Components", colors.selected)[0].box
    b.size("layout.row", chosen.height(), "row that is chosen")
    b.size("radius.row", b.radius(chosen, 10), "row that is chosen", off=0.8)
    rows = [each for each in b.shapes("Components", shaded=True) if each.box.top() > 500]
    b.size("layout.rowAvatar", rows[0].box.width(), "avatar of a row")
    b.size("layout.rowPadding", rows[0].box.left() - 28, "before the avatar")
    b.type("name", b.texts("Jonas Lind")[0])
    b.type("preview", b.texts("See you there")[0])
    b.size("space.6", b.texts("Jonas Lind")[0].left - rows[0].box.right(), "between avatar and words", off=1)
    focus, edge = colors.focus, QPoint(802 + 118, 502)
    b.size("focusRing.width", b.run(edge, DOWN, focus), "row with the keyboard, inside it")
    b.say("focusRing.insetOnRows", True, b.pixel(edge.x(), edge.y() - 1) != focus, "row with the keyboard")
    field = b.shapes("FieldFrame")[0].outer
    b.size("layout.composerField", field.height(), "empty composer")
    grown = b.shapes("FieldFrame")[-1].outer
    b.size("layout.composerField", grown.height(), "composer with a line and how it goes", wanted=57, off=1)
    send = [each.box for each in b.shapes("RoundButton", colors.blue_fill)]
    b.size("hit.composer", send[0].height(), "Send")
    b.type("status", b.texts("Sent", "Components")[0])
