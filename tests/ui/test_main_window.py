"""The window as a whole, by the names of its controls: opening, keys, panes, and what the next start finds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFileDialog, QMenu, QTextEdit, QWidget

from app.client import connectivity, contacts, standing
from app.content.text import Text
from app.ui import window_state
from app.ui.bannered import Bannered
from app.ui.chat_list.panel import ChatListPanel
from app.ui.conversation.banners import ConnectionBanner
from app.ui.conversation.strip import BannerAction
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.shell import Shell
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.dialog import Question
from app.ui.window_state import WindowState
from tests.parts.window import NOW, Said, control, person_of

MAYA, JONAS, LEO = (person_of(name) for name in ("Maya Okafor", "Jonas Lind", "Leo Brandt"))
SARA = person_of("Sara Novak")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def becomes(condition: Callable[[contacts.Card], bool], desk: Desk, conversation: bytes) -> None:
    messenger = desk.messenger
    async with asyncio.timeout(10):
        while not condition(await contacts.card(messenger.database, messenger.me, conversation)):
            await asyncio.sleep(0.01)


class Seat:
    """Whoever sits before one window."""

    def __init__(self, desk: Desk, state: WindowState | None = None) -> None:
        self.desk = desk
        self.shell = Shell(desk.theme, state or WindowState())
        self.window = MainWindow(desk, None, state or WindowState())
        self.shell.fill(self.window)
        self.shell.resize(1120, 760)
        self.shell.show()
        self.shell.activateWindow()

    def press(self, keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        from PySide6.QtTest import QTest

        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, keys, modifier)

    def shows(self, name: str) -> bool:
        found = [each for each in self.shell.findChildren(QWidget) if each.accessibleName() == name]
        return any(each.isVisible() for each in found)

    async def open(self, conversation: bytes) -> None:
        self.window.open_conversation(conversation)
        await until(lambda: self.window.attending() == conversation)

    async def leave(self) -> WindowState:
        state = self.window.state(self.shell.place())
        await self.window.close_down()
        self.shell.fill(None)
        self.window.deleteLater()
        self.shell.close()
        self.shell.deleteLater()
        return state


@pytest_asyncio.fixture
async def seat(desk: Desk) -> AsyncIterator[Seat]:
    found = Seat(desk)
    await found.window.open()
    yield found
    await found.leave()


async def test_it_begins_with_a_way_to_begin(seat: Seat) -> None:
    assert seat.shows("No conversation open")
    assert seat.window.attending() is None


async def test_a_new_message_and_back(seat: Seat) -> None:
    seat.press(Qt.Key.Key_N)
    assert control(seat.shell, "To").isVisible()
    seat.press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert seat.shows("No conversation open")


async def test_keys_walk_the_list_and_open_pinned_ones(seat: Seat) -> None:
    await until(lambda: seat.shows("Conversations"))
    await until(lambda: bool(control(seat.shell, "Conversations").model().rowCount()))  # type: ignore[attr-defined]
    seat.press(Qt.Key.Key_1)
    await until(lambda: seat.window.attending() is not None)
    first = seat.window.attending()
    seat.press(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    await until(lambda: seat.window.attending() not in (None, first))
    seat.press(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    await until(lambda: seat.window.attending() == first)


async def test_details_by_key(seat: Seat) -> None:
    await seat.open(MAYA)
    seat.press(Qt.Key.Key_I)
    await until(lambda: seat.shows("Close details"))
    assert seat.window.state(b"").details
    seat.press(Qt.Key.Key_I)
    await until(lambda: not seat.shows("Close details"))
    assert not seat.window.state(b"").details


async def test_muting_is_said_and_can_be_undone(seat: Seat) -> None:
    await seat.open(MAYA)
    seat.press(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    messenger = seat.desk.messenger
    said = seat.desk.say
    assert isinstance(said, Said)
    await until(lambda: ("Muted", "Undo") in said.lines)
    assert (await contacts.card(messenger.database, messenger.me, MAYA)).muted(NOW)
    await seat.open(JONAS)
    said.act()
    await becomes(lambda card: not card.muted(NOW), seat.desk, MAYA)


async def test_keys_of_a_conversation_that_is_not_on_the_screen_do_nothing(seat: Seat) -> None:
    """Under another page, and behind the list of a narrow window."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    said = seat.desk.say
    assert isinstance(said, Said)

    def press() -> None:
        seat.press(Qt.Key.Key_M, both)
        seat.press(Qt.Key.Key_P, both)
        assert said.lines == [] and not seat.shell.findChildren(QFileDialog)

    await seat.open(MAYA)
    seat.press(Qt.Key.Key_N)
    await until(lambda: seat.shows("New message"))
    press()
    await seat.open(MAYA)
    seat.shell.resize(400, 700)
    await until(lambda: seat.shows("Back"))
    control(seat.shell, "Back", IconButton).click()
    await until(lambda: seat.window.attending() is None)
    press()
    await seat.open(JONAS)
    seat.press(Qt.Key.Key_M, both)
    await until(lambda: bool(said.lines))
    assert said.lines == [("Muted", "Undo")]
    messenger = seat.desk.messenger
    assert (await contacts.card(messenger.database, messenger.me, JONAS)).muted(NOW)
    assert not (await contacts.card(messenger.database, messenger.me, MAYA)).muted(NOW)


