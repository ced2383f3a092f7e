"""The view over a real store: opening, paging, jumping, keys, pointer, and what a screen reader hears."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import shiboken6
from msgspec.structs import replace
from PySide6.QtCore import QAbstractAnimation, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QWheelEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.client.timeline import AtOrder, AtRow, Start
from app.common import errors, ids
from app.content import base, text
from app.domain import delivery
from app.storage import messages
from app.storage.messages import Message
from app.storage.transaction import View
from app.ui.conversation.view import BubbleView
from app.ui.desk import Desk
from app.ui.widgets.menu import DANGER, ICON
from tests.parts.waiting import until
from tests.parts.window import DAY, HOUR, MINUTE, NOW, Furniture, person_of

LEO, MAYA, SAM = "Leo Brandt", "Maya Okafor", "Sam Whitlock"


@pytest_asyncio.fixture
async def view(desk: Desk) -> AsyncIterator[BubbleView]:
    made = BubbleView(desk)
    made.resize(620, 420)
    made.show()
    yield made
    await made.close_timeline()
    made.hide()
    made.deleteLater()


async def turn() -> None:
    """A few turns of Qt's loop; processing its events inside of a task would let other tasks fail."""
    for _ in range(5):
        await asyncio.sleep(0)


def words(view: BubbleView) -> list[str]:
    """What is on the screen."""
    return [shown.row.item.record.words for shown in view._scene.shown]


async def settle(view: BubbleView) -> None:
    """Let everything that was published reach the view."""
    assert view._feed._timeline is not None
    await view._feed._timeline.settle()
    await turn()


async def fill(desk: Desk, count: int, name: str = MAYA) -> list[int]:
    put = Furniture(desk.messenger)
    return [await put.say(name, f"line {number}", NOW + number * MINUTE) for number in range(count)]


