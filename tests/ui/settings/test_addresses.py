"""Own addresses in the settings: adding one by its code, what stands beside each, a claim that is refused, leaving."""

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.client import changes
from app.client.own_addresses import AGAIN_AFTER, Activation
from app.protocol import proofs
from app.relay.texts import base
from app.storage import own_addresses
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.settings import addresses
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.proving import CodeDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.choices import Choice
from app.ui.widgets.code import CodeField
from app.ui.widgets.fields import Line
from app.ui.window_state import WindowState
from tests.parts import people, proving
from tests.parts.proving import Proving
from tests.parts.window import Said, control
from tests.ui.settings.test_pages import until, words

ALICE, NUMBER, ABROAD = "alice@example.com", "+12025550101", "+447700900123"


@dataclass
class Scene:
    desk: Desk
    relay: Proving
    window: MainWindow
    said: Said

    @property
    def standing(self) -> dict[str, str]:
        """As the relay has it."""
        return self.relay.standing(self.desk.messenger)

    def sees(self, name: str) -> bool:
        return any(each.accessibleName() == name and each.isVisible() for each in self.widgets)

    @property
    def widgets(self) -> list[QWidget]:
        return self.window.findChildren(QWidget)

    async def press(self, name: str) -> None:
        await until(lambda: self.sees(name))
        control(self.window, name, Button).click()

    async def told(self, sentence: str) -> None:
        await until(lambda: any(sentence in each for each in words(self.window)))

    async def settings(self) -> SettingsDialog:
        self.window.show_settings("account")
        await self.told(ALICE)
        return self.window.findChild(SettingsDialog)  # type: ignore[return-value]


@contextlib.asynccontextmanager
async def stage(tmp_path: Path, theme: Theme, said: Said, *, address: str = ALICE) -> AsyncIterator[Scene]:
    """Alice's window, signed in at a relay that checks addresses; what is offered to a new account was said no to."""
    async with proving.relay(tmp_path) as proves:
        alice = await people.join(tmp_path / "alice", proves.inside.url, address)
        async with alice.online() as present:
            messenger = present.messenger
            bridge = Bridge(messenger.hub, lambda error: pytest.fail(repr(error)))
            desk = Desk(messenger, theme, bridge, said, messenger.clock, UTC)
            window = MainWindow(desk, None, WindowState())
            window.resize(1120, 760)
            await until(lambda: bool(messenger.addresses.checks))
            await messenger.addresses.offer()
            window.show()
            try:
                yield Scene(desk, proves, window, said)
            finally:
                await window.close_down()
                window.close()
                window.deleteLater()
                await bridge.close()


