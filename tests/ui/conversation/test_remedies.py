"""What is done about a message that did not arrive: as a text at its price, once more after a warning, or deleted."""

from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from app.client import changes
from app.client.routing import Forecast
from app.common import local
from app.common.clock import ManualClock
from app.domain import plan as plans
from app.domain.bearer import Bearer, Capability, Choice, Rules, TextRoute, Why
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, Plan
from app.storage import jobs, ledger, messages, people
from app.storage.people import Person
from app.storage.transaction import Tx
from app.ui import remedies
from app.ui.bridge import Bridge
from app.ui.conversation import accessible
from app.ui.conversation.page import ConversationPage
from app.ui.conversation.row import Row
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from tests.parts import people as persons
from tests.parts import texting
from tests.parts.texting import CAROL, Network
from tests.parts.waiting import until, until_so
from tests.parts.window import MINUTE, NOW, Furniture, Said, control, person_of
from tests.stories.test_texts import ALICE, BOB, prove

JONAS, SAM = person_of("Jonas Lind"), person_of("Sam Whitlock")


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    made = shown(desk)
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


def shown(desk: Desk) -> ConversationPage:
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    return made


def last(page: ConversationPage) -> Row:
    return page.view._scene.window.rows[-1]


def line(page: ConversationPage) -> list[str]:
    """What stands under the last message, with what can be pressed."""
    found = last(page).place.line
    return [part.words for part in found.parts if part.words != "·"] if found is not None else []


def pressed(page: ConversationPage, words: str) -> None:
    """Press these words under the last message."""
    on_screen = page.view._scene.shown[-1]
    spot = next(each for each in on_screen.row.spots if each.part.words == words)
    at = spot.area.translated(0, on_screen.top).center()
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def chosen(page: ConversationPage, words: str) -> None:
    """Choose it in the menu of the last message, opened by its key."""
    page.view.setFocus()
    page.view._scene.focus(last(page).key)
    QTest.keyClick(page.view, Qt.Key.Key_Menu)
    menu = page.view.findChildren(QMenu)[-1]
    next(each for each in menu.actions() if each.text().split("\t")[0] == words).trigger()
    menu.close()


def question(page: QWidget) -> Dialog | None:
    open_ = [each for each in page.window().findChildren(Dialog) if each.isVisible()]
    return open_[0] if open_ else None


async def asked(page: QWidget) -> tuple[Dialog, str]:
    await until(lambda: question(page) is not None)
    found = question(page)
    assert found is not None
    return found, " ".join(each.text() for each in found.findChildren(Label))


async def give_number(desk: Desk, person: bytes) -> None:
    def write(tx: Tx) -> None:
        people.put_address(tx, CAROL, person)
        tx.note(changes.ContactsChanged(frozenset({person})))

    await desk.messenger.database.write(write)


