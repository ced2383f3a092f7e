"""A walk over all screens: nothing without a name, nothing that keeps the keyboard, nothing smaller than a finger."""

import asyncio
import contextlib
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QLineEdit,
    QScrollBar,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import ui
from app.client import contacts
from app.client.arrival import Door
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Unlocking, Way
from app.common import errors
from app.common.clock import SystemClock
from app.common.profile import Profile
from app.crypto import identity
from app.domain.plan import Kind
from app.net.transport import WebSocketTransport
from app.protocol import frames, proofs
from app.storage.keychain import Keychain
from app.ui.about import AboutDialog
from app.ui.composer.picker import EmojiPicker
from app.ui.composer.popover import Popover
from app.ui.conversation.calendar import Calendar
from app.ui.conversation.page import ConversationPage
from app.ui.conversation.why import WhyDialog
from app.ui.desk import Desk
from app.ui.details.message import MessageDetails
from app.ui.details.verify import VerifyDialog
from app.ui.main_window import MainWindow
from app.ui.onboarding.finishing import Handing
from app.ui.onboarding.first_run import FirstRun
from app.ui.onboarding.unlock import Unlock
from app.ui.settings.account import NameDialog
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.giving_back import LeaveDialog
from app.ui.settings.keys import KeysDialog
from app.ui.settings.proving import AddDialog, CodeDialog
from app.ui.shell import Shell
from app.ui.shortcuts import ShortcutsDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog, Question, Toast
from app.ui.window_state import WindowState
from tests.parts.answers import NUMBER, answered
from tests.parts.people import MemoryKeychain
from tests.parts.window import NOW, Furniture, control, person_of

USED = QAbstractButton | QLineEdit | QTextEdit | QAbstractItemView | QAbstractSlider
ARROWS = (
    (Qt.Key.Key_Down, Qt.Key.Key_Up),
    (Qt.Key.Key_Up, Qt.Key.Key_Down),
    (Qt.Key.Key_Right, Qt.Key.Key_Left),
    (Qt.Key.Key_Left, Qt.Key.Key_Right),
)
MOST = 400  # presses of Tab until a screen has been walked round


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0.01)


def takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


def nameless(root: QWidget) -> list[str]:
    """Controls a screen reader has nothing to say for."""
    return [
        f"{type(each).__name__} in {type(each.parentWidget()).__name__}"
        for each in root.findChildren(QWidget)
        if each.isVisible()
        and (takes_focus(each) or isinstance(each, QAbstractButton | QLineEdit | QTextEdit))
        and not each.accessibleName().strip()
        and not (isinstance(each, QAbstractButton) and each.text().strip())
        and not each.focusProxy()
    ]


def controls(root: QWidget) -> list[QWidget]:
    """Everything one can use on a screen; what is disabled and what lies in another window is left out."""
    return [
        each
        for each in root.findChildren(QWidget)
        if (isinstance(each, USED) or takes_focus(each))
        and not isinstance(each, QScrollBar)
        and each.isVisible()
        and each.isEnabled()
        and not each.focusProxy()
        and each.window() is root.window()
    ]


def group_of(control: QWidget) -> QObject | None:
    """Whatever holds the choices that exclude one another."""
    return (control.group() if isinstance(control, QAbstractButton) else None) or control.parentWidget()


def by_arrows(start: QWidget | None) -> set[QWidget]:
    """The choices beside the one that Tab comes by, of which arrow keys choose; it is chosen again afterwards."""
    if start is None:
        return set()
    found: set[QWidget] = set()
    for there, back in ARROWS:
        start.setFocus(Qt.FocusReason.TabFocusReason)
        path = [start]
        for _ in range(MOST):
            QTest.keyClick(path[-1], there)
            focus = QApplication.focusWidget()
            if focus is None or focus in path:
                break
            path.append(focus)
        found.update(path)
        for _ in path[1:]:
            if (focus := QApplication.focusWidget()) is not None and focus is not start:
                QTest.keyClick(focus, back)
    return found


