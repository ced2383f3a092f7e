"""The page of a conversation over a real store: header, banner, find, requests, failures, all by accessible name."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from msgspec.structs import force_setattr
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from app.client import changes, search, writing
from app.client.timeline import AtRow
from app.common import errors, ids
from app.content import annotations, base, catalog
from app.domain.delivery import Status
from app.storage import chats, conversations, jobs, messages, notices, people
from app.storage.transaction import Tx
from app.ui.composer.field import MessageField
from app.ui.conversation.accessible import offered
from app.ui.conversation.calendar import Calendar
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from tests.parts.waiting import until, until_so
from tests.parts.window import NOW, Furniture, Said, control, person_of

MAYA, SAM, SARA = person_of("Maya Okafor"), person_of("Sam Whitlock"), person_of("Sara Novak")
THEO = person_of("Theo Marchetti")


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


def said_on(root: QWidget) -> str:
    """All words of labels that are to be seen."""
    return "\n".join(each.text() for each in root.findChildren(Label) if each.isVisible())


def named(root: QWidget, name: str) -> bool:
    """Whether something has that accessible name."""
    return any(each.accessibleName() == name for each in root.findChildren(QWidget))


def composer_there(page: ConversationPage) -> bool:
    return page.composer.isVisible()


async def test_the_header_says_who_and_how(page: ConversationPage) -> None:
    await page.open(MAYA)
    assert page.conversation == MAYA
    assert control(page, "Maya Okafor, Encrypted · Verified").isVisible()
    assert "Ctrl+F" in control(page, "Find").toolTip()
    assert "Ctrl+I" in control(page, "Details").toolTip()
    await page.open(SAM)
    assert control(page, "Sam Whitlock, Encrypted").isVisible()


async def test_what_changes_about_the_person_changes_the_header(desk: Desk, page: ConversationPage) -> None:
    await page.open(SAM)
    await desk.messenger.conversations.set_verified(SAM, True)
    await until(lambda: named(page, "Sam Whitlock, Encrypted · Verified"))
    await desk.messenger.conversations.rename(SAM, "Sammy")
    await until(lambda: named(page, "Sammy, Encrypted · Verified"))


async def test_back_is_there_in_one_pane_only(page: ConversationPage) -> None:
    await page.open(MAYA)
    back, spy = control(page, "Back"), QSignalSpy(page.back)
    assert not back.isVisible()
    page.set_narrow(True)
    assert back.isVisible()
    QTest.keyClick(back, Qt.Key.Key_Space)
    assert spy.count() == 1


async def test_details_and_their_signal(page: ConversationPage) -> None:
    spy = QSignalSpy(page.details)
    await page.open(MAYA)
    control(page, "Details", QAbstractButton).click()
    assert spy.count() == 1


async def test_no_such_conversation(page: ConversationPage) -> None:
    with pytest.raises(errors.GiveUp, match="no_conversation"):
        await page.open(b"x" * 16)


async def test_writing_here_shows_the_message(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    page.focus_composer()
    assert page.composer.field.hasFocus()
    QTest.keyClicks(control(page, "Message", MessageField), "see you")
    QTest.keyClick(page.composer.field, Qt.Key.Key_Return)
    await until(lambda: any(each.row.item.record.words == "see you" for each in page.view._scene.shown))


async def test_an_empty_conversation_says_hello(desk: Desk, page: ConversationPage) -> None:
    put = Furniture(desk.messenger)
    carol = await put.meet("Carol Diaz")
    await page.open(carol)
    hello = "Say hello to Carol Diaz. Messages here are end-to-end encrypted."
    assert hello in said_on(page)
    await put.say("Carol Diaz", "hello", desk.now())
    await until(lambda: hello not in said_on(page))


async def test_a_stranger_is_accepted(desk: Desk, page: ConversationPage) -> None:
    await page.open(SARA)
    assert not composer_there(page)
    assert "Sara Novak isn’t in your conversations yet" in said_on(page)
    QTest.keyClick(control(page, "Accept"), Qt.Key.Key_Return)
    await until(lambda: composer_there(page))
    person = await desk.messenger.database.read(lambda view: people.get(view, SARA))
    assert person is not None
    assert person.relation == "accepted"


async def test_a_stranger_is_blocked_after_a_question_and_unblocked(desk: Desk, page: ConversationPage) -> None:
    await page.open(SARA)
    control(page, "Block", QAbstractButton).click()
    await until(lambda: _dialog(page) is not None)
    question = _dialog(page)
    assert question is not None
    control(question, "Cancel", QAbstractButton).click()
    await until(lambda: _dialog(page) is None)
    control(page, "Block", QAbstractButton).click()
    await until(lambda: _dialog(page) is not None)
    question = _dialog(page)
    assert question is not None
    control(question, "Block", QAbstractButton).click()
    await until(lambda: "Sara Novak is blocked" in said_on(page))
    assert not composer_there(page)
    control(page, "Unblock", QAbstractButton).click()
    await until(lambda: "isn’t in your conversations yet" in said_on(page))


async def test_a_request_is_deleted_after_a_question_and_comes_back_with_the_next_message(
    desk: Desk, page: ConversationPage
) -> None:
    messenger, deleted = desk.messenger, QSignalSpy(page.deleted)
    await page.open(SARA)
    QTest.keyClick(control(page, "Delete", QAbstractButton), Qt.Key.Key_Space)
    await until(lambda: _dialog(page) is not None)
    question = _dialog(page)
    assert question is not None
    assert "Delete the request of Sara Novak?" in said_on(question)
    control(question, "Cancel", QAbstractButton).click()
    await until(lambda: _dialog(page) is None)
    assert len(await _shown(desk, "Noor")) == 1
    control(page, "Delete", QAbstractButton).click()
    await until(lambda: _dialog(page) is not None)
    question = _dialog(page)
    assert question is not None
    control(question, "Delete", QAbstractButton).click()
    await until(lambda: deleted.count() == 1)
    assert await _shown(desk, "Noor") == ()
    assert await _shown(desk, "Sara") == ()
    assert not (await messenger.database.read(chats.any_archived))
    assert SARA not in await messenger.database.read(lambda view: [each.conversation for each in chats.names(view)])
    await Furniture(messenger).say("Sara Novak", "Hello again, Noor", desk.now())
    assert len(await _shown(desk, "Noor")) == 1
    listed = await messenger.database.read(lambda view: chats.listed(view, 100))
    assert [each.relation for each in listed if each.conversation == SARA] == ["stranger"]
    await messenger.conversations.accept(SARA)
    assert not await messenger.conversations.delete_request(SARA)
    assert len(await _shown(desk, "Noor")) == 1


async def _shown(desk: Desk, words: str) -> tuple[int, ...]:
    """The rows of the stranger's messages, and those a search for these words finds."""
    found = await desk.messenger.database.read(lambda view: search.in_conversation(view, SARA, words))
    stored = await desk.messenger.database.read(lambda view: messages.before(view, SARA, None, 10))
    assert {each.row for each in stored} >= set(found)
    return found


