"""The details of a person: every control by its name and with the keyboard, and what it changes in the store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QScrollArea, QWidget

from app.client import contacts
from app.client.contacts import Card
from app.domain.conversation import Policy
from app.storage import notices
from app.ui.desk import Desk
from app.ui.details.pane import DetailsPane
from app.ui.details.verify import VerifyDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.choices import Choice
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.switch import Switch
from tests.parts.waiting import until
from tests.parts.window import Said, control, person_of

MAYA = "Maya Okafor"
KEY = Qt.Key


class Stage:
    """The pane on the screen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.window = QWidget()
        self.window.resize(1120, 760)
        self.pane = DetailsPane(desk, self.window)
        self.pane.setGeometry(820, 0, 300, 760)
        self.window.show()

    def press(self, name: str, key: KEY = KEY.Key_Space) -> None:
        """As somebody without a mouse does."""
        target = control(self.pane, name, QAbstractButton)
        assert target.focusPolicy() & Qt.FocusPolicy.TabFocus
        target.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(target, key)

    async def card(self, name: str = MAYA) -> Card:
        messenger = self.desk.messenger
        return await contacts.card(messenger.database, messenger.me, person_of(name))

    async def becomes(self, condition: Callable[[Card], bool], name: str = MAYA) -> None:
        async with asyncio.timeout(20):
            while not condition(await self.card(name)):
                await asyncio.sleep(0.005)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)

    def there(self, name: str) -> bool:
        return any(each.accessibleName() == name and each.isVisible() for each in self.pane.findChildren(QWidget))

    def words(self) -> list[str]:
        return [each.text() for each in self.pane.findChildren(QLabel) if each.isVisible()]


@pytest_asyncio.fixture
async def stage(desk: Desk) -> AsyncIterator[Stage]:
    made = Stage(desk)
    await made.pane.open(person_of(MAYA))
    yield made
    made.window.close()


def dialog() -> Dialog:
    found = [each for each in QApplication.allWidgets() if isinstance(each, Dialog) and each.isVisible()]
    assert len(found) == 1
    return found[0]


def asked() -> bool:
    return any(isinstance(each, Dialog) and each.isVisible() for each in QApplication.allWidgets())


async def test_who_it_is_and_the_number_to_compare(stage: Stage, said: Said) -> None:
    words = stage.words()
    assert MAYA in words
    number = (await stage.card()).number
    (digits,) = [each for each in words if len(each) == 71]
    assert digits.replace(" ", "").replace("\n", "") == number
    assert [len(line.split()) for line in digits.split("\n")] == [4, 4, 4]
    assert stage.there("Verified")
    stage.press("Copy maya@example.com")
    assert QGuiApplication.clipboard().text() == "maya@example.com"
    assert said.lines[-1][0] == "Address copied"


async def test_it_is_made_when_it_is_first_looked_at(desk: Desk) -> None:
    """A start that shows no details does not wait for them; to be opened and to be shown both count as a look."""
    opened, shown = DetailsPane(desk), DetailsPane(desk)
    for pane in (opened, shown):
        assert [each.accessibleName() for each in pane.findChildren(QAbstractButton)] == ["Close details"]
    await opened.open(person_of(MAYA))
    shown.show()
    for pane in (opened, shown):
        assert {"Search", "Mute"} <= {each.accessibleName() for each in pane.findChildren(QAbstractButton)}
        pane.hide()
        pane.deleteLater()


async def test_pin_and_mute_with_undo(stage: Stage, said: Said) -> None:
    stage.press("Unpin")
    await stage.becomes(lambda card: not card.pinned)
    await stage.until(lambda: stage.there("Pin"))
    stage.press("Pin")
    await stage.becomes(lambda card: card.pinned)
    stage.press("Mute")
    menu = stage.pane.findChild(QMenu)
    assert menu is not None
    assert [action.text() for action in menu.actions()] == ["For 1 Hour", "For 8 Hours", "Until I Turn It Back On"]
    QTest.keyClick(menu, KEY.Key_Down)
    QTest.keyClick(menu, KEY.Key_Return)
    await stage.becomes(lambda card: card.muted_until == stage.desk.now() + 3_600_000)
    assert said.lines[-1] == ("Muted for 1 hour", "Undo")
    await stage.until(lambda: stage.there("Unmute"))
    said.act()
    await stage.becomes(lambda card: card.muted_until == 0)
    await stage.until(lambda: stage.there("Mute"))
    stage.press("Mute")
    stage.pane.findChildren(QMenu)[-1].actions()[2].trigger()
    await stage.until(lambda: stage.there("Unmute"))
    stage.press("Unmute")
    await stage.becomes(lambda card: card.muted_until == 0)
    await stage.until(lambda: stage.there("Mute"))