def walk(root: QWidget, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> list[QWidget]:
    """Everything Tab comes by, until it is where it began."""
    found: list[QWidget] = []
    for _ in range(MOST):
        focus = QApplication.focusWidget()
        if focus is None:
            raise AssertionError("the keyboard is nowhere")
        if focus in found:
            return found
        found.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Backtab if keys else Qt.Key.Key_Tab, keys)
    raise AssertionError(f"the walk does not end: {[each.accessibleName() for each in found[-5:]]}")


def check(root: QWidget) -> None:
    """No nameless control, and the keyboard comes round to where it began, both ways."""
    assert nameless(root) == []
    first = next(each for each in root.findChildren(QWidget) if takes_focus(each) and not each.focusProxy())
    first.setFocus(Qt.FocusReason.TabFocusReason)
    forwards = walk(root)
    assert QApplication.focusWidget() is forwards[0], "the keyboard is caught: " + ", ".join(
        each.accessibleName() or type(each).__name__ for each in forwards
    )
    backwards = walk(root, Qt.KeyboardModifier.ShiftModifier)
    assert set(forwards) == set(backwards)
    assert all(each.window() is root.window() for each in forwards)
    missed = {each for each in controls(root) if each not in forwards}
    for group in {group_of(each) for each in missed}:
        missed -= by_arrows(next((each for each in forwards if group_of(each) is group), None))
    assert not missed, "not reached: " + ", ".join(each.accessibleName() or type(each).__name__ for each in missed)


def test_what_only_a_pointer_reaches_is_found_out(qtbot: QtBot, theme: Theme) -> None:
    root = QWidget()
    column = QVBoxLayout(root)
    for name in ("By Keys", "By Pointer"):
        column.addWidget(Button(theme, name))
    qtbot.addWidget(root)
    root.show()
    root.activateWindow()
    assert QTest.qWaitForWindowActive(root)
    check(root)
    control(root, "By Pointer").setFocusPolicy(Qt.FocusPolicy.NoFocus)
    with pytest.raises(AssertionError, match="not reached: By Pointer"):
        check(root)


Open = Callable[[Desk, MainWindow], None]
SCREENS: dict[str, Open] = {
    "empty": lambda desk, window: None,
    "new message": lambda desk, window: window.compose(),
    "conversation": lambda desk, window: window.open_conversation(person_of("Maya Okafor")),
    "request": lambda desk, window: window.open_conversation(person_of("Sara Novak")),
    "outbox": lambda desk, window: window.show_outbox(),
    "failed": lambda desk, window: window.open_conversation(person_of("Sam Whitlock")),
}


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