def _dialog(page: ConversationPage) -> QWidget | None:
    shown = [each for each in page.findChildren(Dialog) if each.isVisible()]
    return shown[0] if shown else None


async def test_in_a_small_window_with_large_text_the_buttons_of_a_request_stand_under_each_other(
    theme: Theme, page: ConversationPage
) -> None:
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    await page.open(SARA)
    page.resize(420, 720)
    page.set_narrow(True)
    accept, block, delete = (control(page, name, QAbstractButton) for name in ("Accept", "Block", "Delete"))
    await until(lambda: accept.geometry().bottom() < block.geometry().top() and block.height() >= accept.height())
    assert not block.geometry().intersects(delete.geometry())
    assert page.rect().contains(QRect(delete.mapTo(page, QPoint()), delete.size()))


async def test_an_added_device_is_told_until_it_was_seen(desk: Desk, page: ConversationPage) -> None:
    def tell(device: bytes) -> Callable[[Tx], None]:
        def write(tx: Tx) -> None:
            known = people.get(tx, MAYA)
            assert known is not None and known.account is not None
            notices.add(tx, "devices", "device_added", account=known.account, device=device)
            tx.note(changes.ContactsChanged(frozenset({MAYA})))

        return write

    await page.open(MAYA)
    assert named(page, "Maya Okafor, Encrypted · Verified")
    await desk.messenger.database.write(tell(b"n" * 16))
    await until(lambda: "Maya Okafor added a device." in said_on(page))
    assert named(page, "Maya Okafor, Encrypted · New device")
    await desk.messenger.database.write(tell(b"m" * 16))
    await until(lambda: "Maya Okafor added 2 devices." in said_on(page))
    await page.open(SAM)
    assert "added" not in said_on(page)
    await page.open(MAYA)
    seen = control(page, "OK, I have seen that: Maya Okafor added 2 devices.", QAbstractButton)
    assert seen.focusPolicy() & Qt.FocusPolicy.TabFocus
    QTest.keyClick(seen, Qt.Key.Key_Space)
    await until(lambda: named(page, "Maya Okafor, Encrypted · Verified"))
    assert "added" not in said_on(page)
    assert page.composer.field.hasFocus()


