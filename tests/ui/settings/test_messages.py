"""Settings > Messages: the rich switch against a real relay, the text plan, and the ledger of texts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.bearer import Agreement, Bearer
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, UsedUp
from app.storage import own
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.ledger_list import LedgerRows
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.choices import Choice
from app.ui.widgets.dialog import Question
from app.ui.widgets.fields import Line
from app.ui.widgets.meter import Meter
from app.ui.widgets.switch import Switch
from tests.parts import people, texting
from tests.parts import relay as relays
from tests.parts.people import Present
from tests.parts.texting import Network
from tests.parts.waiting import until_so
from tests.parts.window import Furniture, Said, control, furnished
from tests.stories.test_texts import ALICE, BOB, bearer_of, prove, reason, settled, to
from tests.ui.settings.test_pages import until, words

RICH = "Rich messaging"


@dataclass
class Scene:
    """Bob's settings are open; Alice writes to him."""

    dialog: SettingsDialog
    bob: Present
    alice: Present
    network: Network

    @property
    def switch(self) -> Switch:
        return control(self.dialog, RICH, Switch)

    async def told(self, part: str) -> None:
        await until(lambda: part in self.switch.accessibleDescription() and self.has(part))

    def has(self, part: str) -> bool:
        return any(part in each for each in words(self.dialog))


@contextlib.asynccontextmanager
async def stage(folder: Path, theme: Theme, said: Said, *, proved: bool) -> AsyncIterator[Scene]:
    network = Network()
    async with texting.relay(folder / "relay", network) as inside:
        alice = await people.join(folder / "alice", inside.url, ALICE)
        bob = await people.join(folder / "bob", inside.url, BOB)
        await prove(inside, ALICE)
        if proved:
            await prove(inside, BOB)
        async with alice.online() as here, bob.online() as there:
            messenger = there.messenger
            bridge = Bridge(messenger.hub, lambda error: pytest.fail(repr(error)))
            desk = Desk(messenger, theme, bridge, said, messenger.clock, UTC)
            await until(lambda: messenger.addresses.told)
            dialog = SettingsDialog(desk, None)
            dialog.open("messages")
            try:
                yield Scene(dialog, there, here, network)
            finally:
                dialog.close()
                await bridge.close()


async def test_turned_over_here_it_is_seen_at_the_next_message_there(tmp_path: Path, theme: Theme, said: Said) -> None:
    async with stage(tmp_path, theme, said, proved=True) as scene:
        await scene.told("Encrypted and free")
        first = await to(scene.alice, BOB, "blue")
        await scene.alice.status(first, Status.SENT)
        assert await bearer_of(scene.alice, first) == Bearer.RICH

        QTest.mouseClick(scene.switch, Qt.MouseButton.LeftButton)
        await scene.told("It’s off: everything goes as text messages.")
        assert not scene.switch.isChecked()
        assert await scene.bob.messenger.rich.state() == "off"
        asks = await to(scene.alice, BOB, "not without a yes")
        await scene.alice.status(asks, Status.FAILED)
        assert await reason(scene.alice, asks) == Reason.NEEDS_CONSENT
        green = await to(scene.alice, BOB, "green", agreed=Agreement(1))
        await scene.alice.status(green, Status.SENT)
        await settled(scene.alice, 1)
        assert (await bearer_of(scene.alice, green), scene.network.words()) == (Bearer.TEXT, "green")

        scene.switch.setFocus()
        QTest.keyClick(scene.switch, Qt.Key.Key_Space)
        await scene.told("Encrypted and free")
        assert scene.switch.isChecked()
        again = await to(scene.alice, BOB, "blue again")
        await scene.alice.status(again, Status.SENT)
        assert await bearer_of(scene.alice, again) == Bearer.RICH