@pytest.mark.parametrize("width", [1120, pytest.param(400, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "screen",
    [
        pytest.param(screen, marks=() if screen in ("conversation", "outbox") else pytest.mark.long)
        for screen in SCREENS
    ],
)
async def test_the_window(desk: Desk, screen: str, width: int) -> None:
    async with seated(desk, width) as window:
        SCREENS[screen](desk, window)
        await settled()
        check(window.window())


@pytest.mark.parametrize(
    "width", [pytest.param(1120, marks=pytest.mark.long), pytest.param(800, marks=pytest.mark.long), 400]
)
async def test_the_details_beside_and_over_the_conversation(desk: Desk, width: int) -> None:
    async with seated(desk, width) as window:
        window.open_conversation(person_of("Maya Okafor"))
        await settled()
        window.toggle_details()
        await settled()
        check(window.window())


async def by_text(desk: Desk, window: MainWindow) -> ConversationPage:
    """A conversation by text with everything around it: plan, note, and the banner of a gateway that is silent."""
    put = Furniture(desk.messenger)
    await put.phone("Dad", NUMBER)
    await put.text(await put.say("Dad", "Did the parcel arrive?", NOW))
    await desk.messenger.plan.change(kind=Kind.LIMITED, allowance=100, price=12, currency="GBP")
    window.open_conversation(person_of("Dad"))
    await settled()
    page = next(iter(window.findChildren(ConversationPage)))
    await answered(page)
    page._green.silent.say("The text gateway isn’t answering, so text messages wait.")
    await settled()
    return page


@pytest.mark.parametrize("width", [pytest.param(1120, marks=pytest.mark.long), 400])
async def test_a_conversation_by_text(desk: Desk, width: int) -> None:
    async with seated(desk, width) as window:
        page = await by_text(desk, window)
        check(window.window())
        walked = {each.accessibleName() for each in walk(window.window())}
        assert {"Why Green?", "Plan…", "Invite", "Try Again", "Message"} <= walked
        line = control(page, "Why Green?", QAbstractButton)
        line.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(line, Qt.Key.Key_Space)
        await settled()
        dialog = next(iter(window.window().findChildren(WhyDialog)))
        check(dialog)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await settled()
        assert line.hasFocus()
        window.toggle_details()
        await settled()
        check(window.window())
        assert "Messages go" in {each.accessibleName() for each in walk(window.window())}


async def test_searching_and_finding(desk: Desk) -> None:
    async with seated(desk) as window:
        window.open_conversation(person_of("Maya Okafor"))
        await settled()
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        await settled()
        check(window.window())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(QApplication.focusWidget(), "weir")
        await settled()
        check(window.window())


@pytest.mark.parametrize(
    "page",
    [
        "messages",
        "account",
        *(
            pytest.param(page, marks=pytest.mark.long)
            for page in ("general", "plan", "texts", "privacy", "blocked", "invite", "hosting", "people")
        ),
    ],
)
async def test_the_settings(desk: Desk, tmp_path: Path, page: str) -> None:
    await Furniture(desk.messenger).texts()
    async with seated(desk) as window:
        dialog = SettingsDialog(desk, Hosting(tmp_path / "hosted"), window, sign_out=window.sign_out)
        dialog.open(page)
        await settled()
        check(dialog)
        dialog.close()


ADDRESS_DIALOGS: dict[str, Callable[[Desk, QWidget], Dialog]] = {
    "add": AddDialog,
    "code": lambda desk, window: CodeDialog(desk, window, "alice@example.com", desk.now()),
    "leave": LeaveDialog,
}


@pytest.mark.long
@pytest.mark.parametrize("kind", ADDRESS_DIALOGS)
async def test_the_dialogs_of_addresses(desk: Desk, kind: str) -> None:
    async with seated(desk) as window:
        dialog = ADDRESS_DIALOGS[kind](desk, window)
        dialog.open()
        await settled()
        assert nameless(dialog) == []
        found = walk(dialog)
        assert {each for each in dialog.findChildren(QWidget) if takes_focus(each) and not each.focusProxy()} == set(
            found
        )
        dialog.close()


async def test_the_addresses_in_every_standing(desk: Desk) -> None:
    held = tuple(proofs.Held(f"{each}@example.com", each, 1, 2, b"o" * 32, True) for each in proofs.STANDINGS)
    async with seated(desk) as window:
        await desk.messenger.addresses.heard(frames.OwnAddresses(held[:2] + held[3:], ("email",)))
        dialog = SettingsDialog(desk, None, window, sign_out=window.sign_out, leave=window.leave)
        dialog.open("account")
        await settled()
        check(dialog)
        dialog.close()


@pytest.mark.long
@pytest.mark.parametrize("kind", [ShortcutsDialog, AboutDialog])
async def test_the_small_dialogs(desk: Desk, kind: type[ShortcutsDialog | AboutDialog]) -> None:
    async with seated(desk) as window:
        dialog = kind(desk.theme, window)
        dialog.open()
        await settled()
        check(dialog)
        dialog.close()


async def message_details(desk: Desk, window: MainWindow, folder: Path) -> Dialog:
    page = next(iter(window.findChildren(ConversationPage)))
    return MessageDetails(desk, page.view._scene.window.rows[-1].key, window)


async def verifying(desk: Desk, window: MainWindow, folder: Path) -> Dialog:
    card = await contacts.card(desk.messenger.database, desk.messenger.me, person_of("Jonas Lind"))
    return VerifyDialog(desk, card, window)


async def naming(desk: Desk, window: MainWindow, folder: Path) -> Dialog:
    return NameDialog(desk, window)


async def moving_keys(desk: Desk, window: MainWindow, folder: Path) -> Dialog:
    home = Profile(folder / "home")
    keychain = MemoryKeychain()
    ways: frozenset[Way] = frozenset({"passphrase"})
    return KeysDialog(desk, Unlocking(home, Keychain(lambda: keychain)), ways, window)


async def asking(desk: Desk, window: MainWindow, folder: Path) -> Dialog:
    answers = [(0, "Cancel", "secondary"), (1, "Block", "danger")]
    return Question(desk.theme, "Block Maya?", "Nothing reaches you.", answers, window)  # type: ignore[arg-type]


OTHERS = (message_details, verifying, naming, moving_keys, asking)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(each, id=each.__name__, marks=() if each is message_details else pytest.mark.long)
        for each in OTHERS
    ],
)
async def test_the_dialogs_over_a_conversation(
    desk: Desk, tmp_path: Path, made: Callable[..., Awaitable[Dialog]]
) -> None:
    async with seated(desk) as window:
        window.open_conversation(person_of("Maya Okafor"))
        await settled()
        dialog = await made(desk, window, tmp_path)
        dialog.open()
        await settled()
        check(dialog)
        dialog.close()


