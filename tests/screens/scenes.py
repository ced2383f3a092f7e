"""The screens of the mockups as this version has them, each over a furnished profile; a scene ends with its picture."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMenu, QWidget

from app.client import changes, contacts, folding
from app.client.arrival import Door
from app.client.hosting.bundled import Hosting, State
from app.client.unlocking import Unlocking
from app.common import ids
from app.common.clock import SystemClock
from app.common.profile import Profile
from app.content import annotations, base, catalog
from app.demo import driving
from app.domain.bearer import Bearer
from app.domain.delivery import Status
from app.domain.plan import Kind, Plan
from app.net.connection import ConnectionState, Phase
from app.net.transport import WebSocketTransport
from app.protocol import frames, proofs
from app.storage import annotations as annotation_table
from app.storage import ledger, messages, people
from app.storage.keychain import Keychain
from app.storage.transaction import Tx
from app.ui.chat_list.results import Hit, ResultRows
from app.ui.composer.field import MessageField
from app.ui.conversation.page import ConversationPage
from app.ui.conversation.wording import Wording
from app.ui.desk import Desk
from app.ui.details.verify import VerifyDialog
from app.ui.empty import Empty
from app.ui.main_window import MainWindow
from app.ui.onboarding.first_run import FirstRun
from app.ui.settings.dialog import SettingsDialog
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Toast
from app.ui.window_state import WindowState
from tests.parts.answers import NUMBER, answered
from tests.parts.people import MemoryKeychain
from tests.parts.window import DAY, LONG_NAME, NAMES, NOW, Furniture, Said, control, furnished, person_of
from tests.screens.drawings import Bubbles, Components
from tests.screens.shelf import shelf

MAYA, JONAS, DAD = "Maya Okafor", "Jonas Lind", "Dad"
MINUTE = 60_000
MENU, ITEM = "menu", "item"  # properties of a picture: where the menu in it is, and its chosen entry
W = TypeVar("W", bound=QWidget)


@dataclass
class Stage:
    """A window over a profile, of a given size and look."""

    theme: Theme
    desk: Desk
    shell: Shell
    window: MainWindow
    furniture: Furniture
    folder: Path
    over: list[QWidget] = field(default_factory=list)

    async def settle(self, turns: int = 15) -> None:
        """Until everything that was begun is on the screen."""
        for _ in range(turns):
            await asyncio.sleep(0.02)

    async def show(self, name: str) -> None:
        """Open the conversation with somebody."""
        self.window.open_conversation(person_of(name))
        await self.settle()

    def show_over(self, widget: W) -> W:
        """A window of its own, or a dialog: it ends with the scene."""
        self.over.append(widget)
        return widget

    def clear(self) -> None:
        """What was shown over the window is gone."""
        for widget in self.over:
            with contextlib.suppress(RuntimeError):  # gone by itself
                widget.close()
                widget.deleteLater()
        self.over.clear()


Scene = Callable[[Stage], Awaitable[QWidget]]  # what is to be seen: the shell, or a window over it


@contextlib.asynccontextmanager
async def stage(folder: Path, theme: Theme, size: tuple[int, int], *, empty: bool = False) -> AsyncIterator[Stage]:
    """Everything of a window but the network, which is said to be there."""
    async with furnished(folder, theme, Said(), empty=empty) as desk:
        desk.messenger.connection._state = ConnectionState(Phase.CONNECTED)
        state = WindowState(b"", 320, False)
        shell, window = Shell(theme, state), MainWindow(desk, None, state)
        shell.fill(window)
        shell.setMinimumSize(1, 1)
        shell.resize(*size)
        shell.show()
        await window.open()
        made = Stage(theme, desk, shell, window, Furniture(desk.messenger), folder.parent)
        try:
            await made.settle()
            yield made
        finally:
            made.clear()
            await made.settle()
            await window.close_down()
            shell.fill(None)
            window.deleteLater()
            shell.deleteLater()
            await made.settle()


async def talk(on: Stage) -> QWidget:
    await on.show(MAYA)
    return on.shell


async def undelivered(on: Stage) -> QWidget:
    put, store = on.furniture, on.desk.messenger.database
    on.desk.messenger.connection._state = ConnectionState(Phase.OFFLINE)
    on.desk.messenger.hub.publish([changes.ConnectionChanged()])
    await store.write(lambda tx: people.put_address(tx, "+12025550119", person_of(JONAS)))
    green = await put.say(
        JONAS, "On the 9:05 train, back by ten", NOW - 25 * MINUTE, own_words=True, status=Status.SENT
    )
    await store.write(lambda tx: messages.set_bearer(tx, green, Bearer.TEXT))
    await put.say(JONAS, "Great. Could you pick up the tripod from Aiko on the way?", NOW - 20 * MINUTE)
    failed = {"own_words": True, "status": Status.FAILED, "reason": "gave_up"}
    await put.say(JONAS, "Sure, she’s next to the station", NOW - 10 * MINUTE, **failed)
    await put.say(JONAS, "Anything else she should hand over?", NOW - MINUTE // 2, own_words=True, status=Status.QUEUED)
    await on.show(JONAS)
    return on.shell


async def waited(on: Stage) -> QWidget:
    """What has waited a while can go another way; that question with its price."""
    await undelivered(on)
    await on.furniture.say(JONAS, "Call me", NOW - 5 * MINUTE, own_words=True, status=Status.QUEUED)
    await on.settle()
    limited = Plan(Kind.LIMITED, 100, price=12, currency="GBP")
    await on.desk.messenger.database.write(lambda tx: ledger.set_plan(tx, limited))
    routing = on.desk.messenger.routing
    routing.terms = frames.TextTerms(True)
    routing.told.set()
    page = next(iter(on.window.findChildren(ConversationPage)))
    page.view.act.emit(page.view._scene.window.rows[-1].key, "as_text")
    await on.settle()
    return on.shell


async def outbox(on: Stage) -> QWidget:
    """Everything that has not left, over the conversation."""
    await undelivered(on)
    on.window.show_outbox()
    await on.settle()
    return on.shell


async def outbox_of_nothing(on: Stage) -> QWidget:
    on.window.show_outbox()
    await on.settle()
    return on.shell


async def bubbles(on: Stage) -> QWidget:
    """An answer, a reaction, an emoji alone, somebody who writes."""
    row = await on.furniture.say(MAYA, "And the flask?", NOW - MINUTE)
    await on.desk.messenger.sending.react(row, "👍")
    await put_reaction(on, row, "👍")
    await on.show(MAYA)
    page = next(iter(on.window.findChildren(ConversationPage)))
    page._reply(page.view._scene.window.rows[-1].item)
    await on.settle()
    control(page, "Message", MessageField).setPlainText("Packed")
    page.composer.submit()
    await on.settle()
    await on.furniture.say(MAYA, "🎉", NOW + MINUTE)
    await on.furniture.say(MAYA, "I", NOW + 3 * MINUTE)
    await on.settle()
    page.view.to_end()
    page.view.set_typing([MAYA])
    return on.shell


async def put_reaction(on: Stage, row: int, emoji: str) -> None:
    """Whoever wrote that message reacts to it."""

    def write(tx: Tx) -> None:
        stored = messages.get(tx, row)
        assert stored is not None
        author = ids.AccountId(stored.author)
        target = base.Reference(b"w" * 32, author, ids.MessageId(stored.message))
        kind, body = catalog.encode(annotations.Reaction(target, emoji))
        made = annotation_table.NewAnnotation(row, author, b"r" * 16, kind, body, NOW, NOW)
        annotation_table.insert(tx, made)
        folding.refold(tx, row)
        tx.note(changes.MessagesChanged(stored.conversation, rows=frozenset({row})))

    await on.desk.messenger.database.write(write)
    await on.settle()


async def green(on: Stage) -> QWidget:
    """A conversation by texts, under a plan of which 12 of 100 are left."""
    put, messenger = on.furniture, on.desk.messenger
    await put.phone(DAD, NUMBER)
    await messenger.plan.change(kind=Kind.LIMITED, allowance=100, price=12, currency="GBP")
    yesterday = NOW - DAY + 8 * 3_600_000 + 39 * MINUTE
    words = (
        "It did, thank you! The scarf fits and the jam survived the trip. Mum’s handwriting on the label made my day. "
        "I’ll ring you both on Saturday afternoon once I’m back from the coast."
    )
    await put.text(await put.say(DAD, "Did the parcel arrive?", yesterday))
    row = await put.say(DAD, words, yesterday + MINUTE, own_words=True, status=Status.DELIVERED)
    await put.text(row, 2)
    await put.spend(86)
    await put.text(await put.say(DAD, "Lovely mug. Call me when you have landed", NOW - 46 * MINUTE))
    await put.read(DAD)
    await on.show(DAD)
    await answered(next(iter(on.window.findChildren(ConversationPage))))
    control(on.shell, "Message", MessageField).setPlainText(
        "Landed! Train home at ten past, so I'll call around eleven"
    )
    return on.shell


async def unread(on: Stage) -> QWidget:
    """The line above what is new, a row that is only marked, the find bar, and more that came below."""
    await on.desk.messenger.conversations.mark_unread(person_of(JONAS))
    await on.show("Leo Brandt")
    on.window._find()
    await on.settle()
    await driving.press_key(on.shell, "Messages", Qt.Key.Key_Home)  # what comes must not take the reader to the end
    for number in range(7):
        await on.furniture.say("Leo Brandt", f"Chapter {13 + number} mended me", NOW + number * 2 * MINUTE)
    return on.shell


async def draft(on: Stage) -> QWidget:
    """A chosen row of the list, and words in the composer."""
    await on.show(JONAS)
    control(on.shell, "Message", MessageField).setPlainText("On my way")
    return on.shell


async def controls(on: Stage) -> QWidget:
    """Every control, one with the keyboard, and a toast."""
    root = on.show_over(shelf(on.theme))
    root.show()
    root.activateWindow()
    await on.settle()
    Toast(on.theme, root).say("Message deleted", "Undo")
    on.theme.keyboard_focus = True
    next(each for each in root.findChildren(Button) if each.isEnabled()).setFocus()
    return root


async def bubble_drawing(on: Stage) -> QWidget:
    root = on.show_over(Bubbles(on.theme))
    root.show()
    return root


async def component_drawing(on: Stage) -> QWidget:
    """As the design draws it; of what has the keyboard there can be only one."""
    root = on.show_over(Components(on.desk, Wording(on.desk.now, on.desk.zone, on.desk.messenger.me.account)))
    root.show()
    root.activateWindow()
    await on.settle()
    root.write()
    on.theme.keyboard_focus = True
    root.ringed[0].setFocus(Qt.FocusReason.TabFocusReason)
    return root


def long_names(scene: Scene) -> Scene:
    """The same among people who have names of 60 letters."""

    async def made(on: Stage) -> QWidget:
        everyone = frozenset(person_of(name) for name in NAMES)

        def write(tx: Tx) -> None:
            for person in everyone:
                people.set_name(tx, person, LONG_NAME)
            tx.note(changes.ContactsChanged(everyone))
            tx.note(changes.ConversationsChanged(everyone))

        await on.desk.messenger.database.write(write)
        await on.settle()
        return await scene(on)

    return made


async def as_it_is(on: Stage) -> QWidget:
    return on.shell


async def nobody(on: Stage) -> QWidget:
    """Nothing yet, over a relay that lets people invite."""
    next(iter(on.window.findChildren(Empty))).offer_invite(True)
    return on.shell


async def details(on: Stage) -> QWidget:
    await on.show(MAYA)
    on.window.toggle_details()
    return on.shell


async def new_message(on: Stage) -> QWidget:
    on.window.compose()
    await on.settle()
    line = next(each for each in on.window.findChildren(QLineEdit) if each.accessibleName() == "To")
    line.setText("sa")
    line.textEdited.emit("sa")
    return on.shell


async def search(on: Stage) -> QWidget:
    await on.show(MAYA)
    line = next(each for each in on.window.findChildren(QLineEdit) if each.accessibleName().startswith("Search"))
    line.setFocus()
    line.setText("weir")
    await on.settle()
    found = next(iter(on.window.findChildren(ResultRows)))
    found.open_row(next(n for n in range(found.model().rowCount()) if isinstance(found.results.row(n), Hit)))
    await on.settle()
    line.setFocus()
    return on.shell


async def own_menu(on: Stage) -> QWidget:
    """The menu of an own message, painted over the picture of the window, where it opens."""
    await on.show(MAYA)
    view = next(iter(on.window.findChildren(ConversationPage))).view
    view.setFocus()
    last = view._scene.window.rows[-1]
    view._scene.focus(last.key)
    area = view._scene.area(last.key)
    view._acting.menu(last, view.viewport().mapToGlobal(area.topLeft()))
    menu = next(each for each in view.findChildren(QMenu) if each.isVisible())
    menu.setActiveAction(menu.actions()[0])
    await on.settle()
    picture, over = QLabel(), QPixmap(menu.size())
    over.fill(Qt.GlobalColor.transparent)
    menu.render(over, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    shot = on.shell.grab()
    painter = QPainter(shot)
    at = QPoint(shot.width() - menu.width() - 8, view.mapTo(on.shell, area.topLeft()).y() - menu.height())
    painter.drawPixmap(at, over)
    painter.end()
    picture.setPixmap(shot)
    picture.setProperty(MENU, QRect(at, menu.size()))
    picture.setProperty(ITEM, menu.actionGeometry(menu.actions()[0]).translated(at))
    picture.resize(shot.size())
    menu.close()
    return on.show_over(picture)


async def sign_out(on: Stage) -> QWidget:
    on.window.sign_out()
    await on.settle()
    return on.shell


async def request(on: Stage) -> QWidget:
    await on.show("Sara Novak")
    return on.shell


def settings(page: str) -> Scene:
    async def scene(on: Stage) -> QWidget:
        dialog = on.show_over(SettingsDialog(on.desk, Pictured(on.folder / "hosted"), on.window))
        if page == "account":
            own = on.desk.messenger.addresses
            held = (
                proofs.Held(on.desk.messenger.me.address, "proved", NOW - 2 * DAY),
                proofs.Held("+447700900271", "proved", NOW - DAY),
            )
            await own.heard(frames.OwnAddresses(held, ("phone", "email")))
        if page in ("messages", "plan", "texts"):
            await on.furniture.texts()
            chosen = on.desk.messenger.settings
            chosen.values = replace(chosen.values, send_as_text="ask")  # unsaid: the look stays that of the scene
        dialog.open(page)
        return dialog

    return scene


async def verify(on: Stage) -> QWidget:
    await on.show(JONAS)
    messenger = on.desk.messenger
    card = await contacts.card(messenger.database, messenger.me, person_of(JONAS))
    dialog = on.show_over(VerifyDialog(on.desk, card, on.window))
    dialog.open()
    async with asyncio.timeout(10):
        while dialog._scrim is not None and dialog._scrim._level.value < 1:
            await asyncio.sleep(0.02)
    return on.shell


def first_run(page: str, *, advanced: bool = False) -> Scene:
    """A page of the first window, by its name there."""

    async def scene(on: Stage) -> QWidget:
        pages = on.show_over(FirstRun(on.theme, door(on.folder / "home"), Hosting(on.folder / "hosted")))
        pages.show()
        pages._go(getattr(pages, page))
        if advanced:
            control(pages, "Advanced", QAbstractButton).setChecked(True)
        if page == "person":
            pages.person.fill("noor@example.com", "")
        return pages

    return scene


def door(folder: Path) -> Door:
    """To a profile that is not there yet."""
    home, keychain = Profile(folder), MemoryKeychain()
    home.prepare()
    return Door(home, Unlocking(home, Keychain(lambda: keychain)), WebSocketTransport(), SystemClock())


class Pictured(Hosting):
    """The relay of the mockup, without one: what it would say."""

    async def state(self) -> State:
        return State(True, True, NOW - 89 * MINUTE, ("https://192.168.1.24:8443",), 4, 38_000_000, True)

    async def invite(self, inviter: str = "") -> str:
        return "https://192.168.1.24:8443/join#7QF2M9XKTBCD4E5R6"

    async def people(self) -> tuple[str, ...]:
        return ("noor@example.com", "maya@example.com", "+12025550143", "jonas@example.com")


@dataclass(frozen=True)
class Screen:
    """A mockup's name, how ours is made, its size, and the look it is made in."""

    scene: Scene
    size: tuple[int, int] = (1120, 760)
    text_size: int = 100
    contrast: bool = False
    empty: bool = False
    mirrored: bool = False  # from right to left


