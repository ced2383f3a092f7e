"""Two people talk: one at the page of a conversation, the other headless, over a real relay."""

from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.client.messenger import open_messenger
from app.domain.delivery import Status
from app.ui.bridge import Bridge
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.theme import Theme
from tests.parts import people, relay
from tests.parts.waiting import until
from tests.parts.window import Said


def words(page: ConversationPage) -> list[str]:
    return [each.row.item.record.words for each in page.view._scene.shown]


def statuses(page: ConversationPage) -> list[Status | None]:
    return [each.row.item.shown.message.status for each in page.view._scene.shown]


@pytest.mark.timeout(120)
async def test_a_message_is_sent_read_and_answered(tmp_path: Path, theme: Theme) -> None:
    failures: list[BaseException] = []
    async with relay.inside(tmp_path / "relay") as running:
        alice = await people.join(tmp_path / "alice", running.url, "alice@example.com")
        bob = await people.join(tmp_path / "bob", running.url, "bob@example.com")
        async with bob.online() as there, open_messenger(alice.home, alice.key, alice.way, alice.clock) as messenger:
            bridge = Bridge(messenger.hub, failures.append)
            said = Said()
            page = ConversationPage(Desk(messenger, theme, bridge, said, alice.clock, UTC))
            page.resize(700, 600)
            page.show()
            page.activateWindow()
            person = await messenger.routing.person_for("bob@example.com")
            await page.open(person.person)
            QTest.keyClicks(page.composer.field, "See you at the weir")
            QTest.keyClick(page.composer.field, Qt.Key.Key_Return)
            await until(lambda: words(page) == ["See you at the weir"])
            assert await there.received(1)
            await there.accept("alice@example.com")
            await there.read_all("alice@example.com")
            await until(lambda: statuses(page) == [Status.READ], 40)
            sent = await there.write("alice@example.com", "Deal. I’ll bring the flask")
            await until(lambda: words(page)[-1:] == ["Deal. I’ll bring the flask"])
            await there.status(sent, Status.READ)
            mine = await messenger.conversations.find("bob@example.com")
            hers = await there.messenger.conversations.find("alice@example.com")
            await there.messenger.typing.say(hers.person, on=True)
            await until(lambda: messenger.typing.typing(mine.person))
            await until(lambda: page.view._scene.typing)
            page.composer.field.setFocus()
            QTest.keyClicks(page.composer.field, "x")
            await until(lambda: there.messenger.typing.typing(hers.person))
            assert said.lines == []
            await page.close_down()
            page.hide()
            page.deleteLater()
            await bridge.close()
    assert not failures