async def test_a_deleted_request_leads_back_to_the_list(seat: Seat) -> None:
    await seat.open(SARA)
    control(seat.shell, "Delete", Button).click()
    await until(lambda: bool(seat.shell.findChildren(Question)))
    control(seat.shell.findChildren(Question)[-1], "Delete", Button).click()
    await until(lambda: seat.shows("No conversation open"))
    assert seat.window.attending() is None
    listed = control(seat.shell, "Conversations", QAbstractItemView)
    model = listed.model()
    await until(lambda: "Sara Novak" not in [model.index(at, 0).data() for at in range(model.rowCount())])


async def test_text_size_by_keys(seat: Seat) -> None:
    settings = seat.desk.messenger.settings
    seat.press(Qt.Key.Key_Plus)
    assert settings.values.text_size == 115
    await until(lambda: seat.desk.theme.scale == 1.15)
    seat.press(Qt.Key.Key_Minus)
    seat.press(Qt.Key.Key_Minus)
    assert settings.values.text_size == 85
    seat.press(Qt.Key.Key_0)
    assert settings.values.text_size == 100


async def test_f6_goes_round_the_panes(seat: Seat) -> None:
    await seat.open(MAYA)
    field = control(seat.shell, "Message", QTextEdit)
    field.setFocus()
    seat.press(Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier)
    assert not field.hasFocus()
    seat.press(Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier)
    assert field.hasFocus()


async def test_a_narrow_window_shows_one_pane_and_a_way_back(seat: Seat) -> None:
    seat.shell.resize(400, 700)
    assert seat.shows("New Message")
    await seat.open(MAYA)
    back = control(seat.shell, "Back")
    assert back.isVisible()
    assert not seat.shows("Conversations")

    seat.press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)

    await until(lambda: seat.shows("Conversations"))
    assert seat.window.attending() is None


@pytest.mark.parametrize(
    ("entry", "dialog"), [("Keyboard Shortcuts", "Keyboard shortcuts"), ("About Kingfisher", "About Kingfisher")]
)
async def test_the_menu_is_about_the_program_too(seat: Seat, entry: str, dialog: str) -> None:
    control(seat.shell, "Menu", IconButton).click()
    await until(lambda: bool(seat.shell.findChildren(QMenu)))
    menu = seat.shell.findChildren(QMenu)[0]
    named = {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}
    assert list(named)[-4:] == ["Keyboard Shortcuts", "About Kingfisher", "Sign Out…", "Quit Kingfisher"]
    named[entry].trigger()
    menu.close()
    await until(lambda: seat.shows(dialog))
    control(seat.shell, "Close", Button).click()
    await until(lambda: not seat.shows(dialog))