@pytest.mark.parametrize("name", ["Emoji", "Jump to Date"])
async def test_what_floats_has_names_and_gives_the_keyboard_back(desk: Desk, name: str) -> None:
    async with seated(desk) as window:
        window.open_conversation(person_of("Maya Okafor"))
        await settled()
        window._find()
        await settled()
        control(window, name, QAbstractButton).click()
        await settled()
        popover = next(each for each in window.window().findChildren(Popover) if each.isVisible())
        inside = QApplication.focusWidget()
        assert inside is not None
        assert popover.isAncestorOf(inside)
        assert nameless(popover) == []
        QTest.keyClick(inside, Qt.Key.Key_Escape)
        assert not popover.isVisible()
        back = QApplication.focusWidget()
        assert back is not None
        assert not popover.isAncestorOf(back)


def test_no_dialog_is_left_out() -> None:
    """Whoever makes one more adds it to the walk."""
    for each in pkgutil.walk_packages(ui.__path__, "app.ui."):
        importlib.import_module(each.name)
    there = {each.__name__ for each in _kinds(Dialog) | _kinds(Popover) if not each.__name__.startswith("_")}
    assert there <= WALKED, f"not walked: {there - WALKED}"


def _kinds(of: type) -> set[type]:
    below = set(of.__subclasses__())
    return below.union(*(_kinds(each) for each in below))


WALKED = {
    each.__name__
    for each in (
        AboutDialog,
        AddDialog,
        Calendar,
        CodeDialog,
        EmojiPicker,
        KeysDialog,
        LeaveDialog,
        MessageDetails,
        NameDialog,
        Question,
        SettingsDialog,
        ShortcutsDialog,
        VerifyDialog,
        WhyDialog,
    )
}


def door(folder: Path) -> Door:
    home, keychain = Profile(folder), MemoryKeychain()
    home.prepare()
    return Door(home, Unlocking(home, Keychain(lambda: keychain)), WebSocketTransport(), SystemClock())


@pytest.mark.parametrize(
    "page",
    [
        "welcome",
        "by_invite",
        *(
            pytest.param(page, marks=pytest.mark.long)
            for page in ("choose", "by_address", "by_hosting", "person", "keys", "working")
        ),
    ],
)
async def test_the_first_run(theme: Theme, tmp_path: Path, page: str) -> None:
    pages = FirstRun(theme, door(tmp_path / "home"), Hosting(tmp_path / "hosted"))
    pages.show()
    pages.activateWindow()
    pages._go(getattr(pages, page))
    await settled()
    check(pages)
    pages.close()
    pages.deleteLater()


