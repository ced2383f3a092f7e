"""The anchor: what is on the screen stays where it is, whatever comes, goes or changes its size."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint

from app.client import diffs
from app.domain import delivery
from app.domain.bearer import Bearer
from app.ui.conversation import accessible
from app.ui.conversation.scene import Scene
from app.ui.conversation.selection import Place, Selection
from tests.parts.examples import examples
from tests.ui.conversation.conftest import Fill
from tests.ui.conversation.figures import BOB, FIRST, LAST, ME, MIDDLE, NOW, Maker, many

TAIL = 12


def tops(scene: Scene) -> dict[int, int]:
    """Where the bubbles on the screen are."""
    return {shown.row.key: shown.top + shown.row.bubble.top() for shown in scene.shown}


def check(scene: Scene) -> None:
    """Rows follow one another without gaps, all that fit are there, and no end of the list leaves a hole."""
    shown = scene.shown
    if not shown:
        return
    for above, below in pairwise(shown):
        assert above.bottom == below.top and above.index + 1 == below.index
    assert shown[0].top <= 0 or shown[0].index == 0
    assert shown[-1].bottom >= scene.height - TAIL or shown[-1].index == len(scene.window) - 1
    whole = sum(row.lay(scene.column) for row in scene.window.rows) + TAIL + scene.course.head
    if whole >= scene.height:
        assert shown[-1].bottom + TAIL >= scene.height
        assert shown[0].top <= scene.course.head


def test_a_conversation_opens_at_its_end(fill: Fill) -> None:
    scene = fill(many(100))
    check(scene)
    assert scene.at_end
    assert scene.shown[-1].bottom == scene.height - TAIL


def test_a_short_conversation_stands_at_the_bottom(fill: Fill) -> None:
    scene = fill(many(3))
    assert scene.shown[0].top > 0
    assert scene.shown[-1].bottom == scene.height - TAIL
    scene.scroll(300)
    assert scene.shown[-1].bottom == scene.height - TAIL


def test_older_messages_move_nothing(fill: Fill) -> None:
    items = many(160)
    scene = fill(items[100:])
    scene.scroll(500)
    before = tops(scene)
    scene.take((diffs.Inserted(0, tuple(items[:100])),))
    after = tops(scene)
    assert after == before


def test_new_messages_move_nothing_while_one_reads_above(fill: Fill) -> None:
    items = many(120)
    scene = fill(items[:100])
    scene.scroll(700)
    before = tops(scene)
    scene.take((diffs.Inserted(100, tuple(items[100:])),))
    assert tops(scene) == before
    assert not scene.at_end


def test_at_the_end_new_messages_push_the_others_up(fill: Fill) -> None:
    items = many(120)
    scene = fill(items[:119])
    scene.take((diffs.Inserted(119, tuple(items[119:])),))
    assert scene.at_end
    assert scene.shown[-1].row.key == items[-1].row


def test_a_status_that_moves_on_keeps_the_end_in_place(fill: Fill) -> None:
    maker = Maker()
    for number in range(30):
        maker.say(f"words {number}", own=True, status=delivery.Status.READ)
    scene = fill(maker.made)
    last = maker.made[-1]
    maker.count = last.row - 1
    changed = maker.say("words 29", own=True, status=delivery.Status.FAILED, reason=delivery.Reason.GAVE_UP)
    scene.take((diffs.Replaced(29, changed),))
    assert scene.shown[-1].bottom == scene.height - TAIL
    assert scene.shown[-1].row.mark is not None


def test_a_new_width_keeps_the_message_at_the_top(fill: Fill) -> None:
    maker = Maker()
    for number in range(80):
        maker.say(f"{number} " + "words that need several lines " * (number % 7))
    scene = fill(maker.made)
    scene.scroll(900)
    key, top = scene.course.key, scene.course.top
    scene.fit(320, 400)
    assert (scene.course.key, scene.course.top) == (key, top)
    check(scene)


Step = tuple[str, int]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["scroll", "newer", "older", "remove", "size", "end", "jump"]), st.integers(-900, 900)
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_screen_has_no_holes(fill: Fill, steps: Sequence[Step]) -> None:
    items = many(200)
    low, high = 80, 120
    scene = fill(items[low:high])
    scene.fit(600, 400)
    present = list(items[low:high])
    for what, size in steps:
        if what == "scroll":
            scene.scroll(size)
        elif what == "newer" and high < 200:
            scene.take((diffs.Inserted(len(present), tuple(items[high : high + 10])),))
            present += items[high : high + 10]
            high += 10
        elif what == "older" and low:
            scene.take((diffs.Inserted(0, tuple(items[low - 10 : low])),))
            present[:0] = items[low - 10 : low]
            low -= 10
        elif what == "remove" and len(present) > 5:
            at = size % (len(present) - 4)
            scene.take((diffs.Removed(at, 3),))
            del present[at : at + 3]
        elif what == "size":
            scene.fit(300 + abs(size), 200 + abs(size) // 2)
        elif what == "end":
            scene.course.stick = True
            scene.walk()
        elif what == "jump":
            scene.show_row(present[size % len(present)].row)
        assert [row.key for row in scene.window.rows] == [item.row for item in present]
        check(scene)


def test_a_selection_across_bubbles(fill: Fill) -> None:
    maker = Maker()
    maker.say("first words")
    maker.say("second 😀 words", own=True)
    maker.say("taken back", gone=True)
    maker.say("last words")
    scene = fill(maker.made)
    scene.select(Selection(Place(4, 4), Place(1, 6)))
    assert scene.selected_words() == "words\nsecond 😀 words\nlast"
    scene.select(Selection(Place(2, 7), Place(2, 9)))
    assert scene.selected_words() == "😀"
    scene.take((diffs.Removed(1, 1),))
    assert scene.selection is None


def test_a_message_selected_whole_gives_also_what_is_not_shown(fill: Fill) -> None:
    maker = Maker()
    words = "abc\u202edef\n" + "x" * 9_000
    maker.say(words)
    scene = fill(maker.made)
    scene.select(Selection(Place(1, 0), Place(1, 10**9)))
    assert scene.selected_words() == words
    scene.select(Selection(Place(1, 0), Place(1, 6)))
    assert scene.selected_words() == "abcdef"


def test_what_was_said_about_a_message_and_did_not_arrive_is_said_and_can_be_tried_again(fill: Fill) -> None:
    maker, read = Maker(), delivery.Status.READ
    maker.say("a", own=True, status=read, edited=True, undelivered="edit")
    maker.say("b", own=True, status=read, gone=True, undelivered="retraction")
    maker.say("c", reactions=[("👍", [ME])], undelivered="reaction")
    maker.say("d", own=True, status=delivery.Status.FAILED, undelivered="edit")
    scene = fill(maker.made)
    lines = [row.place.line for row in scene.window.rows]
    assert [line.words if line else "" for line in lines] == [
        "Edit Not Delivered",
        "Not Unsent",
        "Reaction Not Delivered",
        "Not Delivered",
    ]
    for row in scene.window.rows:
        assert "Retry" in accessible.offered(row, NOW)
        assert "retry" in [spot.part.act for spot in row.spots]
        retry = next(spot for spot in row.spots if spot.part.act == "retry")
        assert row.hit(retry.area.center()) == "retry"
    assert "Delete" not in accessible.offered(scene.window.rows[0], NOW)
    gone = scene.window.rows[1]
    assert scene.wording.sentence(gone.item, gone.place.line) == "You unsent a message. Not Unsent."


def test_status_stands_under_the_newest_of_each_state_and_every_failure(fill: Fill) -> None:
    maker, status = Maker(), delivery.Status
    maker.say("a", own=True, status=status.READ, read_at=maker.at)
    maker.say("b", own=True, status=status.FAILED, reason=delivery.Reason.GAVE_UP)
    maker.say("c", own=True, status=status.READ, read_at=maker.at + 60_000)
    maker.say("d", own=True, status=status.DELIVERED)
    maker.say("e", own=True, status=status.DELIVERED)
    maker.say("f", own=True, status=status.FAILED, reason=delivery.Reason.BLOCKED)
    maker.say("g", own=True, status=status.SENT)
    maker.say("h", own=True, status=status.SENDING)
    maker.say("i", own=True, status=status.QUEUED)
    scene = fill(maker.made)
    lines = [row.place.line.words if row.place.line else "" for row in scene.window.rows]
    assert lines == ["", "Not Delivered", "Read 8:44", "", "Delivered", "Not Delivered", "Sent", "", "Sending…"]
    acts = [[part.act for part in row.place.line.parts if part.act] for row in scene.window.rows if row.place.line]
    assert acts == [["retry", "delete"], [], [], ["delete"], [], []]
    scene.online = False
    scene.window.arrange(newest=True, online=False)
    assert scene.window.rows[-1].place.line is not None
    assert scene.window.rows[-1].place.line.words == "Waiting for network…"
    scene.window.arrange(newest=False, online=True)
    assert [bool(row.place.line) for row in scene.window.rows].count(True) == 2


def test_the_sentence_says_it_all(fill: Fill) -> None:
    maker = Maker(at=figures_at(9, 39))
    maker.say("See you at the weir", own=True, status=delivery.Status.READ, read_at=figures_at(9, 41))
    maker.say("Fine!", reactions=[("👍", (ME, BOB))], edited=True)
    maker.say("", gone=True)
    scene = fill(maker.made)
    said = [scene.wording.sentence(row.item, row.place.line) for row in scene.window.rows]
    assert said == [
        "You: See you at the weir. Encrypted. Read 9:41.",
        "Bob Bright: Fine! Encrypted. 9:41. Edited. Reactions: 👍 2. One is yours.",
        "Bob unsent a message.",
    ]


def figures_at(hour: int, minute: int) -> int:
    """That time of the day on which the figures stand."""
    return NOW - (9 * 60 + 41 - hour * 60 - minute) * 60_000


@pytest.mark.parametrize("mirrored", [False, True])
def test_own_messages_stand_on_the_far_side(fill: Fill, mirrored: bool) -> None:
    maker = Maker()
    maker.say("theirs")
    maker.say("mine", own=True)
    scene = fill(maker.made)
    scene.mirrored = mirrored
    scene.window.forget()
    scene.fit(600, 400)
    theirs, mine = (row.bubble for row in scene.window.rows)
    left, right = (mine, theirs) if mirrored else (theirs, mine)
    assert left.left() == 20 and right.right() + 1 == 600 - 20


def test_what_is_pressed_is_what_is_there(fill: Fill) -> None:
    maker = Maker()
    maker.say("see https://example.com/a now")
    maker.say("no", own=True, status=delivery.Status.FAILED, reason=delivery.Reason.GAVE_UP)
    scene = fill(maker.made)
    row = scene.window.rows[1]
    found = {row.hit(spot.area.center()) for spot in row.spots}
    assert found == {None, "retry", "delete"}
    link = scene.window.rows[0]
    assert link.laid is not None
    inside = link.words_at + QPoint(link.laid.area(10).center())
    hit = link.hit(inside)
    assert getattr(hit, "url", "") == "https://example.com/a"
    assert link.hit(link.words_at + QPoint(2, 10)) is None


def test_a_text_from_a_phone_is_marked_once_for_a_run_and_heard_for_each(fill: Fill) -> None:
    maker = Maker()
    maker.say("encrypted")
    maker.say("one", position=FIRST, bearer=Bearer.TEXT)
    maker.say("two …", position=MIDDLE, bearer=Bearer.TEXT, incomplete=True)
    maker.say("three", position=LAST, bearer=Bearer.TEXT)
    maker.say("back", own=True, bearer=Bearer.TEXT)
    scene = fill(maker.made)
    rows, mark = scene.window.rows, "Text message · sender not proven"
    lacks = f"{mark} · Part of this text did not arrive"
    assert [row.place.line.words if row.place.line else "" for row in rows] == ["", "", lacks, mark, ""]
    assert [row.place.joins_below for row in rows[1:4]] == [True, False, False]
    said = [scene.wording.sentence(row.item, row.place.line) for row in rows]
    way = "Text message, sender not proven. "
    assert [each.partition(": ")[2] for each in said] == [
        "encrypted. Encrypted. 8:42.",
        f"one. {way}8:43.",
        f"two … {way}8:44. Part of this text did not arrive.",
        f"three. {way}8:45.",
        "back. Text message. 8:46.",
    ]