async def test_quit_is_asked_for_and_left_to_the_program(seat: Seat) -> None:
    asked: list[str] = []
    seat.window.quitting.connect(lambda: asked.append("quit"))
    seat.window.closing.connect(lambda: asked.append("close"))
    seat.press(Qt.Key.Key_Q)
    seat.press(Qt.Key.Key_W)
    assert asked == ["quit", "close"]


async def test_the_next_start_finds_conversation_draft_and_panes(desk: Desk, tmp_path: Path) -> None:
    first = Seat(desk)
    await first.window.open()
    await first.open(JONAS)
    field = control(first.shell, "Message", QTextEdit)
    field.setFocus()
    field.insertPlainText("half a thought")
    first.press(Qt.Key.Key_I)
    desk.theme.follow_scheme(True)
    window_state.save(tmp_path, await first.leave())
    desk.theme.follow_scheme(None)
    state = window_state.load(tmp_path)
    assert (state.details, state.dark, state.contrast) == (True, True, False)
    assert b"Jonas" not in (tmp_path / window_state.NAME).read_bytes()
    again = Seat(desk, state)
    await again.window.open()
    assert again.window.attending() == JONAS
    assert control(again.shell, "Message", QTextEdit).toPlainText() == "half a thought"
    await again.leave()


async def test_where_nothing_was_open_nothing_opens(seat: Seat, desk: Desk) -> None:
    await standing.keep(desk.messenger, None)
    assert await standing.last(desk.messenger) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"geometry": 7}', '{"geometry": "!", "sidebar": "wide"}', '{"dark": 1}', "\ud800"]
)
def test_a_damaged_window_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / window_state.NAME).write_text(text, errors="surrogatepass")
    found = window_state.load(tmp_path)
    assert (found.geometry, found.details, found.dark) == (b"", False, None)
    assert 280 <= found.sidebar <= 400


async def test_every_page_says_that_the_relay_is_away_and_only_one_of_them_at_a_time(seat: Seat) -> None:
    def says() -> list[ConnectionBanner]:
        return [each for each in seat.shell.findChildren(ConnectionBanner) if each.isVisible()]

    assert says() == []  # nobody has tried yet
    connectivity.retry_now(seat.desk.messenger)
    await until(lambda: len(says()) == 1)
    assert seat.shows("No conversation open")
    seat.press(Qt.Key.Key_N)
    await until(lambda: seat.shows("New message"))
    (there,) = says()
    assert "the relay" in there.words.text()
    await until(lambda: connectivity.of(seat.desk.messenger).retry_at is not None)
    control(there, "Retry Now", BannerAction).click()
    await until(lambda: "Trying again…" in there.words.text())

    # What waits is counted there as well, and one press leads to it; the page of the conversation has its own.
    await seat.desk.messenger.sending.send(MAYA, Text("One"))
    await until(lambda: seat.shows("1 message waits"))
    control(there, "1 message waits", BannerAction).click()
    await until(lambda: seat.shows("Outbox"))
    assert says() == [there]
    await seat.open(MAYA)
    (inside,) = says()
    assert inside is not there
    assert inside.parentWidget() is not there.parentWidget()


async def test_the_list_of_a_narrow_window_says_it_too(seat: Seat) -> None:
    def says() -> list[str]:
        found = [each for each in seat.shell.findChildren(ConnectionBanner) if each.isVisible()]
        return ["list" if seat.window.isAncestorOf(each) and beside(each) else "page" for each in found]

    def beside(banner: ConnectionBanner) -> bool:
        around = banner.parentWidget()
        return isinstance(around, Bannered) and bool(around.findChildren(ChatListPanel))

    await seat.open(MAYA)
    connectivity.retry_now(seat.desk.messenger)
    await until(lambda: connectivity.of(seat.desk.messenger).retry_at is not None)
    await until(lambda: says() == ["page"])
    seat.shell.resize(600, 700)
    await until(lambda: says() == ["page"])
    control(seat.window, "Back", IconButton).click()
    banners = seat.shell.findChildren(ConnectionBanner)
    assert [each.isHidden() for each in banners if beside(each)] == [False]  # at once, not at the next try
    await until(lambda: says() == ["list"])
    seat.shell.resize(1120, 760)
    await until(lambda: says() == ["page"])
