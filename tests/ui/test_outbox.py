"""The outbox in the window: everything unsent with its cause, what is done about it, live, and quick with thousands."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from app.client import changes, unsent
from app.content.picture import Picture
from app.content.text import Text
from app.domain.delivery import Reason, Status
from app.storage import jobs, messages, people
from app.storage.transaction import Tx, View
from app.ui.composer.field import MessageField
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.outbox.page import STEP, OutboxPage
from app.ui.outbox.rows import OutboxRows
from app.ui.settings.dialog import SettingsDialog
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.widgets.labels import Label
from app.ui.window_state import WindowState
from tests.parts.waiting import until, until_so
from tests.parts.window import MINUTE, NOW, Furniture, Said, control, furnished, person_of

JONAS, SAM, THEO = (person_of(name) for name in ("Jonas Lind", "Sam Whitlock", "Theo Marchetti"))


@contextlib.asynccontextmanager
async def seated(desk: Desk, width: int = 1120) -> AsyncIterator[MainWindow]:
    shell, window = Shell(desk.theme, WindowState()), MainWindow(desk, None, WindowState())
    shell.fill(window)
    shell.resize(width, 760)
    shell.show()
    shell.activateWindow()
    await window.open()
    try:
        yield window
    finally:
        await window.close_down()
        shell.fill(None)
        window.deleteLater()
        shell.hide()
        shell.deleteLater()


async def opened(window: MainWindow) -> OutboxPage:
    """By the menu, as it is reached everywhere."""
    window.menus.act("outbox")
    page = control(window, "Outbox", OutboxPage)
    await until(lambda: "messages" in said(page) or "1 message" in said(page))
    return page


def said(root: QWidget) -> str:
    return "\n".join(each.text() for each in root.findChildren(Label) if each.isVisible())


def listed(page: OutboxPage) -> list[str]:
    """What a screen reader hears of each row."""
    model = control(page, "Unsent messages", OutboxRows).model()
    return [model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]


def offered(page: OutboxPage) -> list[str]:
    return [each.text() for each in page.findChildren(QAbstractButton) if each.isVisible() and each.text() != "Close"]


async def test_everything_unsent_is_there_with_its_cause_and_what_can_be_done(desk: Desk) -> None:
    put = Furniture(desk.messenger)
    await put.say("Jonas Lind", "Anything else?", NOW - MINUTE, own_words=True, status=Status.QUEUED)
    async with seated(desk) as window:
        page = await opened(window)
        assert "2 messages" in said(page)
        assert listed(page) == [
            "To Sam Whitlock: On my way!. Not Delivered. The message was tried for a day and not taken; send it again. "
            "Yesterday.",
            "To Jonas Lind: Anything else?. Waiting for network…. You’re offline. It is sent when you reconnect. 9:40.",
        ]
        assert control(page, "Unsent messages").hasFocus()
        assert offered(page) == ["Delete", "Edit", "Try Now"]
        await desk.messenger.database.write(lambda tx: _number(tx, JONAS))
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_Down)
        await until(lambda: offered(page) == ["Delete", "Edit", "Send as Text Message", "Try Now"])
        assert "Waiting for network…. You’re offline. It is sent when you reconnect." in said(page)
        rows = control(page, "Unsent messages", OutboxRows)
        asks = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), rows.mapToGlobal(QPoint(5, 5)))
        QApplication.sendEvent(rows.viewport(), asks)
        menu = page.findChildren(QMenu)[-1]
        assert [each.text() for each in menu.actions()] == ["Try Now", "Send as Text Message", "Edit", "Delete"]
        menu.close()


def _number(tx: Tx, person: bytes) -> None:
    people.put_address(tx, "+12025550119", person)
    tx.note(changes.ContactsChanged(frozenset({person})))


async def test_it_follows_what_happens_and_is_empty_in_the_end(desk: Desk) -> None:
    async with seated(desk) as window:
        page = await opened(window)
        await desk.messenger.sending.send(JONAS, Text("Are you there?"))
        await until(lambda: len(listed(page)) == 2)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_Delete)
        await until(lambda: len(listed(page)) == 1)
        control(page, "Delete", QAbstractButton).click()
        await until(lambda: "Nothing waits" in said(page))
        assert "Everything you wrote has been sent." in said(page)
        assert offered(page) == []


@pytest.mark.parametrize(
    ("why", "words", "shows"),
    [
        (Reason.NOT_ON_KINGFISHER, "Invite", "invite"),
        (Reason.PLAN_USED_UP, "Plan…", "messages"),
        (Reason.RICH_OFF, "Settings…", "messages"),
    ],
)
async def test_what_helps_on_another_page_opens_it(desk: Desk, why: Reason, words: str, shows: str) -> None:
    failed = {"own_words": True, "status": Status.FAILED, "reason": why.value}
    await Furniture(desk.messenger).say("Jonas Lind", "Are you there?", NOW - MINUTE, **failed)  # type: ignore[arg-type]
    async with seated(desk) as window:
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_End)
        control(page, words, QAbstractButton).click()
        dialog = next(each for each in window.window().findChildren(SettingsDialog) if each.isVisible())
        assert dialog.page == shows
        dialog.close()


async def test_edited_its_words_are_before_what_is_half_written(desk: Desk) -> None:
    """Also before what the composer holds and has not stored yet; the message itself is gone."""
    async with seated(desk) as window:
        window.open_conversation(SAM)
        await until(lambda: window.attending() == SAM)
        control(window, "Message", MessageField).insert("more")
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_Return)
        assert QApplication.focusWidget() is control(page, "Try Now")
        QTest.keyClick(control(page, "Edit"), Qt.Key.Key_Space)
        await until(lambda: not page.isVisible())
        await until(lambda: control(window, "Message", MessageField).text() == "On my way!\nmore")
        assert await unsent.unsent(desk.messenger.database) == []


async def test_escape_and_close_lead_back(desk: Desk) -> None:
    async with seated(desk) as window:
        window.open_conversation(SAM)
        await until(lambda: window.attending() == SAM)
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_Escape)
        await until(lambda: window.attending() == SAM)
        page = await opened(window)
        QTest.keyClick(control(page, "Close"), Qt.Key.Key_Return)
        await until(lambda: window.attending() == SAM)


async def test_the_banner_says_how_many_wait_and_leads_there(desk: Desk) -> None:
    async with seated(desk) as window:
        window.open_conversation(JONAS)
        await until(lambda: window.attending() == JONAS)
        assert not [each for each in window.findChildren(QAbstractButton) if "wait" in each.text() and each.isVisible()]
        await desk.messenger.sending.send(JONAS, Text("One"))
        await until(lambda: _shown(window, "1 message waits"))
        await desk.messenger.sending.send(JONAS, Text("Two"))
        await until(lambda: _shown(window, "2 messages wait"))
        QTest.keyClick(control(window, "2 messages wait"), Qt.Key.Key_Space)
        await until(lambda: control(window, "Outbox", OutboxPage).isVisible())


def _shown(window: MainWindow, name: str) -> bool:
    return any(each.accessibleName() == name and each.isVisible() for each in window.findChildren(QAbstractButton))


async def test_try_now_brings_the_next_try_forward(desk: Desk) -> None:
    written = await desk.messenger.sending.send(THEO, Text("Later"))

    def defer(tx: Tx) -> int:
        job = jobs.of_message(tx, written.row)[0].job
        jobs.defer(tx, job, NOW + 5 * MINUTE, connected=True, reason="no_device_ready")
        return job

    job = await desk.messenger.database.write(defer)
    async with seated(desk) as window:
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_End)
        control(page, "Try Now", QAbstractButton).click()

        async def due() -> bool:
            found = await desk.messenger.database.read(lambda view: jobs.get(view, job))
            return found is not None and found.due_at == 0

        await until_so(due)


@pytest.mark.parametrize(("width", "size"), [(1120, 100), (420, 200)])
async def test_all_that_can_be_done_is_in_view(desk: Desk, theme: Theme, width: int, size: int) -> None:
    await desk.messenger.database.write(lambda tx: _number(tx, SAM))
    async with seated(desk, width) as window:
        theme.apply(mode="light", text_size=size, contrast="off", motion="on")
        window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        page = await opened(window)
        every = ["Try Now", "Send as Text Message", "Edit", "Delete"]
        names = [*(every if width > 1000 else ("Try Now", "More")), "Close"]
        await until(lambda: all(_inside(page, control(page, name)) for name in names))
        places = [_place(page, control(page, name)) for name in names]
        assert not any(one.intersects(other) for at, one in enumerate(places) for other in places[:at])
        assert control(page, "Unsent messages").height() > theme.px(84)
        if width < 1000:
            QTest.keyClick(control(page, "More"), Qt.Key.Key_Space)
            menu = page.findChildren(QMenu)[-1]
            assert [each.text() for each in menu.actions()] == every
            menu.close()


def _place(page: QWidget, each: QWidget) -> QRect:
    return QRect(each.mapTo(page, each.rect().topLeft()), each.size())


def _inside(page: QWidget, each: QWidget) -> bool:
    return each.isVisible() and page.rect().contains(_place(page, each)) and each.width() >= each.sizeHint().width()


async def test_of_thousands_only_a_part_is_read_until_the_end_comes_near(tmp_path: Path, theme: Theme) -> None:
    async with furnished(tmp_path / "many", theme, Said()) as desk:
        me = desk.messenger.me

        def fill(tx: Tx) -> None:
            for number in range(5_000):
                new = messages.NewMessage(
                    JONAS, number.to_bytes(16, "big"), me.account, me.device, "text", b"\x81\xa1t\xa1x",
                    messages.PENDING + number, NOW, outgoing=True, status=Status.QUEUED,
                )  # fmt: skip
                row = messages.insert(tx, new).row
                jobs.enqueue(tx, jobs.NewJob(JONAS, new.message, "text", row=row, person=JONAS))

        await desk.messenger.database.write(fill)
        plan = "EXPLAIN QUERY PLAN SELECT row FROM messages WHERE outgoing = 1 AND status IN "
        plan += "('queued', 'sending', 'failed') ORDER BY row LIMIT 9"
        steps = await desk.messenger.database.read(lambda view: [str(step[-1]) for step in view.rows(plan)])
        assert any("messages_unsent" in step for step in steps), steps
        async with seated(desk) as window:
            page = await opened(window)
            rows = control(page, "Unsent messages", OutboxRows)
            await until(lambda: "5001 messages" in said(page))
            assert rows.model().rowCount() == STEP
            QTest.keyClick(rows, Qt.Key.Key_End)
            await until(lambda: rows.model().rowCount() == 2 * STEP)
            assert rows.currentIndex().row() == STEP - 1


async def test_what_nobody_knows_to_have_arrived_offers_no_edit(desk: Desk) -> None:
    put = Furniture(desk.messenger)
    row = await put.say(
        "Theo Marchetti", "Perhaps", NOW, own_words=True, status=Status.FAILED, reason=Reason.TEXT_UNKNOWN
    )
    await desk.messenger.database.write(lambda tx: messages.set_bearer(tx, row, "text"))
    async with seated(desk) as window:
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_End)
        await until(lambda: offered(page) == ["Delete", "Try Now"])


async def test_a_picture_offers_no_edit_for_a_draft_holds_only_words(desk: Desk) -> None:
    put = Furniture(desk.messenger)
    shown = Picture("image/jpeg", 2_000, 120, 90, "The weir", "weir.jpg")
    await put.say("Theo Marchetti", "", NOW, own_words=True, status=Status.QUEUED, content=shown)
    async with seated(desk) as window:
        page = await opened(window)
        QTest.keyClick(control(page, "Unsent messages"), Qt.Key.Key_End)
        await until(lambda: offered(page) == ["Delete", "Try Now"])


async def test_what_was_said_about_a_message_and_failed_is_there_and_can_be_tried_again(desk: Desk) -> None:
    """It is no message: deleting it would delete what has long arrived."""
    messenger = desk.messenger
    row = await Furniture(messenger).say("Theo Marchetti", "See you", NOW - MINUTE, own_words=True)
    await messenger.sending.edit(row, "See you there")

    def job(view: View) -> jobs.Job:
        head = jobs.head(view, THEO)
        assert head is not None
        return head

    def fail(tx: Tx) -> None:
        jobs.fail(tx, job(tx).job, Reason.GAVE_UP)
        tx.note(changes.OutboxChanged(frozenset({THEO})))

    async with seated(desk) as window:
        page = await opened(window)
        assert len(listed(page)) == 1
        await messenger.database.write(fail)
        await until(lambda: "2 messages" in said(page))
        assert listed(page)[1].startswith("To Theo Marchetti: See you there. Edit Not Delivered. The message was tried")
        rows = control(page, "Unsent messages", OutboxRows)
        QTest.keyClick(rows, Qt.Key.Key_End)
        await until(lambda: offered(page) == ["Try Now"])
        QTest.keyClick(rows, Qt.Key.Key_Delete)
        control(page, "Try Now", QAbstractButton).click()
        await until(lambda: "1 message" in said(page))
        assert (await messenger.database.read(job)).state == "waiting"
        stored = await messenger.database.read(lambda view: messages.get(view, row))
        assert stored is not None and stored.status == Status.READ
