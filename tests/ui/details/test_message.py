"""The details of a message: every recipient, every step with its time, why it failed and another try."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.client import changes
from app.client.trace import Leg
from app.common.clock import ManualClock
from app.domain import people as persons
from app.domain.delivery import Event, Status
from app.storage import jobs, messages, recipients
from app.storage.recipients import Step
from app.storage.transaction import Tx
from app.ui.desk import Desk
from app.ui.details.message import MessageDetails
from app.ui.details.steps import Moment, steps_of
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from tests.parts.window import MINUTE, NOW, Furniture, Said, control, person_of

JONAS = "Jonas Lind"


def lines(dialog: QWidget) -> list[str]:
    return [each.accessibleName() for each in dialog.findChildren(QWidget) if ": " in each.accessibleName()]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def queued(desk: Desk) -> int:
    """A message to Jonas that nothing has happened to yet."""
    put = Furniture(desk.messenger)
    return await put.say(JONAS, "See you there", NOW - MINUTE, own_words=True, status=Status.QUEUED)


async def happen(desk: Desk, row: int, event: Event, at: int, reason: str = "") -> None:
    def write(tx: Tx) -> None:
        recipients.apply(tx, row, person_of(JONAS), event, reason, at=at)
        tx.note(changes.MessagesChanged(person_of(JONAS), rows=frozenset({row})))

    await desk.messenger.database.write(write)


async def test_every_step_appears_with_its_time_as_it_happens(desk: Desk) -> None:
    row = await queued(desk)
    shown = MessageDetails(desk, row)
    shown.show()
    await until(lambda: "Queued: Today 9:41:00" in lines(shown))
    assert {"From: You", "Written: Today 9:40:00", "Travels: End-to-end encrypted"} <= set(lines(shown))
    names = [each.text() for each in shown.findChildren(QLabel)]
    assert {"See you there", JONAS, "jonas@example.com"} <= set(names)
    clock = desk.clock
    assert isinstance(clock, ManualClock)
    for event, word in (
        (Event.ATTEMPT, "Sending"),
        (Event.ACCEPTED, "Sent"),
        (Event.DELIVERED, "Delivered"),
        (Event.READ, "Read"),
    ):
        clock.advance(61)
        await happen(desk, row, event, desk.now())
        minutes = (desk.now() - NOW) // 1000
        expected = f"{word}: Today 9:{41 + minutes // 60}:{minutes % 60:02}"
        await until(lambda expected=expected: expected in lines(shown))
    assert [line.split(":")[0] for line in lines(shown)][-5:] == ["Queued", "Sending", "Sent", "Delivered", "Read"]
    shown.close()


async def test_details_are_copied_without_the_words(desk: Desk, said: Said) -> None:
    row = await queued(desk)
    shown = MessageDetails(desk, row)
    shown.show()
    await until(lambda: bool(lines(shown)))
    QTest.keyClick(control(shown, "Copy Details", Button), Qt.Key.Key_Space)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Message ")
    assert "Queued: Today 9:41:00" in text
    assert "See you there" not in text
    assert said.lines[-1][0] == "Details copied"
    QTest.keyClick(control(shown, "Close", Button), Qt.Key.Key_Space)
    assert not shown.isVisible()


async def test_a_failure_says_why_and_offers_another_try(desk: Desk) -> None:
    row = await queued(desk)
    database = desk.messenger.database
    await database.write(
        lambda tx: jobs.enqueue(
            tx, jobs.NewJob(person_of(JONAS), b"m" * 16, "text", row=row, person=person_of(JONAS), visible=True)
        )
    )
    await happen(desk, row, Event.REJECTED, NOW, "gave_up")
    shown = MessageDetails(desk, row)
    shown.show()
    await until(lambda: control(shown, "Retry", Button).isVisible())
    reasons = [each.text() for each in shown.findChildren(QLabel)]
    assert "The message was tried for a day and not taken; send it again." in reasons
    QTest.keyClick(control(shown, "Retry", Button), Qt.Key.Key_Space)
    await until(lambda: any(line.startswith("Tried again: ") for line in lines(shown)))
    assert not control(shown, "Retry", Button).isVisible()
    shown.close()


async def test_what_was_received_says_when_it_was_written_and_arrived(desk: Desk) -> None:
    row = await Furniture(desk.messenger).say(JONAS, "On my way", NOW - 5 * MINUTE)
    shown = MessageDetails(desk, row)
    shown.show()
    await until(lambda: bool(lines(shown)))
    assert lines(shown) == [
        f"From: {JONAS}",
        "Written: Today 9:36:00",
        "Taken by the relay: Today 9:36:00",
        "Arrived here: Today 9:41:00",
        "Travels: End-to-end encrypted",
    ]
    shown.close()


async def test_a_text_from_a_phone_says_what_is_not_known_of_it(desk: Desk) -> None:
    put = Furniture(desk.messenger)
    row = await put.say(JONAS, "… on my way", NOW - 5 * MINUTE)
    await put.text(row)
    await desk.messenger.database.write(lambda tx: messages.set_status(tx, row, "", "text_incomplete"))
    shown = MessageDetails(desk, row)
    shown.show()
    await until(lambda: bool(lines(shown)))
    assert lines(shown)[0] == f"From: {JONAS}"
    assert lines(shown)[-2:] == ["Travels: As a text message", "Sender: Not proven"]
    assert "Part of this text did not arrive; ask for it again." in {each.text() for each in shown.findChildren(Label)}
    shown.close()


async def test_a_message_that_is_gone_closes_its_details(desk: Desk) -> None:
    shown = MessageDetails(desk, 10**6)
    shown.show()
    await until(lambda: not shown.isVisible())


def test_a_step_nobody_told_is_proved_by_a_later_one() -> None:
    steps = (
        Step(1, b"p", Event.ATTEMPT, NOW, NOW + 10, 3),
        Step(1, b"p", Event.READ, NOW + 90_000, NOW + 90_000, 1),
    )
    leg = Leg(b"p", persons.Shown("Bob", claimed=False), "bob@example.com", Status.READ, "", steps)
    assert steps_of(leg, NOW) == [
        Moment("Queued", NOW),
        Moment("Sending, 3 times", NOW + 10),
        Moment("Sent", NOW + 90_000, implied=True),
        Moment("Delivered", NOW + 90_000, implied=True),
        Moment("Read", NOW + 90_000),
    ]
