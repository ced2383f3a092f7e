"""What a screen reader is told by itself: connection, deliveries, toasts; the reader is the stand-in here."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from app.client import changes, connectivity
from app.client.messenger import open_messenger
from app.content.text import Text
from app.domain.delivery import Reason, Status
from app.storage import messages
from app.storage.transaction import Tx
from app.ui.announcing import Announcing
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.dialog import Toast
from tests.parts import people, relay
from tests.parts.waiting import until
from tests.parts.window import Said, person_of

MAYA, JONAS = person_of("Maya Okafor"), person_of("Jonas Lind")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is announced to the reader, in order."""
    lines: list[str] = []

    def hear(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            assert event.politeness() is QAccessible.AnnouncementPoliteness.Polite
            lines.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", staticmethod(hear))
    QAccessible.setActive(True)
    yield lines
    QAccessible.setActive(False)


@pytest_asyncio.fixture
async def window(desk: Desk) -> AsyncIterator[QWidget]:
    made = QWidget()
    Announcing(desk, made)
    yield made
    made.deleteLater()


@pytest.mark.timeout(120)
async def test_the_connection_goes_and_is_back(tmp_path: Path, theme: Theme, heard: list[str]) -> None:
    async with relay.process(tmp_path / "relay") as running:
        alice = await people.join(tmp_path / "alice", running.url, "alice@example.com")
        async with open_messenger(alice.home, alice.key, alice.way, alice.clock, online=False) as messenger:
            bridge = Bridge(messenger.hub, pytest.fail)
            window = QWidget()
            Announcing(Desk(messenger, theme, bridge, Said(), alice.clock, UTC), window)
            messenger.connect()
            await messenger.connection.wait_connected()
            assert heard == []  # a start like any other
            await running.stop()
            tries: set[int | None] = set()

            def tried() -> bool:
                """Several times, in vain."""
                state = connectivity.of(messenger)
                if state.retry_at is not None and state.retry_at not in tries:
                    tries.add(state.retry_at)
                    connectivity.retry_now(messenger)
                return len(tries) > 2

            await until(tried, 40)
            assert heard == ["You’re offline. Messages will be sent when you reconnect."]
            await running.start()
            connectivity.retry_now(messenger)
            await until(lambda: len(heard) == 2, 40)
            assert heard[1] == "Connected again."
            window.deleteLater()
            await bridge.close()


async def _fail(desk: Desk, *rows: int, status: Status = Status.FAILED) -> None:
    def settle(tx: Tx) -> None:
        for row in rows:
            messages.set_status(tx, row, status.value, Reason.GAVE_UP.value if status is Status.FAILED else "")
            stored = messages.get(tx, row)
            assert stored is not None
            tx.note(changes.DeliveryChanged(frozenset({stored.message})))

    await desk.messenger.database.write(settle)


async def test_a_message_that_was_not_delivered(desk: Desk, window: QWidget, heard: list[str]) -> None:
    send = desk.messenger.sending.send
    one = (await send(MAYA, Text("At the weir"))).row
    two, other = (await send(MAYA, Text("At noon"))).row, (await send(JONAS, Text("Bring the card"))).row
    third = (await send(JONAS, Text("And a pen"))).row
    await _fail(desk, one, status=Status.SENT)
    await _fail(desk, one)
    await until(lambda: len(heard) == 1)
    await _fail(desk, one)  # again, and nothing new
    await _fail(desk, two, other)
    await until(lambda: len(heard) == 2)
    await _fail(desk, one, status=Status.QUEUED)  # tried again
    await _fail(desk, third)  # when this one is said, it has been seen that the other waits
    await until(lambda: len(heard) == 3)
    await _fail(desk, one)
    await until(lambda: len(heard) == 4)
    said = "Not delivered to Maya Okafor: At the weir"
    assert heard == [said, "2 messages were not delivered.", "Not delivered to Jonas Lind: And a pen", said]


async def test_a_toast(theme: Theme, heard: list[str]) -> None:
    host = QWidget()
    toast = Toast(theme, host)
    toast.say("Message deleted", "Undo", lambda: None)
    assert heard == ["Message deleted"]
    host.deleteLater()
