"""Contrast measured on pictures of every screen: text 4.5 to 1, icons, outlines of controls and focus rings 3 to 1."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QHBoxLayout, QLabel, QLineEdit, QWidget

from app.client.hosting.bundled import Hosting
from app.client.leaving import Step
from app.common import errors
from app.ui.about import AboutDialog
from app.ui.composer.field import MessageField
from app.ui.composer.picker import EmojiPicker
from app.ui.conversation.page import ConversationPage
from app.ui.conversation.why import WhyDialog
from app.ui.desk import Desk
from app.ui.onboarding.first_run import FirstRun
from app.ui.onboarding.unlock import Unlock
from app.ui.settings.giving_back import LeaveDialog
from app.ui.settings.proving import AddDialog, CodeDialog
from app.ui.shortcuts import ShortcutsDialog
from app.ui.theme import Choice as Strong
from app.ui.theme import Mode, Theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.dialog import Question, Toast
from tests.parts.window import NOW, control, person_of
from tests.screens import contrast, scenes
from tests.screens.scenes import Scene, Stage
from tests.screens.shelf import shelf

Looks = tuple[tuple[Mode, Strong], ...]
LOOKS: Looks = (("light", "off"), ("dark", "off"), ("light", "on"), ("dark", "on"))
MINUTE = 60_000
MOST = 400  # presses of Tab until a screen has been walked round


def looks(theme: Theme, chosen: Looks = LOOKS) -> Iterator[str]:
    """Everything in each of these looks."""
    for mode, strong in chosen:
        theme.apply(mode=mode, text_size=100, contrast=strong, motion="on")
        QApplication.sendPostedEvents()
        yield f"{mode}, high contrast {strong}"


def weak(root: QWidget, theme: Theme, chosen: Looks = LOOKS) -> list[str]:
    return [f"{look}: {line}" for look in looks(theme, chosen) for line in contrast.weak(root, theme)]


def unringed(root: QWidget, theme: Theme, chosen: Looks = LOOKS) -> list[str]:
    """The controls whose focus does not show."""
    return [
        f"{look}: the focus of {each} does not show" for look in looks(theme, chosen) for each in _unringed(root, theme)
    ]


def _unringed(root: QWidget, theme: Theme) -> Iterator[str]:
    """Walk round with Tab; each control is compared with the picture of the focus gone on."""
    theme.keyboard_focus = True
    first = next(each for each in root.findChildren(QWidget) if _takes_focus(each))
    first.setFocus(Qt.FocusReason.TabFocusReason)
    seen: set[QWidget] = set()
    for _ in range(MOST):
        focus = QApplication.focusWidget()
        assert focus is not None, "the keyboard is nowhere"
        if focus in seen:
            return
        seen.add(focus)
        theme.walking.emit()
        there = contrast.photo(root)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is not focus and not contrast.shows(there, contrast.photo(root), focus, root):
            yield f"{type(focus).__name__} {focus.accessibleName()!r}"


def _takes_focus(widget: QWidget) -> bool:
    policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(policy) and widget.isVisible() and widget.isEnabled() and not widget.focusProxy()


async def request(on: Stage) -> QWidget:
    await on.show("Sara Novak")
    return on.shell


async def states_of_rows(on: Stage) -> QWidget:
    """Rows and bubbles in the states that the other screens do not have."""
    put = on.furniture
    await put.say("Jonas Lind", "Is it blue? https://example.com/weir", NOW - MINUTE)
    await put.say("Jonas Lind", "It is", NOW - MINUTE // 2, own_words=True)
    await on.desk.messenger.conversations.mark_unread(person_of("Aiko Tanabe"))
    await on.show("Leo Brandt")
    return on.shell


async def finding(on: Stage) -> QWidget:
    await on.show(scenes.MAYA)
    on.window._find()
    await on.settle()
    control(on.shell, "Find in conversation", QLineEdit).setText("weir")
    return on.shell


async def written(on: Stage) -> QWidget:
    """Text in the composer."""
    await on.show(scenes.MAYA)
    control(on.shell, "Message", MessageField).insertPlainText("On my way")
    return on.shell


WINDOW: dict[str, Scene] = {
    "talk": scenes.talk,
    "undelivered": scenes.undelivered,
    "outbox": scenes.outbox,
    "request": request,
    "states of rows": states_of_rows,
    "finding": finding,
    "search": scenes.search,
    "written": written,
    "details": scenes.details,
    "new message": scenes.new_message,
    "verify": scenes.verify,
    "general": scenes.settings("general"),
    "privacy": scenes.settings("privacy"),
    "blocked": scenes.settings("blocked"),
    "account": scenes.settings("account"),
    "hosting": scenes.settings("hosting"),
    "people": scenes.settings("people"),
}
MESSAGES: dict[str, Scene] = {
    "messages": scenes.settings("messages"),
    "text plan": scenes.settings("plan"),
    "texts": scenes.settings("texts"),
}


async def by_text(on: Stage) -> QWidget:
    """Strip, note and line of a conversation by text, and the banner of a gateway that is silent."""
    shown = await scenes.green(on)
    next(iter(on.window.findChildren(ConversationPage)))._green.silent.say("The text gateway isn’t answering.")
    return shown


async def why_green(on: Stage) -> QWidget:
    control(on.shell, "Why Green?", QAbstractButton).click()
    return on.shell


async def ways(on: Stage) -> QWidget:
    """The details beside it, with the choice of ways."""
    next(iter(on.shell.findChildren(WhyDialog))).end(None)
    on.window.toggle_details()
    return on.shell


BY_TEXT: dict[str, Scene] = {"by text": by_text, "why green": why_green, "ways": ways}
SOME: dict[str, Scene] = {name: WINDOW[name] for name in ("talk", "details", "general")} | {"by text": by_text}
PAGES = ("by_invite", "person")
OTHERS = ("welcome", "choose", "by_address", "by_hosting", "keys", "working")


async def weak_there(folder: Path, theme: Theme, screens: dict[str, Scene], chosen: Looks) -> list[str]:
    found: list[str] = []
    async with scenes.stage(folder, theme, (1120, 760)) as on:
        for name, scene in screens.items():
            shown = await scene(on)
            await on.settle(6)
            found += [f"{name}: {line}" for line in weak(shown, theme, chosen)]
            on.clear()
    return found


async def test_what_is_seen_most(tmp_path: Path, theme: Theme) -> None:
    found = await weak_there(tmp_path / "noor", theme, SOME, LOOKS[:2])
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("screens", [WINDOW, MESSAGES, BY_TEXT], ids=["window", "messages", "by text"])
async def test_the_window_and_its_dialogs(tmp_path: Path, theme: Theme, screens: dict[str, Scene]) -> None:
    found = await weak_there(tmp_path / "noor", theme, screens, LOOKS)
    assert not found, "\n".join(found)


@pytest.mark.long
async def test_the_rings_of_the_window(tmp_path: Path, theme: Theme) -> None:
    found: list[str] = []
    async with scenes.stage(tmp_path / "noor", theme, (1120, 760)) as on:
        for name in ("by text", "request", "finding", "details", "general", "messages", "text plan", "texts"):
            shown = await (WINDOW | MESSAGES | BY_TEXT)[name](on)
            await on.settle(6)
            found += [f"{name}: {line}" for line in unringed(shown, theme, LOOKS[::3])]
            on.clear()
    assert not found, "\n".join(found)


@pytest.mark.long
async def test_nobody_there(tmp_path: Path, theme: Theme) -> None:
    async with scenes.stage(tmp_path / "noor", theme, (1120, 760), empty=True) as on:
        found = weak(on.shell, theme) + unringed(on.shell, theme)
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("page", [*PAGES, *OTHERS])
async def test_the_first_run(tmp_path: Path, theme: Theme, page: str) -> None:
    pages = FirstRun(theme, scenes.door(tmp_path / "home"), Hosting(tmp_path / "hosted"))
    await up(pages)
    pages._go(getattr(pages, page))
    if page == "working":
        pages.working.begin("Asking the relay…")
    found = weak(pages, theme) + unringed(pages, theme, LOOKS[::3])
    pages.close()
    pages.deleteLater()
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("code", ["keychain_locked", "keychain_changed"])
async def test_a_profile_that_does_not_open(tmp_path: Path, theme: Theme, code: str) -> None:
    page = Unlock(theme, scenes.door(tmp_path / "home"), errors.AgainLater(code))
    await up(page)
    page.started()
    found = weak(page, theme) + unringed(page, theme)
    page.close()
    page.deleteLater()
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("kind", [ShortcutsDialog, AboutDialog])
async def test_the_small_dialogs(theme: Theme, kind: type[ShortcutsDialog | AboutDialog]) -> None:
    host = QWidget()
    host.resize(900, 700)
    await up(host)
    dialog = kind(theme, host)
    dialog.open()
    found = weak(host, theme) + weak(dialog, theme) + unringed(dialog.window(), theme)
    dialog.close()
    host.deleteLater()
    assert not found, "\n".join(found)


OFFLINE = errors.AgainLater("offline")


@pytest.mark.long
async def test_the_dialogs_of_addresses(desk: Desk, theme: Theme) -> None:
    """A code that was wrong, a number that is none, and what is given back."""
    host = QWidget()
    host.resize(900, 700)
    await up(host)
    code, add, leave = (
        CodeDialog(desk, host, "alice@example.com", desk.now()), AddDialog(desk, host), LeaveDialog(desk, host)
    )  # fmt: skip
    code._complain("That code didn’t match. Check the digits and try again. 4 tries left.")
    code.code.setText("407")
    add.field.complain("Enter a full phone number or e-mail.")
    for step in (Step("", "done"), Step("alice@example.com", "working"), Step("+12025550101", "failed", OFFLINE)):
        leave._show(step)
    found: list[str] = []
    for dialog in (code, add, leave):
        dialog.open()
        found += weak(host, theme) + weak(dialog, theme) + unringed(dialog.window(), theme, LOOKS[::3])
        dialog.close()
    host.deleteLater()
    assert not found, "\n".join(found)


async def up(window: QWidget) -> None:
    """Until it is on the screen and has the keyboard."""
    window.show()
    window.activateWindow()
    while not window.isActiveWindow():
        await asyncio.sleep(0.01)


async def test_every_control_also_when_disabled(theme: Theme) -> None:
    root = shelf(theme)
    await up(root)
    found = weak(root, theme) + unringed(root, theme)
    root.close()
    root.deleteLater()
    assert not found, "\n".join(found)


async def test_what_floats(theme: Theme) -> None:
    """The toast, a question and the emoji picker."""
    host = QWidget()
    host.resize(900, 700)
    await up(host)
    toast = Toast(theme, host)
    toast.say("Message deleted", "Undo")
    found = weak(host, theme) + unringed(host, theme)
    toast.hide()
    question = Question(
        theme, "Block Maya?", "Nothing reaches you.", [(0, "Cancel", "secondary"), (1, "Block", "danger")], host
    )
    question.open()
    found += weak(host, theme) + unringed(host, theme)
    question.close()
    anchor = IconButton(theme, "emoji", "Emoji", parent=host)
    anchor.move(400, 600)
    anchor.show()
    picker = EmojiPicker(theme, anchor)
    picker.open(())
    found += weak(picker, theme)
    picker.close()
    host.close()
    host.deleteLater()
    assert not found, "\n".join(found)


def label(theme: Theme, ink: QColor) -> QLabel:
    made = QLabel("Planted")
    made.setFont(theme.font("body"))
    colors = made.palette()
    colors.setColor(colors.ColorRole.WindowText, ink)
    colors.setColor(colors.ColorRole.Window, QColor("#FFFFFF"))
    made.setPalette(colors)
    made.setAutoFillBackground(True)
    return made


@pytest.mark.parametrize(("ink", "passes"), [("#767676", True), ("#7A7A7A", False), ("#FFFFFF", False)])
def test_a_planted_weak_label_is_found(theme: Theme, ink: str, passes: bool) -> None:
    """4.54 to 1, 4.29 to 1, and nothing at all."""
    made = label(theme, QColor(ink))
    made.show()
    assert (not list(contrast.weak(made, theme))) is passes
    made.close()


def test_a_planted_weak_icon_is_found(theme: Theme) -> None:
    made = QLabel()
    made.setPixmap(theme.icon("search", QColor("#A0A0A0"), 20))
    made.show()
    assert len(list(contrast.weak(made, theme))) == 1
    made.close()


async def test_a_planted_control_without_a_ring_is_found(theme: Theme) -> None:
    root = QWidget()
    row = QHBoxLayout(root)
    row.setSpacing(40)
    bare = QWidget()
    bare.setAccessibleName("Bare")
    bare.setMinimumSize(40, 40)
    bare.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    row.addWidget(bare)
    row.addWidget(Button(theme, "Ringed"))
    await up(root)
    assert {line.partition(": ")[2] for line in unringed(root, theme)} == {"the focus of QWidget 'Bare' does not show"}
    root.close()
    root.deleteLater()
