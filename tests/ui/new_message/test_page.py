"""The page of Ctrl+N, from the keyboard alone: who is suggested, what the directory says, and every way out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from pathlib import Path

import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLineEdit

from app.ui.bridge import Bridge
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.new_message.chip import Chip
from app.ui.new_message.page import NewMessagePage
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from tests.parts import people, texting
from tests.parts.relay import Relay, relay
from tests.parts.waiting import until
from tests.parts.window import Said, control, person_of
from tests.stories.test_moved_address import BOB, moving
from tests.stories.test_texts import ALICE, prove

__all__ = ["relay"]

KEY = Qt.Key


class Stage:
    """The page on the screen, and what it asked of the window."""

    def __init__(self, desk: Desk) -> None:
        self.page = NewMessagePage(desk)
        self.started: list[bytes] = []
        self.invited: list[str] = []
        self.cancelled = 0
        self.page.started.connect(self.started.append)
        self.page.invite.connect(self.invited.append)
        self.page.cancelled.connect(self._cancel)
        self.page.resize(800, 600)
        self.page.show()
        self.field = control(self.page, "To", QLineEdit)

    def _cancel(self) -> None:
        self.cancelled += 1

    @property
    def offered(self) -> list[str]:
        view = control(self.page, "Suggestions", QAbstractItemView)
        model = view.model()
        return [model.index(at, 0).data() for at in range(model.rowCount())] if view.isVisible() else []

    @property
    def said(self) -> str:
        return self.page.notice.words

    def type(self, text: str) -> None:
        QTest.keyClicks(self.field, text)

    def press(self, *keys: KEY) -> None:
        for key in keys:
            QTest.keyClick(self.field, key)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)


@pytest_asyncio.fixture
async def stage(desk: Desk) -> AsyncIterator[Stage]:
    made = Stage(desk)
    yield made
    made.page.close()


async def test_people_known_here_are_suggested_while_typing(stage: Stage) -> None:
    stage.type("sa")
    await stage.until(lambda: len(stage.offered) == 3)
    newest, older, look_up = stage.offered  # who was spoken with last comes first
    assert (newest, older) == ("Sara Novak, +12025550143, Encrypted", "Sam Whitlock, sam@example.com, Encrypted")
    assert look_up == "Look up “sa”"
    stage.press(KEY.Key_Down, KEY.Key_Return)
    assert stage.started == [person_of("Sam Whitlock")]
    assert control(stage.page, "Remove Sam Whitlock", Chip).isVisible()


async def test_the_arrows_go_round_and_escape_goes_back_step_by_step(stage: Stage) -> None:
    stage.type("jon")
    await stage.until(lambda: len(stage.offered) == 2)
    stage.press(KEY.Key_Up, KEY.Key_Down)
    stage.press(KEY.Key_Escape)
    assert stage.offered == []
    assert stage.cancelled == 0
    stage.press(KEY.Key_Escape)
    assert stage.cancelled == 1
    assert stage.started == []


async def test_what_is_no_address_is_said_and_stays_to_be_put_right(stage: Stage) -> None:
    stage.type("xyzzy")
    await stage.until(lambda: stage.offered == ["Look up “xyzzy”"])
    stage.press(KEY.Key_Return)
    await stage.until(lambda: stage.said == "Enter a full phone number or e-mail.")
    assert stage.field.text() == "xyzzy"
    stage.type("q")
    assert stage.said == ""


async def test_when_nobody_answers_there_is_another_try(stage: Stage) -> None:
    stage.type("carol@example.com")
    stage.press(KEY.Key_Return)
    await stage.until(lambda: stage.said.startswith("Can’t reach the relay"))
    assert control(stage.page, "Try Again", Button).isVisible()
    stage.press(KEY.Key_Return)
    await stage.until(lambda: stage.said.startswith("Can’t reach the relay"))
    stage.press(KEY.Key_Backspace)
    assert stage.field.text() == "carol@example.com"
    assert stage.said == ""
    assert stage.started == []


async def test_cancel_and_the_chip_are_reached_and_pressed_without_a_mouse(stage: Stage) -> None:
    stage.type("carol@example.com")
    stage.press(KEY.Key_Return)
    chip = control(stage.page, "Remove carol@example.com", Chip)
    QTest.keyClick(chip, KEY.Key_Space)
    assert not chip.isVisible()
    assert stage.field.text() == "carol@example.com"
    QTest.keyClick(control(stage.page, "Cancel", Button), KEY.Key_Space)
    assert stage.cancelled == 1


async def test_the_directory_is_asked(relay: Relay, tmp_path: Path, theme: Theme) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    failures: list[BaseException] = []
    async with alice.online() as present:
        messenger = present.messenger
        bridge = Bridge(messenger.hub, failures.append)
        desk = Desk(messenger, theme, bridge, Said(), messenger.clock, UTC)
        stage = Stage(desk)
        stage.type("nobody@example.com")
        stage.press(KEY.Key_Return)
        await stage.until(
            lambda: stage.said == "nobody@example.com isn’t on Kingfisher, and texts need a phone number."
        )
        stage.press(KEY.Key_Return)
        assert stage.invited == ["nobody@example.com"]
        stage.page.clear()
        stage.type("alice@example.com")
        stage.press(KEY.Key_Return)
        await stage.until(lambda: stage.said == "This is your own address.")
        stage.page.clear()
        stage.type("bob@example.com")
        stage.press(KEY.Key_Return)
        await stage.until(lambda: bool(stage.started))
        person = await messenger.conversations.find("bob@example.com")
        assert stage.started == [person.person]
        assert control(stage.page, "Remove bob@example.com", Chip).accessibleDescription() == "Encrypted"
        stage.page.close()
        await bridge.close()
    assert not failures


async def test_an_address_that_is_another_account_s_by_now(tmp_path: Path, theme: Theme) -> None:
    """Said where it is typed and in the old conversation; the new one begins with a yes, and the old one stays."""
    failures: list[BaseException] = []
    async with moving(tmp_path) as (alice, _):
        messenger = alice.messenger
        bob = (await messenger.conversations.find(BOB)).person
        bridge = Bridge(messenger.hub, failures.append)
        desk = Desk(messenger, theme, bridge, Said(), messenger.clock, UTC)
        page = ConversationPage(desk)
        page.resize(800, 700)
        page.show()
        begun = QSignalSpy(page.other)
        await page.open(bob)
        words = f"{BOB} now belongs to another account. It may be another person."
        await until(lambda: words in {each.text() for each in page.findChildren(Label) if each.isVisible()})
        assert not control(page, "Send", QAbstractButton).isEnabled()

        stage = Stage(desk)
        stage.type(BOB)
        stage.press(KEY.Key_Escape, KEY.Key_Return)
        await stage.until(lambda: stage.said == words)
        assert stage.started == []
        assert control(stage.page, "New Conversation", Button).isVisible()
        stage.press(KEY.Key_Return)
        await stage.until(lambda: bool(stage.started))
        assert stage.started != [bob]
        person = await messenger.conversations.find(BOB)
        assert stage.started == [person.person]
        stage.page.close()

        QTest.keyClick(control(page, "New Conversation", QAbstractButton), KEY.Key_Space)
        await until(lambda: begun.count() == 1)
        assert bytes(begun.at(0)[0]) == person.person
        await page.close_down()
        page.close()
        await bridge.close()
    assert not failures


async def test_a_phone_number_without_kingfisher_is_written_to_as_text(tmp_path: Path, theme: Theme) -> None:
    failures: list[BaseException] = []
    async with texting.relay(tmp_path / "relay", texting.Network()) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with alice.online() as present:
            messenger = present.messenger
            bridge = Bridge(messenger.hub, failures.append)
            stage = Stage(Desk(messenger, theme, bridge, Said(), messenger.clock, UTC))
            stage.type(texting.CAROL)
            stage.press(KEY.Key_Return)
            await stage.until(lambda: bool(stage.started))
            person = await messenger.conversations.find(texting.CAROL)
            assert stage.started == [person.person]
            chip = control(stage.page, f"Remove {texting.CAROL}", Chip)
            assert (chip.accessibleDescription(), stage.said) == ("Text message", "")
            stage.page.close()
            await bridge.close()
    assert not failures