async def test_undo_of_mute_is_for_the_one_that_was_muted(stage: Stage, said: Said) -> None:
    """Whoever is open by then; and what was chosen in a menu is for whom it was opened."""
    leo, long_ago = "Leo Brandt", stage.desk.now() - 1
    talk = stage.desk.messenger.conversations
    await talk.mute(person_of(MAYA), long_ago)
    muted = (await stage.card(leo)).muted_until
    await stage.pane.open(person_of(MAYA))
    stage.press("Mute")
    await stage.pane.open(person_of(leo))
    menu = stage.pane.findChild(QMenu)
    assert menu is not None
    menu.actions()[2].trigger()
    await stage.becomes(lambda card: card.muted(stage.desk.now()))
    assert (await stage.card(leo)).muted_until == muted
    said.act()
    await stage.becomes(lambda card: card.muted_until == long_ago)
    assert (await stage.card(leo)).muted_until == muted
    menu.close()


async def test_a_name_of_ones_own(stage: Stage) -> None:
    stage.press("Edit Name…")
    field = control(stage.pane, "Name", QLineEdit)
    QTest.keyClicks(field, "May")
    QTest.keyClick(field, KEY.Key_Escape)
    assert (await stage.card()).own_name == MAYA
    stage.press("Edit Name…")
    QTest.keyClicks(field, "May")
    QTest.keyClick(field, KEY.Key_Return)
    await stage.becomes(lambda card: card.own_name == "May")
    await stage.until(lambda: "May" in stage.words())


async def test_a_name_half_written_is_for_nobody_else(stage: Stage) -> None:
    """Also while the other person's card is still read."""
    stage.press("Edit Name…")
    field = control(stage.pane, "Name", QLineEdit)
    QTest.keyClicks(field, "May")
    opening = asyncio.ensure_future(stage.pane.open(person_of("Jonas Lind")))
    await asyncio.sleep(0)
    assert not field.isVisible()
    stage.press("Edit Name…")
    assert not field.isVisible()
    await opening
    assert not field.isVisible() and "Jonas Lind" in stage.words()
    stage.press("Edit Name…")
    assert field.isVisible() and field.text() == "Jonas Lind"
    QTest.keyClicks(field, "Jo")
    await stage.pane.open(person_of("Jonas Lind"))  # the same one again
    assert field.isVisible() and field.text() == "Jo"
    QTest.keyClick(field, KEY.Key_Return)
    await stage.becomes(lambda card: card.own_name == "Jo", "Jonas Lind")
    assert (await stage.card()).own_name == MAYA


async def test_read_receipts_for_one_person_and_for_nobody(stage: Stage) -> None:
    stage.press("Send read receipts")
    await stage.becomes(lambda card: not card.told)
    stage.press("Send read receipts")
    await stage.becomes(lambda card: card.told)
    stage.press("Send read receipts")
    stage.press("Send read receipts")  # at once, as a double click: what was pressed last holds
    stage.press("Unpin")  # written after them
    await stage.becomes(lambda card: not card.pinned)
    assert (await stage.card()).told
    stage.desk.messenger.settings.change("send_read_receipts", False)
    switch = control(stage.pane, "Send read receipts", Switch)
    await stage.until(lambda: not switch.isEnabled())
    assert not switch.isChecked()
    assert "Off for everybody in Settings" in stage.words()
    assert (await stage.card()).told


async def test_a_press_is_not_undone_by_what_was_read_before_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    switch = control(stage.pane, "Send read receipts", Switch)
    read, go_on, plain = asyncio.Event(), asyncio.Event(), contacts.card

    async def late(*asked: Any) -> Card:
        card = await plain(*asked)
        read.set()
        await go_on.wait()
        return card

    monkeypatch.setattr(contacts, "card", late)
    before = asyncio.create_task(stage.pane.open(person_of(MAYA)))
    await read.wait()
    stage.press("Send read receipts")
    go_on.set()
    await before
    assert not switch.isChecked()
    await stage.becomes(lambda card: not card.told)


async def test_which_ways_its_messages_may_go(stage: Stage) -> None:
    """By the keys alone: each choice says what follows from it, is kept, and is there when the pane is opened again."""
    choice = control(stage.pane, "Messages go", Choice)
    assert (choice.value, choice.accessibleDescription()) == (Policy.AUTOMATIC, "Automatic")
    choice.setFocus(Qt.FocusReason.TabFocusReason)
    steps: tuple[tuple[KEY, Policy, str, str], ...] = (
        (KEY.Key_Down, Policy.ALWAYS_TEXT, "Always Text", "texts go without asking"),
        (KEY.Key_Down, Policy.ONLY_ENCRYPTED, "Only Encrypted", "Nothing here ever leaves as a text"),
        (KEY.Key_Up, Policy.ALWAYS_TEXT, "Always Text", "texts go without asking"),
    )
    for key, policy, name, means in steps:
        QTest.keyClick(choice, key)
        await stage.becomes(lambda card, policy=policy: card.policy is policy)
        assert choice.accessibleDescription() == name
        assert any(means in each for each in stage.words())
    await stage.pane.open(person_of("Jonas Lind"))
    assert choice.value is Policy.AUTOMATIC
    await stage.pane.open(person_of(MAYA))
    assert choice.value is Policy.ALWAYS_TEXT
    assert any("texts go without asking" in each for each in stage.words())
    QTest.keyClick(choice, KEY.Key_Space)
    menu = choice.findChildren(QMenu)[-1]
    assert [each.text() for each in menu.actions() if each.isChecked()] == ["Always Text"]
    menu.actions()[2].trigger()
    menu.close()
    await stage.becomes(lambda card: card.policy is Policy.ONLY_ENCRYPTED)


