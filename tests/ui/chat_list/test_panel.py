"""The sidebar by name and keyboard: rows, pinned avatars, filters, search, menus, and what stands where nothing is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QMenu, QWidget

from app.client import changes
from app.client.timeline import AtRow, Start
from app.client.typing import Shown
from app.storage import conversations as table
from app.ui.chat_list.header import Header
from app.ui.chat_list.panel import ChatListPanel
from app.ui.chat_list.pills import Pill
from app.ui.chat_list.pinned import PinnedButton
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import IconButton
from tests.parts.waiting import until
from tests.parts.window import LONG_NAME, NOW, RTL_NAME, Furniture, Said, control, furnished, person_of, values

Key = Qt.Key


class Opened:
    """What was opened, and the rest of what the panel said."""

    def __init__(self, panel: ChatListPanel) -> None:
        self.places: list[tuple[bytes, object]] = []
        self.marks: list[str] = []
        self.said: list[str] = []
        panel.opened.connect(self._open)
        panel.left.connect(lambda: self.said.append("left"))
        panel.compose.connect(lambda: self.said.append("compose"))
        panel.settings.connect(lambda: self.said.append("settings"))
        panel.invite.connect(lambda: self.said.append("invite"))

    def _open(self, conversation: bytes, target: object, mark: str) -> None:
        self.places.append((conversation, target))
        self.marks.append(mark)


async def shown(desk: Desk, high: int = 760) -> ChatListPanel:
    made = ChatListPanel(desk)
    made.resize(320, high)
    made.show()
    made.activateWindow()
    await until(lambda: made._feed.filled)
    return made


@pytest_asyncio.fixture
async def panel(desk: Desk) -> AsyncIterator[ChatListPanel]:
    made = await shown(desk)
    await until(lambda: bool(unread(made).accessibleDescription()))
    yield made
    made.hide()
    made.deleteLater()


@pytest.fixture
def opened(panel: ChatListPanel) -> Opened:
    return Opened(panel)


def rows(panel: ChatListPanel, name: str = "Conversations") -> QListView:
    return control(panel, name, QListView)


def unread(panel: ChatListPanel) -> Pill:
    return control(panel, "Unread", Pill)


def names(listed: QListView) -> list[str]:
    model = listed.model()
    return [str(model.data(model.index(row, 0))) for row in range(model.rowCount())]


def sentence(listed: QListView, name: str) -> str:
    model = listed.model()
    return str(model.data(model.index(names(listed).index(name), 0), Qt.ItemDataRole.AccessibleTextRole))


def field(panel: ChatListPanel) -> QLineEdit:
    return control(panel, "Search", QLineEdit)


def pins(panel: ChatListPanel) -> list[PinnedButton]:
    return [each for each in panel.findChildren(PinnedButton) if each.isVisibleTo(panel)]


def choose(menu: QMenu, words: str) -> None:
    """An action of the menu or of one below it."""
    actions: list[QAction] = [*menu.actions(), *(each for sub in menu.findChildren(QMenu) for each in sub.actions())]
    [action] = [each for each in actions if each.text() == words]
    action.trigger()
    menu.close()


def menu_of(panel: ChatListPanel, name: str) -> QMenu:
    entry = next(each for each in panel._feed.model.entries if each.title.name == name)
    return panel._actions.menu(panel, entry, QPoint(0, 0))


# rows and avatars


async def test_pinned_ones_are_avatars_and_all_others_rows(panel: ChatListPanel) -> None:
    assert sorted(each.accessibleName() for each in pins(panel)) == ["Aiko Tanabe", "Maya Okafor", "Priya Raman"]
    listed = names(rows(panel))
    assert {"Jonas Lind", "Sam Whitlock", "Theo Marchetti", "Leo Brandt", "Sara Novak"} <= set(listed)
    assert any(each.startswith("Maximiliana") for each in listed)
    assert len(listed) == 7


async def test_each_row_reads_out_as_one_sentence(panel: ChatListPanel) -> None:
    listed = rows(panel)
    assert sentence(listed, "Sam Whitlock") == "Sam Whitlock. Not Delivered: On my way! Yesterday."
    assert sentence(listed, "Theo Marchetti").startswith("Theo Marchetti. Draft: Could we move the review to Friday?")
    assert sentence(listed, "Sara Novak") == "Sara Novak. Message request. Hello, is this Noor? 9:36. 1 unread message."
    assert sentence(listed, "Leo Brandt").endswith("12 unread messages. Muted.")


async def test_readers_find_a_list_with_items(panel: ChatListPanel) -> None:
    reader = QAccessible.queryAccessibleInterface(rows(panel))
    assert reader.role() == QAccessible.Role.List
    assert reader.text(QAccessible.Text.Name) == "Conversations"
    item = reader.child(names(rows(panel)).index("Sam Whitlock"))
    assert item.role() == QAccessible.Role.ListItem
    assert item.text(QAccessible.Text.Name).startswith("Sam Whitlock. Not Delivered")


async def test_a_click_opens_at_the_first_unread(panel: ChatListPanel, opened: Opened) -> None:
    listed = rows(panel)
    index = listed.model().index(names(listed).index("Jonas Lind"), 0)
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=listed.visualRect(index).center())
    QTest.mouseClick(pins(panel)[0], Qt.MouseButton.LeftButton)
    assert opened.places == [
        (person_of("Jonas Lind"), Start.FIRST_UNREAD),
        (person_of(pins(panel)[0].accessibleName()), Start.FIRST_UNREAD),
    ]


async def test_the_keyboard_goes_all_the_way_down_and_back(panel: ChatListPanel, opened: Opened) -> None:
    field(panel).setFocus()
    QTest.keyClick(field(panel), Key.Key_Down)
    await until(pins(panel)[0].hasFocus)
    QTest.keyClick(pins(panel)[0], Key.Key_Right)
    assert pins(panel)[1].hasFocus()
    QTest.keyClick(pins(panel)[1], Key.Key_Return)
    assert opened.places == [(person_of(pins(panel)[1].accessibleName()), Start.FIRST_UNREAD)]
    QTest.keyClick(pins(panel)[1], Key.Key_Down)
    listed = rows(panel)
    assert listed.hasFocus()
    assert listed.currentIndex().row() == 0
    QTest.keyClick(listed, Key.Key_End)
    QTest.keyClick(listed, Key.Key_Return)
    assert opened.places[-1] == (person_of(panel._feed.model.entries[-1].title.name), Start.FIRST_UNREAD)
    QTest.keyClick(listed, Key.Key_Home)
    QTest.keyClick(listed, Key.Key_Up)
    assert pins(panel)[-1].hasFocus()
    QTest.keyClick(pins(panel)[-1], Key.Key_Up)
    assert control(panel, "All", Pill).hasFocus()
    QTest.keyClick(control(panel, "All", Pill), Key.Key_Right)
    assert unread(panel).hasFocus()


async def test_tab_reaches_every_control(panel: ChatListPanel) -> None:
    header = panel.findChild(Header)
    assert header is not None
    control(panel, "Menu", IconButton).setFocus()
    seen: list[str] = []
    for _ in range(10):
        focused = panel.focusWidget()
        assert focused is not None
        seen.append(focused.accessibleName())
        QTest.keyClick(focused, Key.Key_Tab)
    order = [each.accessibleName() for each in pins(panel)]
    assert seen[:9] == ["Menu", "New Message", "Search", "All", "Unread", *order, "Conversations"]


async def test_what_is_open_keeps_its_choice_and_the_keyboard_its_row(panel: ChatListPanel, desk: Desk) -> None:
    panel.select(person_of("Sam Whitlock"))
    listed = rows(panel)
    at = names(listed).index("Theo Marchetti")
    listed.selectionModel().setCurrentIndex(listed.model().index(at, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
    await Furniture(desk.messenger).say("Theo Marchetti", "Friday is fine", NOW)
    await until(lambda: names(listed).index("Theo Marchetti") == 0)
    assert listed.currentIndex().row() == 0
    chosen = [index.row() for index in listed.selectionModel().selectedIndexes()]
    assert chosen == [names(listed).index("Sam Whitlock")]


async def test_stepping_goes_through_avatars_and_rows(panel: ChatListPanel, opened: Opened) -> None:
    order = [each.conversation for each in panel._feed.model.entries]
    panel.step(1)
    panel.nth(4)
    panel.nth(9)
    panel.nth(99)
    panel.select(order[3])
    panel.step(-1)
    panel.step(1)
    panel.select(order[0])
    panel.step(-1)
    assert [place for place, _ in opened.places] == [order[0], order[3], order[8], order[2], order[4]]


async def test_there_are_no_avatars_where_there_is_no_room(panel: ChatListPanel, theme: Theme) -> None:
    panel.resize(320, 519)
    assert pins(panel) == []
    assert len(names(rows(panel))) == 10
    panel.resize(320, 520)
    assert len(pins(panel)) == 3
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    panel.resize(640, 1000)
    assert pins(panel) == []


async def test_typing_is_seen_at_once_and_goes(panel: ChatListPanel, desk: Desk) -> None:
    talk, jonas = desk.messenger.typing, person_of("Jonas Lind")
    talk._signs[jonas] = Shown(b"", 0, desk.clock.monotonic() + 6)
    desk.messenger.hub.publish([changes.TypingChanged(jonas)])
    await until(lambda: sentence(rows(panel), "Jonas Lind").startswith("Jonas Lind. typing…"))
    del talk._signs[jonas]
    desk.messenger.hub.publish([changes.TypingChanged(jonas)])
    await until(lambda: "typing" not in sentence(rows(panel), "Jonas Lind"))


async def test_hidden_previews_are_hidden_at_once(panel: ChatListPanel, desk: Desk) -> None:
    values(desk).change("hide_previews", True)
    await until(lambda: "review" not in sentence(rows(panel), "Theo Marchetti"))


# filters


async def test_only_unread_ones(panel: ChatListPanel, desk: Desk) -> None:
    assert unread(panel).accessibleDescription() == "2 conversations"
    QTest.mouseClick(unread(panel), Qt.MouseButton.LeftButton)
    await until(lambda: names(rows(panel)) == ["Sara Novak", "Leo Brandt"])
    assert [each.accessibleName() for each in pins(panel)] == ["Priya Raman"]
    panel.select(person_of("Sara Novak"))
    await desk.messenger.conversations.mark_read(person_of("Sara Novak"))
    await until(lambda: unread(panel).accessibleDescription() == "1 conversation")
    assert names(rows(panel)) == ["Sara Novak", "Leo Brandt"]
    panel.select(None)
    await until(lambda: names(rows(panel)) == ["Leo Brandt"])
    for name in ("Leo Brandt", "Priya Raman"):
        await desk.messenger.conversations.mark_read(person_of(name))
    await until(lambda: panel._empty.isVisible())
    assert panel._empty.words == "No unread messages You’re up to date."
    QTest.mouseClick(control(panel, "All", Pill), Qt.MouseButton.LeftButton)
    await until(lambda: len(names(rows(panel))) == 7)


async def test_the_archive_has_a_filter_while_it_holds_something(panel: ChatListPanel, desk: Desk, said: Said) -> None:
    shelf = control(panel, "Archived", Pill)
    assert not shelf.isVisible()
    choose(menu_of(panel, "Jonas Lind"), "Archive")
    await until(lambda: shelf.isVisible() and "Jonas Lind" not in names(rows(panel)))
    assert said.lines == [("Conversation archived", "Undo")]
    shelf.click()
    await until(lambda: names(rows(panel)) == ["Jonas Lind"])
    choose(menu_of(panel, "Jonas Lind"), "Unarchive")
    await until(lambda: not shelf.isVisible() and len(names(rows(panel))) == 7)
    assert control(panel, "All", Pill).isChecked()


async def test_the_texts_have_a_filter_while_a_conversation_goes_by_text(panel: ChatListPanel, desk: Desk) -> None:
    put, filtered = Furniture(desk.messenger), control(panel, "SMS", Pill)
    assert not filtered.isVisible()
    await put.phone("Dad", "+447700900142")
    row = await put.say("Dad", "Call me when you have landed", NOW)
    await put.text(row)
    await until(filtered.isVisible)
    unread(panel).setFocus()
    QTest.keyClick(unread(panel), Key.Key_Right)
    assert filtered.hasFocus()
    QTest.keyClick(filtered, Key.Key_Return)
    await until(lambda: names(rows(panel)) == ["Dad"])
    assert filtered.isChecked()
    assert pins(panel) == []
    await put.say("Dad", "I am on Kingfisher now", NOW + 1)
    await until(lambda: not filtered.isVisible() and len(names(rows(panel))) == 8)
    assert control(panel, "All", Pill).isChecked()


# menus


async def stored(desk: Desk, name: str) -> table.Conversation:
    found = await desk.messenger.database.read(lambda view: table.get(view, person_of(name)))
    assert found is not None
    return found


async def test_a_menu_marks_pins_and_mutes(panel: ChatListPanel, desk: Desk, said: Said) -> None:
    choose(menu_of(panel, "Jonas Lind"), "Mark as Unread")
    await until(lambda: "Marked as unread" in sentence(rows(panel), "Jonas Lind"))
    choose(menu_of(panel, "Jonas Lind"), "Mark as Read")
    await until(lambda: "Marked as unread" not in sentence(rows(panel), "Jonas Lind"))
    choose(menu_of(panel, "Sara Novak"), "Mark as Read")
    await until(lambda: "unread" not in sentence(rows(panel), "Sara Novak"))
    choose(menu_of(panel, "Jonas Lind"), "For 1 Hour")
    await until(lambda: sentence(rows(panel), "Jonas Lind").endswith("Muted."))
    assert said.lines == [("Muted for 1 hour", "Undo")]
    assert (await stored(desk, "Jonas Lind")).muted_until == NOW + 3_600_000
    choose(menu_of(panel, "Jonas Lind"), "Unmute")
    await until(lambda: not sentence(rows(panel), "Jonas Lind").endswith("Muted."))
    choose(menu_of(panel, "Jonas Lind"), "Pin")
    await until(lambda: "Jonas Lind" in [each.accessibleName() for each in pins(panel)])
    choose(menu_of(panel, "Jonas Lind"), "Unpin")
    await until(lambda: "Jonas Lind" in names(rows(panel)))


async def test_the_header_leads_on(panel: ChatListPanel, opened: Opened) -> None:
    QTest.mouseClick(control(panel, "New Message", IconButton), Qt.MouseButton.LeftButton)
    header = panel.findChild(Header)
    assert header is not None
    for words in ("Invite Someone…", "Settings…"):
        choose(header.open_menu(), words)
    assert opened.said == ["compose", "invite", "settings"]
    assert control(panel, "New Message", IconButton).toolTip() == "New Message (Ctrl+N)"


async def test_a_new_name_of_ones_own_is_on_the_avatar_at_once(panel: ChatListPanel, desk: Desk) -> None:
    avatar = panel.findChild(Avatar)
    assert avatar is not None
    before = avatar.grab().toImage()
    await desk.messenger.rename("Zoe Young")
    await until(lambda: avatar.grab().toImage() != before)


# search


async def test_search_leads_to_conversations_and_to_messages(panel: ChatListPanel, opened: Opened) -> None:
    field(panel).setFocus()
    QTest.keyClicks(field(panel), "maya")
    found = rows(panel, "Search results")
    await until(lambda: panel._results.results.words == "maya" and found.isVisible())
    assert names(found)[:2] == ["Conversations", "Maya Okafor"]
    panel.focus_search()
    QTest.keyClicks(field(panel), "weir")
    await until(lambda: panel._results.results.words == "weir")
    assert names(found) == ["Messages, 2 found", "Maya Okafor", "Maya Okafor"]
    assert sentence(found, "Maya Okafor") == "Maya Okafor. You: Perfect. See you at the weir. 9:39."
    QTest.keyClick(field(panel), Key.Key_Down)
    assert found.hasFocus()
    assert found.currentIndex().row() == 1
    QTest.keyClick(found, Key.Key_Down)
    QTest.keyClick(found, Key.Key_Return)
    [(conversation, target)] = opened.places
    assert opened.marks == ["weir"]
    assert conversation == person_of("Maya Okafor")
    assert isinstance(target, AtRow)
    QTest.keyClick(found, Key.Key_Up)
    QTest.keyClick(found, Key.Key_Up)
    assert field(panel).hasFocus()
    QTest.keyClick(field(panel), Key.Key_Escape)
    assert field(panel).text() == ""
    assert rows(panel).isVisible()
    assert opened.said == []
    QTest.keyClick(field(panel), Key.Key_Escape)
    assert opened.said == ["left"]


async def test_enter_opens_the_first_result_and_escape_in_the_results_ends_the_search(
    panel: ChatListPanel, opened: Opened
) -> None:
    field(panel).setText("weir")
    await until(lambda: panel._results.results.words == "weir")
    QTest.keyClick(field(panel), Key.Key_Return)
    assert len(opened.places) == 1
    QTest.keyClick(field(panel), Key.Key_Down)
    QTest.keyClick(rows(panel, "Search results"), Key.Key_Escape)
    assert field(panel).text() == ""
    assert rows(panel).isVisible()


async def test_only_the_newest_words_are_shown(panel: ChatListPanel) -> None:
    for words in ("w", "we", "wei", "weir", "weir zz"):
        field(panel).setText(words)
    await until(lambda: panel._results.results.words == "weir zz")
    assert panel._empty.isVisible()
    assert panel._empty.words == 'No results for "weir zz" Check the spelling or try fewer words.'
    control(panel, "Clear Search", QWidget).click()  # type: ignore[attr-defined]
    assert rows(panel).isVisible()
    assert len(pins(panel)) == 3


async def test_more_results_come_at_the_end(panel: ChatListPanel, desk: Desk) -> None:
    put = Furniture(desk.messenger)
    for number in range(70):
        await put.say("Leo Brandt", f"heron {number}", NOW - number * 1000)
    field(panel).setText("heron")
    found = rows(panel, "Search results")
    await until(lambda: panel._results.results.words == "heron")
    assert names(found)[0] == "Messages, 50+ found"
    found.scrollToBottom()
    await until(lambda: names(found)[0] == "Messages, 70 found")
    assert len(names(found)) == 71


# nothing


async def test_a_new_account_says_what_will_be_here(tmp_path: Path, theme: Theme, said: Said) -> None:
    async with furnished(tmp_path / "new", theme, said, empty=True) as desk:
        panel = await shown(desk)
        await until(lambda: panel._empty.isVisible())
        assert panel._empty.words == (
            "No conversations yet They’ll appear here as soon as you send or receive a message."
        )
        assert not unread(panel).isVisible()
        field(panel).setText("weir")
        await until(lambda: panel._empty.words.startswith('No results for "weir"'))
        field(panel).clear()
        await Furniture(desk.messenger).meet("Maya Okafor")
        await until(lambda: names(rows(panel)) == ["Maya Okafor"])
        assert unread(panel).isVisible()
        panel.hide()
        panel.deleteLater()
        await asyncio.sleep(0)


async def test_a_long_list_loads_as_it_is_scrolled_and_keeps_its_place(
    tmp_path: Path, theme: Theme, said: Said
) -> None:
    async with furnished(tmp_path / "many", theme, said, empty=True) as desk:
        put = Furniture(desk.messenger)
        for number in range(230):
            await put.meet(f"{number:03} Person")
        panel = await shown(desk)
        listed = rows(panel)
        assert len(names(listed)) in (100, 200)
        while len(names(listed)) < 230:
            count = len(names(listed))
            listed.scrollToBottom()
            await until(lambda count=count: len(names(listed)) > count)
        index = listed.model().index(150, 0)
        listed.scrollTo(index, QListView.ScrollHint.PositionAtTop)
        top, name = listed.visualRect(index).top(), names(listed)[150]
        last = names(listed)[-1]
        await put.say(last, "up I go", NOW + 60_000)
        await until(lambda: names(listed)[0] == last)
        assert listed.visualRect(listed.model().index(names(listed).index(name), 0)).top() == top
        panel.hide()
        panel.deleteLater()
        await asyncio.sleep(0)


async def test_it_ends_with_its_window(desk: Desk) -> None:
    before = len(desk.messenger.hub._listeners)
    panel = await shown(desk)
    assert len(desk.messenger.hub._listeners) > before
    panel.hide()
    panel.deleteLater()
    await until(lambda: len(desk.messenger.hub._listeners) == before)


async def test_names_of_all_lengths_and_directions_are_there(panel: ChatListPanel) -> None:
    assert {LONG_NAME[:63], RTL_NAME} <= {name[:63] for name in names(rows(panel))}