async def test_an_account_that_could_not_be_made(theme: Theme, tmp_path: Path) -> None:
    pages = FirstRun(theme, door(tmp_path / "home"), Hosting(tmp_path / "hosted"))
    pages.show()
    pages.activateWindow()
    pages._go(pages.working)
    for error, offered in (
        (errors.AgainLater("unreachable"), {"Back", "Try Again"}),
        (errors.GiveUp("taken"), {"Back", "Use Another Address"}),
        (errors.AgainLater("keychain_absent"), {"Back", "Use a Passphrase", "Try Again"}),
    ):
        pages.working.fail(error)
        await settled()
        check(pages)
        assert {each.accessibleName() for each in walk(pages)} == offered
    pages.close()
    pages.deleteLater()


async def test_the_recovery_code(theme: Theme, tmp_path: Path) -> None:
    pages = FirstRun(theme, door(tmp_path / "home"), Hosting(tmp_path / "hosted"))
    pages.show()
    pages.activateWindow()
    pages._show_code(identity.new_code())
    await settled()
    check(pages)
    assert [each.accessibleName() for each in walk(pages)] == ["Copy", "Print…", "I’ve Kept It"]
    pages.close()
    pages.deleteLater()


async def test_the_first_invite_of_a_host(theme: Theme, tmp_path: Path) -> None:
    hosting = Hosting(tmp_path / "hosted")
    pages = FirstRun(theme, door(tmp_path / "home"), hosting)
    page = Handing(theme, hosting, "alice@example.com", pages._tasks)
    pages._add(page)
    pages.show()
    pages.activateWindow()
    pages._go(page)
    page.code.show_text("https://relay.example.com/i#secret")
    page.link.setText("https://relay.example.com/i#secret")
    await settled()
    check(pages)
    walked = [each.accessibleName() for each in walk(pages)]
    assert sorted(walked) == ["Copy Link", "Invite link", "New Link", "Open Kingfisher"]
    assert control(page, "QR code of the invite link").isVisible()
    pages.close()
    pages.deleteLater()


@pytest.mark.parametrize("way", ["code", "passphrase"])
async def test_the_other_ways_into_a_profile(theme: Theme, tmp_path: Path, way: Way) -> None:
    page = Unlock(theme, door(tmp_path / "home"), errors.AgainLater("keychain_locked"))
    page.show()
    page.activateWindow()
    page.started()
    page.trouble.offer(frozenset({"passphrase"}))
    page.trouble.choose(way)
    await settled()
    check(page)
    walked = {each.accessibleName() for each in walk(page)}
    if way == "code":
        assert walked == {"Recovery code", "New passphrase", "New passphrase again", "Use the Passphrase", "Open"}
    else:
        assert walked == {"Passphrase", "Use the Recovery Code", "Open"}
    page.close()
    page.deleteLater()


async def test_the_toast(desk: Desk) -> None:
    async with seated(desk) as window:
        window.open_conversation(person_of("Maya Okafor"))
        await settled()
        toast = Toast(desk.theme, window.window())
        toast.say("Message deleted", "Undo", lambda: None)
        check(window.window())
        assert "Undo" in {each.accessibleName() for each in walk(window.window())}


@pytest.mark.parametrize(
    "code",
    [
        "keychain_locked",
        *(
            pytest.param(code, marks=pytest.mark.long)
            for code in ("keychain_absent", "keychain_changed", "keychain_refused")
        ),
    ],
)
async def test_a_profile_that_does_not_open(theme: Theme, tmp_path: Path, code: str) -> None:
    page = Unlock(theme, door(tmp_path / "home"), errors.AgainLater(code))
    page.show()
    page.activateWindow()
    page.started()
    await settled()
    check(page)
    page.close()
    page.deleteLater()