def staged(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """Gives a test its ``scene`` inside its own coroutine: between fixture and test Qt runs tasks without a loop."""
    wanted = list(inspect.signature(test).parameters)[1:]

    async def run(tmp_path: Path, theme: Theme, said: Said, **more: object) -> None:
        if "tmp_path" in wanted:
            more["tmp_path"] = tmp_path
        async with stage(tmp_path, theme, said) as scene:
            await test(scene, **more)

    run.__name__ = test.__name__
    names = dict.fromkeys(("tmp_path", "theme", "said", *wanted))
    kind = inspect.Parameter.KEYWORD_ONLY
    run.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return run


@staged
async def test_a_number_is_added_by_its_code_with_the_keyboard(scene: Scene) -> None:
    await scene.settings()
    await scene.press("Add Number or E-mail…")
    await until(lambda: scene.sees("Phone number or e-mail"))
    field = control(scene.window, "Phone number or e-mail", Line)
    QTest.keyClicks(field, "12")
    QTest.keyClick(field, Qt.Key.Key_Return)
    await scene.told("Enter a full phone number or e-mail.")
    field.clear()
    QTest.keyClicks(field, "+1 202 555 0101")
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: scene.sees("Code"))
    code = control(scene.window, "Code", CodeField)
    assert not control(scene.window, "Continue", Button).isEnabled()
    QTest.keyClicks(code, "00x00 00")
    assert code.text() == "000000"
    QTest.keyClick(code, Qt.Key.Key_Return)
    await scene.told("That code didn’t match. Check the digits and try again. 4 tries left.")
    right = await scene.relay.code(NUMBER)
    QGuiApplication.clipboard().setText(f"{right[:3]} {right[3:]}\n")
    QTest.keyClick(code, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert code.text() == right
    assert not any("didn’t match" in each for each in words(scene.window))
    QTest.keyClick(code, Qt.Key.Key_Return)
    await until(lambda: "People can reach you at +12025550101" in [text for text, _ in scene.said.lines])
    await scene.told("Verified")
    start = control(scene.window, "Start new conversations from", Choice)
    assert start.value == ALICE
    start.choose(NUMBER)
    await scene.told("Starts new conversations")
    await until(lambda: scene.sees("Remove alice@example.com"))
    await scene.press("Remove alice@example.com")
    await scene.press("Remove")
    await until(lambda: set(scene.standing) == {NUMBER})


@staged
async def test_a_code_left_alone_waits_in_the_settings_and_is_entered_later(scene: Scene) -> None:
    await scene.desk.messenger.addresses.start(NUMBER)
    await scene.settings()
    await scene.told("Waiting for its code since")
    await scene.press("Enter the code for +12025550101")
    await until(lambda: scene.sees("Code"))
    await scene.told("You can ask for a new code in 0:")
    QTest.keyClick(control(scene.window, "Code", CodeField), Qt.Key.Key_Escape)
    await until(lambda: not scene.sees("Code"))
    await scene.press("Remove +12025550101")
    await until(lambda: not scene.sees("Remove +12025550101"))
    assert set(scene.standing) == {ALICE}


@staged
async def test_a_new_code_is_sent_after_a_while_and_the_first_one_no_longer_proves(scene: Scene) -> None:
    messenger = scene.desk.messenger
    await messenger.addresses.start(NUMBER)
    first = await scene.relay.code(NUMBER)
    dialog = CodeDialog(scene.desk, scene.window, NUMBER, scene.desk.now() - AGAIN_AFTER)
    dialog.open()
    await scene.told("Didn’t get it?")
    code = control(dialog, "Code", CodeField)
    QTest.keyClicks(code, "123")
    again = control(dialog, "Send a New Code", Button)
    again.setFocus()
    QTest.keyClick(again, Qt.Key.Key_Space)
    second = await scene.relay.code(NUMBER, 2)
    await scene.told("You can ask for a new code in ")
    assert code.text() == "" and code.hasFocus() and not again.isVisible()
    if first != second:  # one time in a million they are the same
        QTest.keyClicks(code, first)
        QTest.keyClick(code, Qt.Key.Key_Return)
        await scene.told("That code didn’t match.")
    code.setText(second)
    QTest.keyClick(code, Qt.Key.Key_Return)
    await until(lambda: scene.standing.get(NUMBER) == "proved")
    dialog.close()


@staged
async def test_what_the_relay_cannot_check_is_said_where_it_was_typed(scene: Scene) -> None:
    await scene.settings()
    await scene.press("Add Number or E-mail…")
    await until(lambda: scene.sees("Phone number or e-mail"))
    field = control(scene.window, "Phone number or e-mail", Line)
    field.setText(ABROAD)
    control(scene.window, "Send Code", Button).click()
    await until(lambda: "country" in field.accessibleDescription())
    for _ in range(5):
        await scene.desk.messenger.addresses.start(NUMBER)
    field.setText(NUMBER)
    control(scene.window, "Send Code", Button).click()
    await scene.told("Too many codes were asked for. Try again tomorrow.")


@pytest.mark.parametrize(("answer", "after"), [("Refuse", "proved"), ("Hand Over", "lost")])
@staged
async def test_a_claim_is_told_over_the_window_and_answered(
    scene: Scene, tmp_path: Path, answer: str, after: str
) -> None:
    bob = await people.join(tmp_path / "bob", scene.relay.inside.url, "bob@example.com")
    await scene.relay.prove(scene.desk.messenger, NUMBER)
    async with bob.online() as other:
        assert (await scene.relay.prove(other.messenger, NUMBER, 2)).outcome == "moving"
        await scene.told("Another account claims +12025550101")
        await scene.press(answer)
        await until(lambda: scene.standing[NUMBER] == after)
    await until(lambda: len(scene.said.lines) == 1)
    assert not scene.sees(answer)


@pytest.mark.long
@staged
async def test_a_withdrawal_by_the_web_page_is_told_and_refused(scene: Scene) -> None:
    await scene.relay.prove(scene.desk.messenger, NUMBER)
    await scene.relay.inside.relay.proving.start_leaving(NUMBER, "")
    await scene.relay.inside.relay.proving.leave(NUMBER, await scene.relay.code(NUMBER, 2))
    await scene.told("Somebody wants to withdraw +12025550101")
    assert not scene.sees("Hand Over")
    await scene.press("Refuse")
    await until(lambda: scene.standing[NUMBER] == "proved")


async def test_a_new_account_is_offered_to_check_its_address_once(tmp_path: Path, theme: Theme, said: Said) -> None:
    async with stage(tmp_path, theme, said, address=NUMBER) as scene:
        await scene.desk.messenger.database.write(
            lambda tx: tx.run("DELETE FROM counters WHERE name LIKE 'addresses/%'")
        )
        scene.desk.messenger.hub.publish([changes.AddressesChanged()])
        await scene.told("Verify +12025550101?")
        control(scene.window, "Send Code", Button).click()
        await until(lambda: scene.sees("Code"))
        code = control(scene.window, "Code", CodeField)
        code.setText(await scene.relay.code(NUMBER))
        QTest.keyClick(code, Qt.Key.Key_Return)
        await until(lambda: scene.standing[NUMBER] == "proved")


@staged
async def test_leaving_gives_back_each_address_in_sight_and_signs_out(scene: Scene) -> None:
    out: list[bool] = []
    scene.window.signing_out.connect(lambda: out.append(True))
    await scene.relay.prove(scene.desk.messenger, NUMBER)
    await scene.settings()
    await scene.press("Leave Kingfisher")
    await scene.press("Give Back Addresses")
    await scene.told("Your addresses are given back.")
    assert scene.standing == {}
    names = {each.accessibleName() for each in scene.widgets if each.isVisible()}
    assert {
        "Your entry in the directory: Says you’re not here any more",
        f"{ALICE}: Given back",
        f"{NUMBER}: Given back",
    } <= names
    assert out == []
    await scene.press("Sign Out")
    await until(lambda: bool(out))


@pytest.mark.long
@staged
async def test_leaving_offline_gives_nothing_back_and_says_so(scene: Scene) -> None:
    await scene.settings()
    await scene.desk.messenger.connection.close()
    await scene.press("Leave Kingfisher")
    await scene.press("Give Back Addresses")
    await scene.told("Not everything is given back yet.")
    assert set(scene.standing) == {ALICE}
    assert scene.sees("Try Again")
    await scene.press("Cancel")
    await until(lambda: not scene.sees("Give Back Addresses"))


async def test_without_such_a_relay_there_is_nothing_to_press(desk: Desk) -> None:
    dialog = SettingsDialog(desk, None, sign_out=lambda: None, leave=lambda: None)
    dialog.open("account")
    await until(lambda: any("not checked" in each for each in words(dialog)))
    names = {each.accessibleName() for each in dialog.findChildren(Button) if each.isVisible()}
    assert "Sign Out…" in names
    assert not {"Add Number or E-mail…", "Leave Kingfisher"} & names
    dialog.close()


@staged
async def test_a_code_that_does_not_arrive_is_said_where_it_is_waited_for(scene: Scene) -> None:
    await scene.settings()
    await scene.press("Add Number or E-mail…")
    await until(lambda: scene.sees("Phone number or e-mail"))
    scene.relay.network.script.append(base.Refused(base.Reason.FILTERED))
    field = control(scene.window, "Phone number or e-mail", Line)
    QTest.keyClicks(field, NUMBER)
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: scene.sees("Code"))
    await scene.told("The code couldn’t be delivered. Check the address, or ask for a new one.")
    await scene.press("Cancel")
    await until(lambda: not scene.sees("Code"))
    await until(lambda: scene.sees(f"Verify {NUMBER}"))
    assert control(scene.window, f"Verify {NUMBER}", Button).text() == "New Code…"


WHY = (
    "code_expired", "code_spent", *proofs.LOST, "refused", "lapsed", "lost", "text_region_off", "text_bad_number",
    "no_gateway", "not_checked", "too_many",
)  # fmt: skip


def test_every_standing_has_a_sentence_of_its_own() -> None:
    found = {why: addresses._FAILED.get(why) for why in WHY}
    assert all(found.values())
    assert len(set(found.values())) == len(found)


async def test_each_standing_is_shown_in_its_words(desk: Desk) -> None:
    now = desk.now()
    expected = {
        "claimed": "not checked",
        "proved": "Verified",
        "moving": "unless you refuse",
        "coming": "unless they refuse",
        "refused": "refused to let it go",
        "lapsed": "6 months",
        "lost": "isn’t yours any more",
    }
    assert set(expected) == set(proofs.STANDINGS)
    for standing, words_ in expected.items():
        row = own_addresses.OwnAddress(NUMBER, standing, now, now + 1, b"o" * 32, refusable=True)
        await desk.messenger.database.write(lambda tx, row=row: own_addresses.put(tx, row))
        found: Activation | None = await desk.messenger.addresses.one(NUMBER)
        assert found is not None
        assert words_ in addresses.standing(found, now, desk)