SCREENS: Mapping[str, Screen] = {
    "01-main-text": Screen(talk),
    "05-main-undelivered": Screen(undelivered),
    "06-sms": Screen(green),
    "07-welcome": Screen(first_run("welcome")),
    "07b-choose": Screen(first_run("choose", advanced=True)),
    "08-sign-in": Screen(first_run("person")),
    "10-keychain": Screen(first_run("keys")),
    "11-empty-main": Screen(nobody, empty=True),
    "12-details-person": Screen(details),
    "15-own-message-menu": Screen(own_menu),
    "18-new-message": Screen(new_message),
    "19-search": Screen(search),
    "20-settings-general": Screen(settings("general")),
    "21-settings-messages": Screen(settings("messages")),
    "23-settings-privacy": Screen(settings("privacy")),
    "26-settings-account": Screen(settings("account")),
    "26b-hosting": Screen(settings("hosting")),
    "31-narrow-list": Screen(as_it_is, (420, 720)),
    "32-narrow-chat": Screen(talk, (420, 720)),
    "33-large-text-chat": Screen(talk, text_size=200),
    "34-large-text-list": Screen(as_it_is, text_size=200),
    "35-verify": Screen(verify),
    "36-high-contrast": Screen(talk, contrast=True),
    "40-spec-bubbles": Screen(bubble_drawing, empty=True),
    "41-spec-components": Screen(component_drawing, empty=True),
}

BARE: Mapping[str, Screen] = {  # without a mockup of their own
    "bubbles": Screen(bubbles),
    "unread": Screen(unread),
    "draft": Screen(draft),
    "request": Screen(request),
    "sign-out": Screen(sign_out),
    "waited": Screen(waited),
    "outbox": Screen(outbox),
    "outbox-large": Screen(outbox, text_size=200),
    "outbox-narrow": Screen(outbox, (420, 720)),
    "outbox-empty": Screen(outbox_of_nothing, empty=True),
    "controls": Screen(controls),
    "text-plan": Screen(settings("plan")),
    "texts": Screen(settings("texts")),
    "06-strong": Screen(green, contrast=True),
    "41-strong": Screen(component_drawing, contrast=True, empty=True),
    "01-mirrored": Screen(talk, mirrored=True),
    "05-mirrored": Screen(undelivered, mirrored=True),
    "06-mirrored": Screen(green, mirrored=True),
    "01-long-names": Screen(long_names(talk)),
    "12-long-names": Screen(long_names(details)),
    "32-long-names": Screen(long_names(talk), (420, 720)),
    "35-long-names": Screen(long_names(verify)),
}