@pytest.mark.long
async def test_without_a_proved_number_it_asks_and_no_is_no(tmp_path: Path, theme: Theme, said: Said) -> None:
    async with stage(tmp_path, theme, said, proved=False) as scene:
        for answer, state, shown in (("Cancel", "on", "Encrypted and free"), ("Turn Off", "off", "It’s off")):
            scene.switch.click()
            await until(lambda: bool(scene.dialog.findChildren(Question)))
            assert scene.has("Nobody can reach you while this is off: you have no phone number.")
            control(scene.dialog, answer, Button).click()
            await until(lambda: not scene.dialog.findChildren(Question))
            await scene.told(shown)
            assert await scene.bob.messenger.rich.state() == state
            assert scene.switch.isChecked() is (state == "on")


@pytest.mark.long
async def test_what_the_command_line_or_another_device_does_is_shown(tmp_path: Path, theme: Theme, said: Said) -> None:
    async with stage(tmp_path, theme, said, proved=True) as scene:
        await scene.bob.messenger.rich.switch(False)
        await scene.told("It’s off")
        assert not scene.switch.isChecked()
        scene.bob.messenger.settings.change("send_as_text", "never")
        await scene.told("text messages are turned off too: nothing can be sent")


async def test_without_the_relay_the_wish_is_kept_and_said(tmp_path: Path, theme: Theme, said: Said) -> None:
    """Turned off while the relay is away, and back again before it has heard of it; then off, and it comes back."""
    async with relays.process(tmp_path / "relay") as relay:
        bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
        await relay.stop()
        async with bob.awake() as there:
            messenger = there.messenger
            bridge = Bridge(messenger.hub, lambda error: pytest.fail(repr(error)))
            dialog = SettingsDialog(Desk(messenger, theme, bridge, said, messenger.clock, UTC), None)
            dialog.open("messages")
            switch = control(dialog, RICH, Switch)
            for on, state, told in (
                (False, "leaving", "Turns off as soon as the relay answers."),
                (True, "returning", "Turns on as soon as the relay answers."),
                (False, "leaving", "Turns off as soon as the relay answers."),
            ):
                switch.click()
                if not on:
                    await until(lambda: bool(dialog.findChildren(Question)))
                    control(dialog, "Turn Off", Button).click()
                await until(lambda told=told: told in switch.accessibleDescription())
                assert (await messenger.rich.state(), switch.isChecked()) == (state, on)
            await relay.start()
            messenger.connection.retry_now()
            await until(lambda: "It’s off" in switch.accessibleDescription())
            assert await messenger.rich.state() == "off"
            dialog.close()
            await bridge.close()