async def test_a_claimed_name_is_said_to_be_one(desk: Desk, page: ConversationPage) -> None:
    unknown = b"u" * 16

    def write(tx: Tx) -> None:
        people.create(tx, unknown, account=b"U" * 32)
        people.set_claims(tx, unknown, "Bank of Noor", "bank@example.com")
        conversations.ensure_direct(tx, unknown, b"v" * 32)
        tx.note(changes.ContactsChanged(frozenset({unknown})))

    await desk.messenger.database.write(write)
    await page.open(unknown)
    assert control(page, "Says it is Bank of Noor, Encrypted").isVisible()


async def test_a_failed_message_is_deleted_and_comes_back(desk: Desk, page: ConversationPage, said: Said) -> None:
    await page.open(SAM)
    row = (await desk.messenger.database.read(lambda view: messages.before(view, SAM, None, 1)))[0].row
    undone: list[object] = []

    def say(text: str, action: str = "", then: object = None) -> None:
        said(text, action)
        undone.append(then)

    force_setattr(desk, "say", say)
    page.view.act.emit(row, "delete")
    await until(lambda: said.lines == [("Message deleted", "Undo")])
    assert await desk.messenger.database.read(lambda view: messages.get(view, row)) is None
    assert callable(undone[0])
    undone[0]()
    await until_so(lambda: _is_failed(desk, row))