@pytest.mark.parametrize(
    ("reason", "name", "signal"),
    [(Reason.UNTRUSTED_LIST, "Verify…", "details"), (Reason.OTHER_ACCOUNT, "New Conversation", "other")],
)
async def test_what_helps_on_another_page(
    desk: Desk, page: ConversationPage, reason: Reason, name: str, signal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = "UPDATE recipients SET reason = ? WHERE row IN (SELECT row FROM messages WHERE conversation = ?)"
    await desk.messenger.database.write(lambda tx: tx.run(fail, (reason, SAM)))
    await page.open(SAM)
    assert line(page) == ["Not Delivered", name, "Delete"]

    async def anew(address: str, region: str | None = None, *, anew: bool = False) -> Person:
        assert (address, anew) == ("sam@example.com", True)
        return await desk.messenger.database.read(lambda view: people.get(view, SAM))

    monkeypatch.setattr(desk.messenger.routing, "person_for", anew)
    spy = QSignalSpy(getattr(page, signal))
    pressed(page, name)
    await until(lambda: spy.count() == 1)
    chosen(page, name)
    await until(lambda: spy.count() == 2)
    page.show_details_open(True)
    if signal == "details":
        pressed(page, name)
        assert spy.count() == 2  # it is open already, and stays so


async def test_as_a_text_it_is_offered_where_a_number_is_known(desk: Desk, page: ConversationPage) -> None:
    await page.open(SAM)
    assert line(page) == ["Not Delivered", "Retry", "Delete"]
    await give_number(desk, SAM)
    await until(lambda: line(page) == ["Not Delivered", "Retry", "Send as Text Message", "Delete"])
    row = last(page)
    page.view._acting.menu(row, QPoint(10, 10))
    menu = page.view.findChildren(QMenu)[-1]
    words = [each.text().split("\t")[0] if each.text() else "—" for each in menu.actions()]
    assert words == ["Reply", "Copy", "—", "Details…", "How This Went", "—", "Retry", "Send as Text Message", "Delete"]
    menu.close()
    only = "UPDATE conversations SET bearer = 'only_encrypted' WHERE conversation = ?"
    await desk.messenger.database.write(lambda tx: tx.run(only, (SAM,)))
    await page.open(SAM)
    assert line(page) == ["Not Delivered", "Retry", "Delete"]


async def test_while_the_relay_has_not_said_that_it_sends_texts_nothing_is_promised(
    desk: Desk, page: ConversationPage, said: Said
) -> None:
    await give_number(desk, SAM)
    await page.open(SAM)
    pressed(page, "Send as Text Message")
    await until(lambda: bool(said.lines))
    assert said.lines == [("You’re offline. Check the network and try again.", "")]
    assert question(page) is None


async def test_one_that_waits_offers_it_after_a_minute(desk: Desk, page: ConversationPage) -> None:
    await give_number(desk, JONAS)
    put = Furniture(desk.messenger)
    await put.say("Jonas Lind", "Anything else?", NOW - MINUTE + 100, own_words=True, status=Status.QUEUED)
    await page.open(JONAS)
    assert line(page) == ["Waiting for network…"]
    assert {"Send as Text Message", "Delete"} <= set(accessible.offered(last(page), NOW))
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(1)
    await until(lambda: line(page) == ["Waiting for network…", "Send as Text Message"])


async def test_what_may_have_arrived_is_sent_again_only_after_a_warning(desk: Desk, page: ConversationPage) -> None:
    put = Furniture(desk.messenger)
    failed = {"own_words": True, "status": Status.FAILED, "reason": Reason.TEXT_UNKNOWN.value}
    row = await put.say("Jonas Lind", "Perhaps there", NOW - MINUTE, **failed)  # type: ignore[arg-type]
    await desk.messenger.database.write(lambda tx: messages.set_bearer(tx, row, Bearer.TEXT))
    await page.open(JONAS)
    assert line(page) == ["Not Delivered", "Retry", "Delete"]
    pressed(page, "Retry")
    dialog, words = await asked(page)
    assert "It may have arrived already, and would then arrive twice." in words
    control(dialog, "Cancel", QAbstractButton).click()
    await until(lambda: question(page) is None)
    assert await desk.messenger.database.read(lambda view: jobs.of_message(view, row)) == []
    pressed(page, "Retry")
    dialog, _ = await asked(page)
    control(dialog, "Send Again", QAbstractButton).click()

    async def queued() -> bool:
        return bool(await desk.messenger.database.read(lambda view: jobs.of_message(view, row)))

    await until_so(queued)


@pytest.mark.parametrize(
    ("reason", "offered", "asks"),
    [
        (Reason.NOT_ON_KINGFISHER, ["Invite"], "invite"),
        (Reason.PLAN_USED_UP, ["Retry", "Plan…"], "plan"),
        (Reason.TEXTS_OFF, ["Retry", "Settings…"], "plan"),
        (Reason.TEXT_BAD_NUMBER, [], ""),
    ],
)
async def test_what_helps_on_another_page_stands_beside_delete(
    desk: Desk, page: ConversationPage, reason: Reason, offered: list[str], asks: str
) -> None:
    failed = {"own_words": True, "status": Status.FAILED, "reason": reason.value}
    await Furniture(desk.messenger).say("Jonas Lind", "Are you there?", NOW - MINUTE, **failed)  # type: ignore[arg-type]
    await page.open(JONAS)
    assert line(page) == ["Not Delivered", *offered, "Delete"]
    assert [each for each in accessible.offered(last(page), NOW) if each in (*offered, "Delete")] == [
        *offered,
        "Delete",
    ]
    if asks:
        asked = QSignalSpy(getattr(page, asks))
        pressed(page, offered[-1])
        chosen(page, offered[-1])
        assert asked.count() == 2


async def test_one_that_waits_is_deleted_and_comes_back(desk: Desk, page: ConversationPage, said: Said) -> None:
    put = Furniture(desk.messenger)
    row = await put.say("Jonas Lind", "Not yet", NOW - MINUTE, own_words=True, status=Status.QUEUED)
    await page.open(JONAS)
    chosen(page, "Delete")
    await until(lambda: said.lines == [("Message deleted", "Undo")])
    assert await desk.messenger.database.read(lambda view: messages.get(view, row)) is None


async def test_it_goes_as_text_at_its_price_after_the_encrypted_one_was_taken_back(
    tmp_path: Path, theme: Theme
) -> None:
    """Bob is away; the price is said, a no leaves all as it is, a yes sends one text and nothing else ever comes."""
    failures: list[BaseException] = []
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await persons.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        bob = await persons.join(tmp_path / "bob", inside.url, BOB)
        async with alice.online() as present:
            messenger = present.messenger
            limited = Plan(Kind.LIMITED, 100, price=12, currency="GBP")
            await messenger.database.write(lambda tx: ledger.set_plan(tx, limited))
            bridge = Bridge(messenger.hub, failures.append)
            page = shown(Desk(messenger, theme, bridge, Said(), messenger.clock, UTC))
            person = (await messenger.routing.person_for(BOB)).person
            sent = await present.write(BOB, "Train at ten")
            await present.status(sent, Status.SENT)
            await page.open(person)
            await until(lambda: line(page) == ["Sent"])
            chosen(page, "Send as Text Message")
            dialog, words = await asked(page)
            assert "This message will use 1 text. 100 of 100 left this month." in words
            assert "Texts aren’t encrypted." in words
            control(dialog, "Cancel", QAbstractButton).click()
            await until(lambda: question(page) is None)
            chosen(page, "Send as Text Message")
            dialog, _ = await asked(page)
            control(dialog, "Send as Text Message", QAbstractButton).click()
            await until(lambda: line(page)[:1] == ["Sent as text message"], 40)
            assert "Send as Text Message" not in accessible.offered(last(page), messenger.clock.now())
            await until(lambda: network.words() == "Train at ten", 40)
            period = plans.period_of(limited, messenger.clock.now(), local.ZONE)
            assert await messenger.database.read(lambda view: ledger.used(view, period, incoming=False)) == 1
            await page.close_down()
            page.hide()
            page.deleteLater()
            await bridge.close()
        async with bob.online() as there:
            await there.messenger.caught_up()
            assert await there.messenger.database.read(lambda view: messages.recent(view, 9)) == []
    assert not failures


@pytest.mark.parametrize("price", [40, 0])
async def test_what_is_too_long_for_a_text_is_said_to_be_an_mms_as_the_ledger_counts_it(
    tmp_path: Path, theme: Theme, price: int
) -> None:
    failures: list[BaseException] = []
    network = Network(kinds=frozenset({"sms", "mms"}), mms_octets=60_000, mms_types=frozenset({"image/jpeg"}))
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await persons.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        await persons.join(tmp_path / "bob", inside.url, BOB)
        async with alice.online() as present:
            messenger = present.messenger
            limited = Plan(Kind.LIMITED, 100, price=12, mms_price=price, currency="GBP")
            await messenger.database.write(lambda tx: ledger.set_plan(tx, limited))
            bridge = Bridge(messenger.hub, failures.append)
            page = shown(Desk(messenger, theme, bridge, Said(), messenger.clock, UTC))
            person = (await messenger.routing.person_for(BOB)).person
            sent = await present.write(BOB, "я" * 671)  # eleven segments
            await present.status(sent, Status.SENT)
            await page.open(person)
            await until(lambda: line(page) == ["Sent"])
            chosen(page, "Send as Text Message")
            dialog, words = await asked(page)
            cost = "It costs £0.40." if price else "It costs nothing on top of your plan."
            assert f"This message is too long for a text and will go as 1 MMS. {cost} Texts aren’t" in words
            control(dialog, "Send as Text Message", QAbstractButton).click()
            await until(lambda: line(page)[:1] == ["Sent"] and "MMS" in line(page), 40)
            period = plans.period_of(limited, messenger.clock.now(), local.ZONE)
            (entry,) = await messenger.database.read(lambda view: ledger.of_period(view, period))
            assert (entry.mms, entry.segments, entry.price) == (True, 0, price)
            assert await messenger.database.read(lambda view: ledger.used(view, period, incoming=False)) == 0
            await page.close_down()
            page.hide()
            page.deleteLater()
            await bridge.close()
    assert not failures


def forecast(plan: Plan, route: TextRoute, used: int = 0, **rules: bool) -> Forecast:
    choice = Choice(Bearer.TEXT, Why.TEXT_AGREED, route)
    return Forecast(b"", choice, Capability.NOT_RICH, 1, Rules(**rules), CAROL, plan=plan, used=used)


@pytest.mark.parametrize(
    ("found", "words", "yes"),
    [
        (forecast(Plan(), TextRoute(3)), "This message will use 3 texts. Text messages are unlimited.", ""),
        (
            forecast(Plan(Kind.PAY, price=12, currency="GBP"), TextRoute(1, 12, "GBP")),
            "This message will use 1 text. It costs £0.12.",
            "",
        ),
        (
            forecast(Plan(Kind.PAY), TextRoute(1, unpriced=True)),
            "This message will use 1 text. What it costs isn’t known.",
            "",
        ),
        (
            forecast(Plan(Kind.LIMITED, 100), TextRoute(2, plan_left=False, unpriced=True), 99),
            "This message will use 2 texts. Only 1 of 100 left this month. What it costs isn’t known.",
            "Send Anyway",
        ),
        (
            forecast(Plan(Kind.LIMITED, 100, price=12, currency="GBP"), TextRoute(1, 12, "GBP", plan_left=False), 100),
            "This message will use 1 text. You’ve used all 100 texts this month. It costs £0.12.",
            "Send Anyway",
        ),
        (
            forecast(Plan(Kind.LIMITED, 100), TextRoute(1, 40, "GBP", mms=True), 100, only_phones=True),
            "This message will go as 1 picture message. It costs £0.40.",
            "",
        ),
    ],
)
def test_a_yes_to_a_text_is_told_its_whole_price(found: Forecast, words: str, yes: str) -> None:
    end = "Texts aren’t encrypted. The encrypted message is taken back first, so that only one can arrive."
    whole = replace(found, plan=replace(found.plan, currency="GBP"))
    assert remedies.question(whole)[1:] == (f"{words} {end}", yes or "Send as Text Message")