@pytest_asyncio.fixture
async def bare(tmp_path: Path, theme: Theme, said: Said) -> AsyncIterator[Desk]:
    """Offline, over an empty store."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    async with furnished(tmp_path / "noor", theme, said, empty=True) as made:
        yield made
    QLocale.setDefault(before)


def opened(desk: Desk, page: str = "messages") -> SettingsDialog:
    dialog = SettingsDialog(desk, None)
    dialog.open(page)
    return dialog


@pytest.mark.parametrize(
    ("state", "on", "told"),
    [
        ("on", True, "Encrypted and free"),
        ("leaving", False, "Until then people still reach you here"),
        ("off", False, "It’s off"),
        ("returning", True, "Until then nobody writes to you encrypted"),
    ],
)
async def test_each_state_is_shown_as_it_is(bare: Desk, state: str, on: bool, told: str) -> None:
    await bare.messenger.database.write(lambda tx: own.set_rich(tx, state))
    dialog = opened(bare)
    switch = control(dialog, RICH, Switch)
    await until(lambda: told in switch.accessibleDescription())
    assert switch.isChecked() is on
    assert not control(dialog, "Try again to switch rich messaging", Button).isVisible()  # nobody to ask
    dialog.close()


async def test_the_plan_is_chosen_and_its_use_shown(bare: Desk) -> None:
    await Furniture(bare.messenger).texts()
    dialog = opened(bare)
    meter = control(dialog, "Texts used", Meter)
    await until(lambda: meter.accessibleDescription() == "88 of 100 texts used. Resets 1 December")
    assert (meter.value(), meter.maximum()) == (88, 100)
    assert "£0.40 each" in words(dialog)
    limited, per_message = control(dialog, "Limited"), control(dialog, "Per message")
    assert limited.isChecked()  # type: ignore[attr-defined]
    limited.setFocus()
    QTest.keyClick(limited, Qt.Key.Key_Right)
    await until(lambda: "£0.12 each" in words(dialog))
    assert dialog.focusWidget() is per_message
    assert (await bare.messenger.plan.standing()).plan.kind is Kind.PAY
    assert not meter.isVisibleTo(dialog)
    assert "88 texts used" in words(dialog)
    await bare.messenger.plan.change(price=0)
    await until(lambda: "Price unknown" in words(dialog))
    QTest.mouseClick(control(dialog, "Unlimited"), Qt.MouseButton.LeftButton)
    await until(lambda: "Price unknown" not in words(dialog))
    assert (await bare.messenger.plan.standing()).plan.kind is Kind.UNLIMITED
    dialog.close()


@pytest.mark.parametrize(
    ("used_up", "price", "told"),
    [
        (UsedUp.ASK, 12, "More cost £0.12 each, and you are asked before."),
        (UsedUp.PAY, 12, "More cost £0.12 each."),
        (UsedUp.STOP, 12, "No more texts are sent until 1 December."),
        (UsedUp.ASK, 0, "You are asked before each one more."),
    ],
)
async def test_a_plan_that_is_used_up_says_what_happens_then(
    bare: Desk, used_up: UsedUp, price: int, told: str
) -> None:
    await Furniture(bare.messenger).texts()
    await bare.messenger.plan.change(allowance=80, when_used_up=used_up, price=price)
    dialog = opened(bare)
    await until(lambda: told in words(dialog))
    meter = control(dialog, "Texts used", Meter)
    assert meter.accessibleDescription().startswith("88 of 80 texts used")
    assert meter.value() == meter.maximum()
    dialog.close()


async def test_the_details_are_kept_as_they_are_left(bare: Desk) -> None:
    bare.messenger.settings.change("region", "GB")
    await bare.messenger.plan.change(kind=Kind.LIMITED)
    dialog = opened(bare)
    control(dialog, "Plan details", IconButton).click()
    assert dialog.page == "plan"
    dialog.activateWindow()
    await until(lambda: control(dialog, "Texts in a period", Line).isVisible() and dialog.isActiveWindow())

    async def write(name: str, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
        field = control(dialog, name, Line)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, key)

    await write("Texts in a period", "250")
    await write("Text message", "0,12", Qt.Key.Key_Tab)  # leaving it is enough
    await write("Picture message (MMS)", ".4")
    assert control(dialog, "Picture message (MMS)", Line).accessibleDescription() == "Enter an amount, such as 0.12."
    await write("Picture message (MMS)", "0.4")
    control(dialog, "Day the period begins", Choice).choose(15)
    control(dialog, "When they are used up", Choice).choose(UsedUp.STOP)
    control(dialog, "Count texts that come in", Switch).click()

    async with asyncio.timeout(60):
        while not (await bare.messenger.plan.standing()).plan.incoming_counts:  # changed last
            await asyncio.sleep(0.005)
    found = (await bare.messenger.plan.standing()).plan
    assert (found.allowance, found.price, found.mms_price, found.currency) == (250, 12, 40, "GBP")
    assert (found.start_day, found.when_used_up) == (15, UsedUp.STOP)
    await until(lambda: control(dialog, "Picture message (MMS)", Line).text() == "0.40")
    QTest.keyClick(dialog, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert dialog.page == "messages"
    assert dialog.focusWidget() is control(dialog, "Plan details", IconButton)
    await until(lambda: "£0.40 each" in words(dialog))
    control(dialog, "Change the price of a picture message", Button).click()
    await until(lambda: dialog.focusWidget() is control(dialog, "Picture message (MMS)", Line))
    dialog.close()


async def test_the_currency_of_the_plan_is_chosen_by_keyboard(bare: Desk) -> None:
    await bare.messenger.plan.change(kind=Kind.LIMITED, price=12, currency="GBP")
    dialog = opened(bare, "plan")
    choice = control(dialog, "Currency", Choice)
    await until(lambda: choice.text() == "GBP")
    shown = choice.text()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert choice.text() > shown  # the next one of the alphabet
    await until_so(lambda: kept_currency(bare, choice.text()))
    QTest.keyClick(choice, Qt.Key.Key_Up)
    await until_so(lambda: kept_currency(bare, "GBP"))
    dialog.close()


async def kept_currency(desk: Desk, currency: str) -> bool:
    return (await desk.messenger.plan.standing()).plan.currency == currency


async def test_the_list_of_texts_is_opened_from_the_messages_and_left_to_them(bare: Desk) -> None:
    await Furniture(bare.messenger).texts(20)
    dialog = opened(bare)
    button = control(dialog, "Texts sent and received", IconButton)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert dialog.page == "texts"
    await until(lambda: "20 messages" in words(dialog))
    QTest.keyClick(dialog, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert dialog.page == "messages"
    assert dialog.focusWidget() is button
    dialog.close()


def listed(dialog: QWidget) -> LedgerRows:
    return control(dialog, "Texts", LedgerRows)


async def test_ten_thousand_texts_are_there_at_once_and_all_of_them_in_the_end(bare: Desk) -> None:
    """What is read and made for the first screen is a page, however many there are; the end has the first text."""
    await Furniture(bare.messenger).texts(10_000)
    dialog = opened(bare, "texts")
    await until(lambda: "10000 messages" in words(dialog))
    model = listed(dialog).model()
    assert 0 < model.rowCount() <= 400
    newest = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert newest.startswith(("To ", "From "))
    assert "1 text" in newest or "2 texts" in newest
    rows = listed(dialog)
    rows.setFocus()
    while model.rowCount() < 1_000:
        before = model.rowCount()
        QTest.keyClick(rows, Qt.Key.Key_End)
        await until(lambda before=before: model.rowCount() > before)
    assert dialog.focusWidget() is rows
    dialog.close()


async def test_a_text_that_goes_out_appears_and_earlier_periods_are_a_choice_away(bare: Desk) -> None:
    furniture = Furniture(bare.messenger)
    await furniture.texts(20)
    await furniture.one_text(days=40)
    dialog = opened(bare, "texts")
    await until(lambda: "20 messages" in words(dialog))
    choice = control(dialog, "Period", Choice)
    assert choice.text() == "Since 1 November"
    QTest.keyClick(choice, Qt.Key.Key_Down)
    await until(lambda: "1 message" in words(dialog))
    assert choice.text() == "1 October – 31 October"
    assert "1 text used · £0.12" in words(dialog)
    model = listed(dialog).model()
    assert model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole) == (
        "To +12025550143. Sent · 1 text · 1 October 9:41. £0.12"
    )
    QTest.keyClick(choice, Qt.Key.Key_Up)
    await until(lambda: "20 messages" in words(dialog))
    await furniture.one_text(days=0)
    await until(lambda: "21 messages" in words(dialog))
    dialog.close()


async def test_nothing_sent_yet_is_said(bare: Desk) -> None:
    dialog = opened(bare, "texts")
    await until(lambda: "No texts in this period." in words(dialog))
    assert not listed(dialog).isVisible()
    dialog.close()


async def test_texts_sent_meanwhile_are_counted_on_the_open_page(bare: Desk) -> None:
    furniture = Furniture(bare.messenger)
    await furniture.texts()
    dialog = opened(bare)
    meter = control(dialog, "Texts used", Meter)
    await until(lambda: meter.value() == 88)
    await furniture.one_text(days=0)
    await until(lambda: meter.value() == 89)
    dialog.close()