def key(view: BubbleView, pressed: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(view, pressed, held)


def middle(view: BubbleView, row: int) -> QPoint:
    return view._scene.area(row).center()


async def test_the_way_to_the_end_lays_out_no_more_than_it_needs(desk: Desk, view: BubbleView) -> None:
    first, *_ = await fill(desk, 100)
    await view.open(person_of(MAYA), AtRow(first))
    await until(lambda: view._scene.ends)  # the page below is there
    assert words(view)[-1] != "line 99"
    view._scene.window.forget()
    view._scene.walk()
    key(view, Qt.Key.Key_End)
    await until(lambda: words(view)[-1] == "line 99")
    laid = [row for row in view._scene.window.rows if row.column is view._scene.column]
    assert len(words(view)) < len(laid) < 60


async def test_it_opens_at_the_end_of_what_was_read(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    assert words(view)[-1] == "Perfect. See you at the weir"
    assert view._scene.at_end


async def test_it_opens_at_the_first_unread_message(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 1)
    await desk.messenger.conversations.mark_read(person_of(MAYA))
    put = Furniture(desk.messenger)
    for number in range(60):
        await put.say(MAYA, f"unread {number}", NOW + HOUR + number * MINUTE)
    await view.open(person_of(MAYA))
    assert "unread 0" in words(view)
    first = next(row for row in view._scene.window.rows if row.item.unread)
    assert first.unread == "60 new messages"
    assert not view._scene.at_end
    await view.open(person_of(MAYA), Start.NEWEST)
    assert words(view)[-1] == "unread 59"


async def test_it_follows_what_comes_and_stays_at_the_end(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    await fill(desk, 3)
    await settle(view)
    assert words(view)[-1] == "line 2"
    assert not view._end.isVisible()


async def test_reading_above_nothing_jumps_and_a_button_counts(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 40)
    await view.open(person_of(MAYA), Start.NEWEST)
    changed = QSignalSpy(view.at_end_changed)
    wheel(view, 120 * 10)
    before = words(view)
    assert changed.at(0) == [False]
    put = Furniture(desk.messenger)
    for number in range(2):
        await put.say(MAYA, f"later {number}", NOW + DAY + number * MINUTE)
    await settle(view)
    assert words(view) == before
    assert view._end.isVisible()
    assert view._end.count == 2
    assert view._end.accessibleDescription() == "2 new messages"
    view._end.click()
    assert view._scene.at_end
    assert not view._end.isVisible()


def wheel(view: BubbleView, by: int) -> None:
    event = QWheelEvent(
        QPointF(200, 200),
        QPointF(200, 200),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


async def test_own_words_bring_one_back_to_the_end(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 40)
    await view.open(person_of(MAYA), Start.NEWEST)
    wheel(view, 2_000)
    await desk.messenger.sending.send(person_of(MAYA), text.Text("an answer"))
    await settle(view)
    assert words(view)[-1] == "an answer"
    line = view._scene.window.rows[-1].place.line
    assert line is not None and line.words == "Waiting for network…"


async def test_pages_come_as_one_scrolls(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 320)
    await view.open(person_of(MAYA), Start.NEWEST)
    assert view._scene.shown[0].index > 0  # at first no more than fills the screen
    assert len(view._scene.window) < 50
    for _ in range(400):
        wheel(view, 1_200)
        await turn()
        assert view._feed._timeline is not None
        await view._feed._timeline.settle()
        if view._scene.shown[0].index == 0 and view._feed._timeline.at_beginning:
            break
    assert words(view)[0].startswith("The one by Old Mill Weir")


async def test_pages_that_come_below_are_nothing_new(desk: Desk, view: BubbleView) -> None:
    put = Furniture(desk.messenger)
    rows = [
        await put.say(MAYA, f"line {number}", NOW + number * MINUTE, own_words=number % 2 == 0) for number in range(400)
    ]
    await view.open(person_of(MAYA), Start.NEWEST)
    assert view._feed.ordinals is not None
    await view._feed.ordinals.build()
    total = view._feed.ordinals.total
    await view.jump(AtRow(rows[100]))
    top = view._scene.area(rows[100]).top()
    for _ in range(40):  # all the pages that come by themselves
        view.viewport().repaint()
        await settle(view)
    assert view._scene.window.index(rows[150]) > 0
    assert view._scene.area(rows[100]).top() == top
    for _ in range(300):
        wheel(view, -600)
        await settle(view)
        if view._scene.ends:
            break
    assert rows[399] not in [shown.row.key for shown in view._scene.shown]  # the last page is there, not yet seen
    assert view._feed.ordinals.total == total
    assert view._end.count == 0  # nor is there any news


async def test_a_jump_fills_even_a_high_screen_at_once(desk: Desk, view: BubbleView) -> None:
    rows = await fill(desk, 300)
    view.resize(620, 1_900)
    await view.open(person_of(MAYA), Start.NEWEST)
    assert view._scene.shown[0].top <= 0
    await view.jump(AtRow(rows[100]))
    shown = view._scene.shown
    assert shown[0].top <= 0
    assert shown[-1].bottom >= view._scene.height
    assert 0.25 < view._scene.area(rows[100]).top() / view._scene.height < 0.35


async def test_who_comes_back_finds_what_was_on_the_screen_laid_out(desk: Desk, view: BubbleView) -> None:
    rows = await fill(desk, 300)
    await view.open(person_of(MAYA), Start.NEWEST)
    last = view._scene.window.rows[-1]
    await view.jump(AtRow(rows[20]))
    assert view._scene.window.get(last.key) is None
    await view.jump(Start.NEWEST)
    assert view._scene.window.rows[-1] is last
    assert last.column is view._scene.column
    await view.jump(AtRow(rows[20]))
    await desk.messenger.database.write(lambda tx: messages.retract(tx, last.key))
    await view.jump(Start.NEWEST)
    assert view._scene.window.rows[-1].item.shown.retracted


async def test_jumps_to_a_hit_a_date_and_nowhere(desk: Desk, view: BubbleView) -> None:
    rows = await fill(desk, 300)
    await view.open(person_of(MAYA), Start.NEWEST)
    await view.jump(AtRow(rows[20]), "line 20")
    assert "line 20" in words(view)
    row = view._scene.window.get(rows[20])
    assert row is not None and row.marks == ("line", "20")
    await view.jump(AtOrder(NOW + 150 * MINUTE))
    assert "line 150" in words(view)
    assert row.marks == () or view._scene.window.get(rows[20]) is not row
    with pytest.raises(errors.GiveUp):
        await view.jump(AtRow(10**6))


async def test_the_scroll_bar_spans_messages_not_pixels(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 320)
    await view.open(person_of(MAYA), Start.NEWEST)
    assert view._feed.ordinals is not None
    await view._feed.ordinals.build()
    view._scene.walk()
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert bar.maximum() + bar.pageStep() == (320 + 9) * 64
    bar.setValue(bar.maximum() - 64 * 10)
    assert words(view)[-1] == "line 309" or "line 309" in words(view)


async def test_the_keyboard_walks_by_message(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    view.setFocus()
    replies, pressed = QSignalSpy(view.reply), QSignalSpy(view.details)
    key(view, Qt.Key.Key_Up)
    rows = view._scene.window.rows
    assert view._scene.current == rows[-1].key
    key(view, Qt.Key.Key_Up)
    assert view._scene.current == rows[-2].key
    key(view, Qt.Key.Key_R)
    assert replies.at(0)[0].row == rows[-2].key
    key(view, Qt.Key.Key_Return)
    assert pressed.at(0) == [rows[-2].key]
    key(view, Qt.Key.Key_End)
    assert view._scene.current == rows[-1].key
    key(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Perfect. See you at the weir"


async def test_whoever_goes_to_a_message_is_not_taken_to_the_end_all_the_same(desk: Desk, view: BubbleView) -> None:
    desk.theme.apply(mode="light", contrast="off", motion="off")
    rows = await fill(desk, 60)
    await view.open(person_of(MAYA), AtRow(rows[-25]))
    await until(lambda: view._scene.ends)
    view.to_end()
    glide = view._motion._glide
    assert glide.state() is QAbstractAnimation.State.Running
    await until(lambda: glide.currentValue() > 0)
    view._scene.reveal(rows[-25])
    stood = words(view)
    await until(lambda: glide.state() is not QAbstractAnimation.State.Running)
    assert words(view) == stood
    assert not view._scene.course.stick


async def test_a_view_that_goes_while_it_opens_a_conversation_leaves_nothing(desk: Desk) -> None:
    view, gate = BubbleView(desk), threading.Event()
    held = asyncio.ensure_future(desk.messenger.database.read(lambda _: gate.wait(10)))
    opening = asyncio.ensure_future(view.open(person_of(MAYA)))
    await asyncio.sleep(0)
    await view.close_timeline()
    shiboken6.delete(view)
    opening.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert await held


async def test_very_long_messages_are_not_laid_out_to_glide_past_them(desk: Desk, view: BubbleView) -> None:
    desk.theme.apply(mode="light", contrast="off", motion="off")
    put = Furniture(desk.messenger)
    rows = [await put.say(MAYA, f"{number} " + "w" * 3_000, NOW + number * MINUTE) for number in range(8)]
    await view.open(person_of(MAYA), AtRow(rows[1]))
    await until(lambda: view._scene.ends)
    laid = sum(row.column is not None for row in view._scene.window.rows)
    assert view._to_go() == 0
    assert sum(row.column is not None for row in view._scene.window.rows) - laid < 4
    view.to_end()
    assert view._scene.at_end


async def test_home_goes_to_the_very_first_message(desk: Desk, view: BubbleView) -> None:
    await fill(desk, 300)
    await view.open(person_of(MAYA), Start.NEWEST)
    await view._oldest()
    assert view._scene.shown[0].index == 0
    assert words(view)[0].startswith("The one by Old Mill Weir")


async def test_selecting_with_the_keyboard(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    view.setFocus()
    shift = Qt.KeyboardModifier.ShiftModifier
    key(view, Qt.Key.Key_Up)
    for _ in range(4):
        key(view, Qt.Key.Key_Right, shift)
    assert view._scene.selected_words() == "Perf"
    key(view, Qt.Key.Key_Right, shift | Qt.KeyboardModifier.ControlModifier)
    assert view._scene.selected_words().strip(" .") == "Perfect"
    key(view, Qt.Key.Key_Up, shift)
    key(view, Qt.Key.Key_Up, shift)
    assert view._scene.selected_words() == "And Priya is coming, she’s got the long lens"
    key(view, Qt.Key.Key_Escape)
    assert view._scene.selection is None
    key(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    key(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().count("\n") == len(view._scene.window) - 1


async def test_selecting_with_the_pointer(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    last, above = view._scene.shown[-1], view._scene.shown[-2]
    port = view.viewport()
    start = above.row.words_at + QPoint(0, above.top + 10)
    end = last.row.words_at + QPoint(200, last.top + 10)
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    move(view, start + QPoint(30, 0))
    move(view, end)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)
    assert view._scene.selected_words() == "And Priya is coming, she’s got the long lens\nPerfect. See you at the weir"
    QTest.mouseDClick(port, Qt.MouseButton.LeftButton, pos=start + QPoint(35, 0))
    assert view._scene.selected_words() == "Priya"
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=start + QPoint(35, 0))
    assert view._scene.selected_words() == "And Priya is coming, she’s got the long lens"


def move(view: BubbleView, to: QPoint) -> None:
    from PySide6.QtGui import QMouseEvent

    left = Qt.MouseButton.LeftButton
    where = QPointF(to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, view.mapToGlobal(where), left, left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view.viewport(), event)


async def test_a_failure_offers_its_remedies(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(SAM))
    row = view._scene.window.rows[-1]
    acts = QSignalSpy(view.act)
    for spot in row.spots:
        if spot.part.act:
            at = spot.area.translated(0, view._scene.shown[-1].top).center()
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert [acts.at(number) for number in range(acts.count())] == [[row.key, "retry"], [row.key, "delete"]]
    view.setFocus()
    key(view, Qt.Key.Key_Up)
    key(view, Qt.Key.Key_Space)
    assert acts.at(2) == [row.key, "retry"]


async def test_the_menu_names_what_can_be_done(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(SAM))
    row = view._scene.window.rows[-1]
    view._acting.menu(row, QPoint(10, 10))
    menu = view.findChild(QMenu)
    assert menu is not None
    assert entries(menu) == ["Reply", "Copy", "Details…", "How This Went", "Retry", "Delete"]
    assert [action.property(ICON) for action in menu.actions() if action.text()] == [
        "reply",
        "copy",
        "info",
        "help",
        "retry",
        "trash",
    ]
    assert [action.text() for action in menu.actions() if action.property(DANGER)] == ["Delete\tDel"]
    told = QSignalSpy(view.act)
    menu.actions()[-1].trigger()
    assert told.at(0) == [row.key, "delete"]
    menu.close()
    await view.open(person_of(MAYA))
    view._acting.menu(view._scene.window.rows[0], QPoint(10, 10), "https://example.com")
    menu = view.findChildren(QMenu)[-1]
    assert entries(menu) == ["Reply", "Copy", "Copy Link", "Details…", "Why Blue?"]
    menu.close()
    await Furniture(desk.messenger).say(MAYA, "Se you", desk.now() - 90_000, own_words=True)
    await view.open(person_of(MAYA))
    view._acting.menu(view._scene.window.rows[-1], QPoint(10, 10))
    menu = view.findChildren(QMenu)[-1]
    assert [action.text() for action in menu.actions()][:3] == ["Edit", "Undo Send\t1 min left", "Reply\tR"]
    menu.close()


def entries(menu: QMenu) -> list[str]:
    """The words of a menu, without the keys beside them."""
    return [action.text().partition("\t")[0] for action in menu.actions() if action.text()]


async def test_links_quotes_and_more(desk: Desk, view: BubbleView) -> None:
    put = Furniture(desk.messenger)
    first = await put.say(MAYA, "see https://example.com/a", NOW)
    stored = await desk.messenger.database.read(lambda db: next(iter(_message(db, first))))
    reference = base.Reference(
        bytes(reversed(person_of(MAYA))) * 2, ids.AccountId(stored.author), ids.MessageId(stored.message), b""
    )
    await put.say(MAYA, "", NOW + MINUTE, content=text.Text("an answer", (), reference))
    await put.say(MAYA, "long " * 900, NOW + 2 * MINUTE)
    await view.open(person_of(MAYA), Start.NEWEST)
    view.resize(620, 2_000)
    await turn()
    link, answer, long = view._scene.window.rows[-3:]
    followed = QSignalSpy(view.link)
    assert link.laid is not None and long.laid is not None and answer.quote is not None
    press(view, link.key, link.words_at + link.laid.area(10).center())
    assert followed.at(0) == ["https://example.com/a"]
    press(view, answer.key, answer.quote.area.center())
    before = long.height
    press(view, long.key, long.words_at + QPoint(10, long.laid.height - 5))
    view._acting.do(long, "press")
    assert long.looks == 1 or long.height > before
    view._acting.do(answer, "press")


def _message(db: View, row: int) -> list[Message]:
    found = messages.get(db, row)
    assert found is not None
    return [found]


def press(view: BubbleView, row: int, at: QPoint) -> None:
    shown = next(each for each in view._scene.shown if each.row.key == row)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(0, shown.top))


async def test_what_was_seen_is_told_once_and_only_in_an_active_window(desk: Desk, view: BubbleView) -> None:
    told = QSignalSpy(view.read_upto)
    view.activateWindow()
    await view.open(person_of(LEO), Start.NEWEST)
    await turn()
    assert view.isActiveWindow()
    view._seen._say()
    view._seen._say()
    assert told.count() == 1
    newest = next(row for row in reversed([shown.row for shown in view._scene.shown]) if not row.outgoing)
    assert told.at(0) == [newest.item.record.position]


async def test_who_turns_to_the_window_has_seen_what_stands_there_already(desk: Desk, view: BubbleView) -> None:
    other = QWidget()
    other.show()
    other.activateWindow()
    await view.open(person_of(LEO), Start.NEWEST)
    await turn()
    view.repaint()
    assert not view.isActiveWindow()
    assert not view._seen._timer.isActive()
    view.setUpdatesEnabled(False)  # most systems paint nothing when they hand over the keyboard
    told = QSignalSpy(view.read_upto)
    view.activateWindow()
    await until(lambda: told.count() == 1)
    other.close()
    other.deleteLater()


async def test_what_came_late_is_told_by_itself_once_it_is_on_the_screen(desk: Desk, view: BubbleView) -> None:
    view.activateWindow()
    await view.open(person_of(LEO), Start.NEWEST)
    await turn()
    view._seen._say()
    told = QSignalSpy(view.read_upto)
    received = [shown.row for shown in view._scene.shown if not shown.row.outgoing]
    row, position = received[0], received[0].item.record.position
    row.item = replace(row.item, record=replace(row.item.record, late=True))
    for _ in range(2):
        view._seen._say()
    assert [told.at(number) for number in range(told.count())] == [[position]]


async def test_typing_is_shown_and_keeps_the_end(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    before = view._scene.shown[-1].bottom
    view.set_typing(["Maya"])
    assert view._scene.shown[-1].bottom == before - 46
    view.set_typing([])
    assert view._scene.shown[-1].bottom == before


async def test_another_conversation_replaces_this_one(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    await view.open(person_of(LEO), Start.NEWEST)
    await fill(desk, 1)
    await settle(view)
    assert words(view)[-1] == "Chapter 12 destroyed me"


async def test_screen_readers_get_a_list_of_sentences(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(SAM))
    found = QAccessible.queryAccessibleInterface(view)
    assert found.role() == QAccessible.Role.List
    assert found.text(QAccessible.Text.Name) == "Messages"
    assert found.childCount() == len(view._scene.window)
    item = found.child(0)
    row = view._scene.window.rows[0]
    assert item.role() == QAccessible.Role.ListItem
    assert item.text(QAccessible.Text.Name) == "You: On my way! Encrypted. Not Delivered 6:41."
    assert item.text(QAccessible.Text.Description) == ""
    assert item.text(QAccessible.Text.Identifier) == row.item.shown.message.id.hex()
    assert found.indexOfChild(item) == 0
    assert item.parent().object() is view
    assert not item.state().offscreen
    assert item.rect().size() == row.bubble.size()
    actions = item.actionInterface()
    assert actions.actionNames()[:6] == ["Reply", "Copy", "Details", "How This Went", "Retry", "Delete"]
    told = QSignalSpy(view.act)
    actions.doAction("Retry")
    assert told.at(0) == [row.key, "retry"]
    words_ = item.textInterface()
    assert words_.text(0, words_.characterCount()) == "On my way!"
    assert words_.selectionCount() == 0


async def test_a_screen_reader_that_goes_to_a_message_brings_it_into_sight(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA), Start.NEWEST)
    first = QAccessible.queryAccessibleInterface(view).child(0)
    assert first.state().offscreen
    actions = first.actionInterface()
    actions.doAction(actions.setFocusAction())
    await settle(view)
    assert not first.state().offscreen
    assert view._scene.current == view._scene.window.rows[0].key


async def test_readers_objects_go_with_their_messages(desk: Desk, view: BubbleView) -> None:
    await view.open(person_of(MAYA))
    found = QAccessible.queryAccessibleInterface(view)
    children = [found.child(number) for number in range(found.childCount())]
    assert len(view._readers._messages) == len(children)
    del children
    await view.open(person_of(LEO))
    await turn()
    assert not view._readers._messages


async def test_a_status_is_drawn_for_every_state(desk: Desk, view: BubbleView) -> None:
    put = Furniture(desk.messenger)
    for number, status in enumerate(delivery.Status):
        await put.say(MAYA, status.value, NOW + number * MINUTE, own_words=True, status=status, reason="gave_up")
    await view.open(person_of(MAYA), Start.NEWEST)
    assert not view.grab().isNull()