async def test_blocking_is_confirmed_and_taken_back(stage: Stage) -> None:
    stage.press("Block Maya")
    await stage.until(asked)
    QTest.keyClick(control(dialog(), "Cancel", Button), KEY.Key_Space)
    await stage.until(lambda: not asked())
    assert not (await stage.card()).blocked
    stage.press("Block Maya")
    await stage.until(asked)
    QTest.keyClick(control(dialog(), "Block", Button), KEY.Key_Space)
    await stage.becomes(lambda card: card.blocked)
    await stage.until(lambda: stage.there("Unblock Maya"))
    stage.press("Unblock Maya")
    await stage.becomes(lambda card: not card.blocked)


async def test_a_device_that_was_added_is_told_until_it_was_seen(stage: Stage) -> None:
    database = stage.desk.messenger.database
    account = (
        await database.read(lambda view: view.value("SELECT account FROM people WHERE name = ?", (MAYA,)))
    ) or b""
    await database.write(lambda tx: notices.add(tx, "devices", "device_added", account=account, device=b"n" * 16))
    await stage.pane.open(person_of(MAYA))
    sentence = f"{MAYA} added a device."
    await stage.until(lambda: sentence in stage.words())
    stage.press(f"OK, I have seen that: {sentence}")
    await stage.becomes(lambda card: card.notices == ())
    await stage.until(lambda: sentence not in stage.words())


async def test_search_and_both_ways_to_close(stage: Stage) -> None:
    heard: list[str] = []
    stage.pane.search.connect(lambda: heard.append("search"))
    stage.pane.closed.connect(lambda: heard.append("closed"))
    stage.press("Search")
    stage.press("Close details")
    QTest.keyClick(stage.pane, KEY.Key_Escape)
    assert heard == ["search", "closed", "closed"]
    await stage.pane.open(b"nobody")
    assert not stage.there("Search")


async def test_numbers_that_match_make_a_person_verified(stage: Stage, said: Said) -> None:
    await stage.pane.open(person_of("Jonas Lind"))
    stage.press("Compare…")
    await stage.until(asked)
    shown = dialog()
    assert shown.windowTitle() == "Verify Jonas Lind"
    QTest.keyClick(control(shown, "Copy", Button), KEY.Key_Space)
    number = (await stage.card("Jonas Lind")).number
    assert "".join(QGuiApplication.clipboard().text().split()) == number
    QTest.keyClick(control(shown, "Show QR Code", Button), KEY.Key_Space)
    assert control(shown, "Safety number as a QR code").isVisible()
    QTest.keyClick(control(shown, "Show Digits", Button), KEY.Key_Space)
    QTest.keyClick(control(shown, "Mark as Verified", Button), KEY.Key_Space)
    await stage.becomes(lambda card: card.verified, "Jonas Lind")
    await stage.until(lambda: stage.there("Verified") and not asked())


async def test_numbers_that_differ_take_the_word_back_and_say_what_that_means(stage: Stage) -> None:
    stage.press("Compare…")
    await stage.until(asked)
    shown = dialog()
    QTest.keyClick(control(shown, "They Don’t Match", Button), KEY.Key_Space)
    await stage.becomes(lambda card: not card.verified)
    said = [each.text() for each in shown.findChildren(QLabel) if each.isVisible()]
    assert "Then somebody may be in between. Write nothing private here, and ask Maya about it another way." in said
    QTest.keyClick(control(shown, "OK", Button), KEY.Key_Space)
    await stage.until(lambda: not asked() and not stage.there("Verified"))


async def test_later_changes_nothing(stage: Stage) -> None:
    stage.press("Compare…")
    await stage.until(asked)
    QTest.keyClick(control(dialog(), "Later", Button), KEY.Key_Space)
    await stage.until(lambda: not asked())
    assert (await stage.card()).verified


@pytest.mark.parametrize("size", [(1120, 760), (420, 720)])
async def test_large_text_leaves_every_digit_to_compare(desk: Desk, theme: Theme, size: tuple[int, int]) -> None:
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    host = QWidget()
    host.resize(*size)
    host.show()
    messenger = desk.messenger
    card = await contacts.card(messenger.database, messenger.me, person_of("Jonas Lind"))
    shown = VerifyDialog(desk, card, host)
    shown.show()
    number = next(each for each in shown.findChildren(QLabel) if each.accessibleName().startswith("Safety number"))
    area = control(shown, "To compare", QScrollArea)
    assert "".join(number.accessibleName().split()[2:]) == card.number
    view = area.viewport()
    await until(lambda: 0 <= number.mapTo(view, QPoint()).x() <= view.width() - number.width())  # cut at no side
    assert number.height() >= number.sizeHint().height()
    assert number.width() >= number.sizeHint().width()
    reached = area.verticalScrollBar().maximum() == 0 or bool(area.focusPolicy() & Qt.FocusPolicy.TabFocus)
    assert reached
    host.close()
    host.deleteLater()