async def test_an_edit_that_did_not_arrive_is_said_and_tried_again(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    store = desk.messenger.database
    own = await store.read(lambda view: [each for each in messages.before(view, MAYA, None, 50) if each.outgoing][-1])
    target = base.Reference(b"w" * 32, ids.AccountId(own.author), ids.MessageId(own.message))
    kind, body = catalog.encode(annotations.Edit(target, "other words"))

    def give_up(tx: Tx) -> int:
        job = jobs.enqueue(tx, jobs.NewJob(MAYA, b"m" * 16, kind, person=MAYA, payload=body, visible=True))
        jobs.fail(tx, job, "gave_up")
        tx.note(changes.MessagesChanged(MAYA, rows=frozenset({own.row})))
        return job

    job = await store.write(give_up)

    def line() -> str:
        found = [row.place.line for row in page.view._scene.window.rows if row.key == own.row]
        return found[0].words if found and found[0] is not None else ""

    await until(lambda: line() == "Edit Not Delivered")
    page.view.act.emit(own.row, "retry")
    await until(lambda: line() != "Edit Not Delivered")
    after = await store.read(lambda view: jobs.get(view, job))
    assert after is not None
    assert after.state == "waiting"


async def _is_failed(desk: Desk, row: int) -> bool:
    found = await desk.messenger.database.read(lambda view: messages.get(view, row))
    return found is not None and found.status == Status.FAILED


async def test_find_walks_through_what_it_found(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    control(page, "Find", QAbstractButton).click()
    line = control(page, "Find in conversation", QLineEdit)
    assert line.hasFocus()
    QTest.keyClicks(line, "weir")
    await until(lambda: "1 of 2 in this conversation" in said_on(page))
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert "2 of 2 in this conversation" in said_on(page)
    control(page, "Next Match", QAbstractButton).click()
    assert "1 of 2 in this conversation" in said_on(page)
    control(page, "Previous Match", QAbstractButton).click()
    assert line.accessibleDescription() == "2 of 2 in this conversation"
    line.clear()
    QTest.keyClicks(line, "xyzzy")
    QTest.keyClick(line, Qt.Key.Key_Return)
    await until(lambda: "No results" in said_on(page))
    assert not control(page, "Next Match").isEnabled()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not line.isVisible()
    assert page.composer.field.hasFocus()


async def test_opening_another_conversation_ends_the_search(page: ConversationPage) -> None:
    await page.open(MAYA)
    page.show_find("weir")
    await until(lambda: "1 of 2" in said_on(page))
    await page.open(SAM)
    assert "of 2" not in said_on(page)


async def test_a_day_is_picked_by_keyboard(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    page.show_find()
    control(page, "Jump to Date", QAbstractButton).click()
    await until(lambda: any(each.isVisible() for each in page.findChildren(Calendar)))
    calendar = page.findChildren(Calendar)[0]
    days = control(calendar, "Days")
    picked = QSignalSpy(calendar.picked)
    QTest.keyClick(days, Qt.Key.Key_Left)
    QTest.keyClick(days, Qt.Key.Key_Left)
    QTest.keyClick(days, Qt.Key.Key_Return)
    assert picked.count() == 1
    assert str(picked.at(0)[0]) == "2026-11-09"
    assert not calendar.isVisible()


async def test_another_month_is_turned_to_by_its_buttons_and_no_further_than_there_are_messages(
    desk: Desk, page: ConversationPage
) -> None:
    await Furniture(desk.messenger).say("Maya Okafor", "In September", NOW - 50 * 86_400_000)
    await page.open(MAYA)
    page.show_find()
    control(page, "Jump to Date", QAbstractButton).click()
    await until(lambda: any(each.isVisible() for each in page.findChildren(Calendar)))
    calendar = page.findChildren(Calendar)[0]
    earlier = control(calendar, "Previous Month", QAbstractButton)
    later = control(calendar, "Next Month", QAbstractButton)
    assert earlier.isEnabled() and not later.isEnabled()
    for month in ("October 2026", "September 2026"):
        QTest.keyClick(earlier, Qt.Key.Key_Space)
        assert control(calendar, month).isVisible()
    assert not earlier.isEnabled() and later.isEnabled()
    QTest.keyClick(later, Qt.Key.Key_Space)
    assert control(calendar, "October 2026").isVisible()
    picked = QSignalSpy(calendar.picked)
    QTest.keyClick(control(calendar, "Days"), Qt.Key.Key_Return)
    assert str(picked.at(0)[0]).startswith("2026-10-")


async def test_reading_tells_that_it_was_read(desk: Desk, page: ConversationPage) -> None:
    priya = person_of("Priya Raman")
    assert await desk.messenger.database.read(lambda view: messages.unread(view, priya, None))
    await page.open(priya)

    async def read() -> bool:
        return not await desk.messenger.database.read(lambda view: messages.unread(view, priya, None))

    await until_so(read)


async def test_a_change_of_the_one_before_does_not_come_back(desk: Desk, page: ConversationPage) -> None:
    await page.open(SARA)
    desk.messenger.hub.publish([changes.ConversationsChanged(frozenset({SARA}))])
    await page.open(MAYA)
    for _ in range(3):
        await desk.messenger.database.read(lambda view: view.now)
    assert page.conversation == MAYA
    assert composer_there(page)


async def test_the_last_one_opened_wins_over_one_that_waits_for_the_store(desk: Desk, page: ConversationPage) -> None:
    await page.open(SAM)
    page.composer.field.insert("for Sam")
    free = threading.Event()
    busy = asyncio.ensure_future(desk.messenger.database.write(lambda _: free.wait()))
    slow = asyncio.ensure_future(page.open(THEO))
    for _ in range(5):
        await desk.messenger.database.read(lambda view: view.now)
    await page.open(MAYA)
    free.set()
    await asyncio.gather(busy, slow)
    assert (page.conversation, page.composer._conversation, page.view.conversation) == (MAYA, MAYA, MAYA)
    assert named(page, "Maya Okafor, Encrypted · Verified")
    assert page.composer.field.text() == ""
    page.composer.field.insert("for Maya")
    page.composer.submit()
    await until(lambda: not page.composer.field.text())
    (sent,) = await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1))
    assert sent.outgoing

    async def kept() -> bool:
        return (await desk.messenger.database.read(lambda view: writing.draft(view, SAM))).text == "for Sam"

    await until_so(kept)


async def test_of_two_that_are_opened_at_once_the_last_one_is_there(desk: Desk, page: ConversationPage) -> None:
    await page.open(SAM)
    page.composer.field.insert("for Sam")
    first, last = await asyncio.gather(page.open(THEO), page.open(MAYA))
    assert (first, last) == (False, True)
    assert (page.conversation, page.composer._conversation, page.view.conversation) == (MAYA, MAYA, MAYA)
    await page.open(SAM)
    assert page.composer.field.text() == "for Sam"


async def test_what_is_open_already_keeps_the_change_that_was_begun(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    page.composer.field.insert("half writ")
    await page.composer.keep()
    stored = await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1))
    page.composer.edit(stored[0].row)
    await until(lambda: page.composer.busy)
    page.composer.field.insert(" at six")
    changed = page.composer.field.text()
    await page.open(MAYA, AtRow(stored[0].row))
    assert page.composer.busy
    assert page.composer.field.text() == changed
    await desk.messenger.conversations.set_draft(MAYA, "taken back\nhalf writ")  # as from the outbox
    await page.open(MAYA)
    assert page.composer.field.text() == changed
    page.composer.cancel()
    assert page.composer.field.text() == "taken back\nhalf writ"


async def test_answering_from_the_list(desk: Desk, page: ConversationPage) -> None:
    await page.open(MAYA)
    await until(lambda: bool(page.view._scene.shown))
    page.view.reply.emit(page.view._scene.shown[-1].row.item)
    await until(lambda: page.composer.busy)
    assert page.composer.field.hasFocus()


async def test_large_text_and_right_to_left_leave_everything_in_view(
    desk: Desk, page: ConversationPage, theme: Theme
) -> None:
    await page.open(MAYA)
    page.resize(560, 700)
    page.set_narrow(True)
    page.composer.field.insert("hello")
    theme.apply(mode="dark", text_size=200, contrast="off", motion="on")
    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    emoji = control(page, "Emoji")
    await until(lambda: emoji.width() == 56)
    for name in ("Back", "Find", "Details", "Message", "Emoji", "Send"):
        each = control(page, name)
        assert each.isVisible(), name
        assert page.rect().contains(QRect(each.mapTo(page, QPoint(0, 0)), each.size())), name
        assert min(each.width(), each.height()) >= 40, name


async def test_an_own_message_is_edited_and_unsent_from_its_menu(
    desk: Desk, page: ConversationPage, said: Said
) -> None:
    row = await Furniture(desk.messenger).say("Maya Okafor", "Se you", desk.now() - 60_000, own_words=True)
    await page.open(MAYA)
    found = page.view._scene.window.rows[-1]
    assert found.key == row
    offers = list(offered(found, desk.now()))
    assert offers[:2] == ["Edit", "Undo Send"]
    assert next(iter(offered(found, desk.now() + 2 * 60_000))) == "Edit"
    assert "Edit" not in offered(found, desk.now() + 16 * 60_000)
    page.view._acting.do(found, "edit")
    await until(lambda: page.composer.field.text() == "Se you")
    page.composer.field.put("See you")
    page.composer.submit()
    await until(lambda: page.view._scene.window.rows[-1].item.shown.edited)
    line = page.view._scene.window.rows[-1].place.line
    assert line is not None
    assert "Edited" in line.words
    page.view._acting.do(page.view._scene.window.rows[-1], "unsend")
    await until(lambda: page.view._scene.window.rows[-1].item.shown.retracted)
    old = page.view._scene.window.rows[0].key
    page.view.act.emit(old, "unsend")
    await until(lambda: bool(said.lines))
    assert said.lines == [("Undo Send has expired. Messages can be unsent for 2 minutes.", "")]


async def test_words_searched_for_elsewhere_are_marked_and_counted_here(desk: Desk, page: ConversationPage) -> None:
    weir = await desk.messenger.database.read(lambda view: search.in_conversation(view, MAYA, "WEIR"))
    await page.open(MAYA, AtRow(weir[1]), "WEIR")
    await until(lambda: "2 of 2 in this conversation" in said_on(page))
    assert page.composer.field.isVisible()
    window = page.view._scene.window
    assert {row.marks for row in window.rows} == {("WEIR",)}
    yellow = desk.theme.palette.search_hit_fill.rgb()
    assert _colored(page.view, yellow) > 100
    control(page, "Next Match", QAbstractButton).click()
    assert "1 of 2 in this conversation" in said_on(page)
    control(page, "Done", QAbstractButton).click()
    assert {row.marks for row in window.rows} == {()}
    assert _colored(page.view, yellow) == 0


def _colored(view: QWidget, rgb: int) -> int:
    image = view.grab().toImage()
    return sum(image.pixel(x, y) == rgb for x in range(0, image.width(), 2) for y in range(image.height()))
