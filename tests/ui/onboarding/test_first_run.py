"""From nothing to an account, by keyboard alone, with a real relay; every way back, every mistake, every restart."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QLineEdit

from app.client import arrival
from app.client.arrival import Arrival, Opened
from app.client.unlocking import Opener
from app.crypto import identity
from app.ui.theme import Theme
from tests.parts.relay import Near
from tests.parts.window import control
from tests.ui.onboarding.conftest import Running, door_of, first_run
from tests.ui.onboarding.hand import Hand, until

ALICE = "alice@example.com"
PASSPHRASE = "four random words here"


async def _to_invite(hand: Hand) -> None:
    hand.press("Get Started")
    hand.press("Join with an invite")
    await hand.sees("Join with an invite")


async def _to_keys(hand: Hand, address: str = ALICE, name: str = "Alice") -> None:
    await hand.sees("What’s your number or e-mail?")
    hand.type("Phone number or e-mail", address)
    hand.type("Your name", name)
    hand.press("Continue")


async def _with_passphrase(hand: Hand) -> None:
    await hand.sees("Keep your keys safe")
    hand.press("Passphrase") if hand.focused() != "System keychain" else hand.key(Qt.Key.Key_Down)
    control(hand.front, "Passphrase again", QLineEdit)
    first, second = (
        control(hand.front, "Passphrase", QLineEdit),
        control(hand.front, "Passphrase again", QLineEdit),
    )
    first.setFocus()
    hand.type("Passphrase", PASSPHRASE)
    second.setFocus()
    hand.type("Passphrase again", PASSPHRASE)
    hand.key(Qt.Key.Key_Return)


async def _kept(running: Running) -> Opened:
    hand = running.hand
    await hand.sees("Your recovery code")
    hand.press("I’ve Kept It")
    await until(running.end.done)
    opened = running.end.result()
    assert opened is not None
    return opened


async def test_joining_with_an_invite(running: Running, relay: Near) -> None:
    hand = running.hand
    assert hand.focused() == "Get Started"
    await _to_invite(hand)
    assert not hand.enabled("Continue")
    hand.type("Invite link", "https://nothing.example")
    assert hand.says("This isn’t a whole invite link.")
    assert not hand.enabled("Continue")
    QGuiApplication.clipboard().setText(f"Here you are: {await relay.invite()}")
    field = control(hand.front, "Invite link", QLineEdit)
    field.selectAll()
    field.paste()
    assert hand.says(f"Relay at {relay.url.partition('://')[2]}")
    hand.key(Qt.Key.Key_Return)
    await _to_keys(hand)
    await _with_passphrase(hand)
    await hand.sees("Your recovery code")
    code = control(hand.front, "Recovery code").accessibleDescription()
    hand.press("Copy")
    assert QGuiApplication.clipboard().text() == code
    assert len(code.split()) == 12
    opened = await _kept(running)
    door = door_of(opened.home.root.parent)
    assert await door.unlocking.open(Opener("passphrase", PASSPHRASE)) == opened.key
    assert await door.unlocking.open_with_code(code) == opened.key
    assert (await arrival.standing(door, opened.key)).step == "done"


async def test_a_link_that_was_opened_fills_the_page(running: Running, relay: Near) -> None:
    link = (await relay.invite()).replace("http:", "kingfisher:")
    running.window.open_link(link)
    await running.hand.sees("Join with an invite")
    assert running.hand.enabled("Continue")
    running.hand.key(Qt.Key.Key_Escape)
    await running.hand.sees("Welcome to Kingfisher")


async def test_the_code_is_printed_by_the_button_beside_it(theme: Theme, tmp_path: Path) -> None:
    """The dialog is Qt's own."""
    window = first_run(theme, tmp_path)
    hand = Hand(window)
    window.show()
    window.activateWindow()
    window._show_code(identity.new_code())
    await hand.sees("Your recovery code")
    hand.press("Print…")
    found: list[QPrintDialog] = []

    def there() -> bool:
        found[:] = window.findChildren(QPrintDialog)
        return bool(found) and found[0].isVisible()

    await until(there)
    assert found[0].windowTitle() == "Print Recovery Code"
    printer = found[0].printer()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "code.pdf"))
    found[0].accepted.emit(printer)
    assert (tmp_path / "code.pdf").read_bytes().startswith(b"%PDF")
    found[0].close()
    window.close()
    window.deleteLater()


async def test_a_link_opened_on_a_late_page_is_kept_with_what_was_answered(running: Running, relay: Near) -> None:
    hand = running.hand
    running.window.open_link(await relay.invite())
    hand.press("Continue")
    await _to_keys(hand)
    await hand.sees("Keep your keys safe")
    fresh = await relay.invite()
    running.window.open_link(fresh)
    await hand.sees("Join with an invite")
    assert control(hand.front, "Invite link", QLineEdit).text() == fresh
    hand.press("Continue")
    await hand.sees("Keep your keys safe")  # the address and the name are not asked for again
    await _with_passphrase(hand)
    await hand.sees("Your recovery code")
    running.window.open_link(await relay.invite())
    await until(lambda: hand.says("The invite wasn’t opened: you have an account now."))
    await _kept(running)


async def test_a_link_opened_after_a_failure_is_used_and_in_the_middle_of_it_is_refused(
    running: Running, relay: Near
) -> None:
    hand, window = running.hand, running.window
    window.open_link(await relay.invite())
    hand.press("Continue")
    await _to_keys(hand)
    await hand.sees("Keep your keys safe")
    late, fresh = await relay.invite(), await relay.invite()
    hand.press("Finish")
    window.open_link(late)
    assert hand.front is window.working
    assert hand.says("The invite wasn’t opened: your account is being made with another one.")
    await until(lambda: hand.says("There is no keychain on this computer"))
    window.open_link(fresh)
    await hand.sees("Join with an invite")
    assert control(hand.front, "Invite link", QLineEdit).text() == fresh


async def test_a_relay_by_its_address_is_tried_while_it_is_typed(running: Running, relay: Near) -> None:
    hand = running.hand
    hand.press("Get Started")
    hand.press("Advanced")
    hand.press("Use a relay’s address")
    await hand.sees("Use a relay’s address")
    hand.type("Relay address", "not an address")
    await until(lambda: hand.says("Enter a relay’s address"))
    hand.type("Relay address", "http://127.0.0.1:9")
    await until(lambda: hand.says("Can’t reach the relay."))
    assert not hand.enabled("Continue")
    hand.type("Relay address", relay.url)
    await until(lambda: hand.says("Reachable"))
    hand.press("Continue")
    await _to_keys(hand)
    await _with_passphrase(hand)
    await hand.sees("Making your account")
    await until(lambda: hand.says("This relay takes new people by invite only."))
    hand.press("Use Another Invite")
    await hand.sees("Join with an invite")
    hand.type("Invite link", await relay.invite())
    hand.press("Continue")
    await _kept(running)


async def test_what_is_typed_wrong_is_said_in_place(running: Running, relay: Near) -> None:
    hand = running.hand
    running.window.open_link(await relay.invite())
    hand.press("Continue")
    await hand.sees("What’s your number or e-mail?")
    hand.press("Continue")
    assert hand.says("Enter a full phone number or e-mail.")
    assert hand.says("Enter a name that people can read.")
    assert hand.focused() == "Phone number or e-mail"
    assert hand.says("was not checked by the relay")
    hand.type("Phone number or e-mail", "+1 202 555 0123")
    hand.type("Your name", "Alice")
    hand.press("Continue")
    await hand.sees("Keep your keys safe")
    hand.key(Qt.Key.Key_Down)
    one, two = control(hand.front, "Passphrase", QLineEdit), control(hand.front, "Passphrase again", QLineEdit)
    one.setFocus()
    hand.press("Finish")
    assert hand.says("Type a passphrase.")
    hand.type("Passphrase", "abc")
    assert hand.says("Weak")
    assert one.echoMode() is QLineEdit.EchoMode.Password
    two.setFocus()
    hand.type("Passphrase again", "abd")
    hand.press("Finish")
    assert hand.says("The two aren’t the same.")
    hand.press("Back")
    await hand.sees("What’s your number or e-mail?")
    assert control(hand.front, "Phone number or e-mail", QLineEdit).text() == "+1 202 555 0123"


async def test_an_address_that_is_taken_and_an_invite_that_is_used(
    running: Running, relay: Near, tmp_path: Path
) -> None:
    used = await relay.invite()
    other = Arrival(door_of(tmp_path / "other"))
    await other.register(Opener("passphrase", "x" * 20), arrival.read_invite(used).joining, ALICE, "Alice")
    hand = running.hand
    running.window.open_link(used)
    hand.press("Continue")
    await _to_keys(hand)
    await _with_passphrase(hand)
    await until(lambda: hand.says("This invite was used already."))
    hand.press("Use Another Invite")
    await hand.sees("Join with an invite")
    hand.type("Invite link", await relay.invite())
    hand.press("Continue")
    await until(lambda: hand.says("Somebody on this relay has this number or e-mail already."))
    hand.press("Use Another Address")
    await hand.sees("What’s your number or e-mail?")
    hand.type("Phone number or e-mail", "bob@example.com")
    hand.press("Continue")
    await _kept(running)


async def test_without_a_keychain_a_passphrase_is_the_way_on(running: Running, relay: Near) -> None:
    hand = running.hand
    running.window.open_link(await relay.invite())
    hand.press("Continue")
    await _to_keys(hand)
    await hand.sees("Keep your keys safe")
    hand.press("Finish")
    await until(lambda: hand.says("There is no keychain on this computer"))
    assert hand.enabled("Try Again")
    hand.press("Use a Passphrase")
    await hand.sees("Keep your keys safe")
    assert hand.focused() == "Passphrase"
    hand.type("Passphrase", PASSPHRASE)
    hand.key(Qt.Key.Key_Return)
    hand.type("Passphrase again", PASSPHRASE)
    hand.press("Finish")
    await _kept(running)


@pytest.mark.long
async def test_a_relay_that_is_gone_can_be_tried_again(running: Running, relay: Near) -> None:
    hand = running.hand
    running.window.open_link(await relay.invite())
    hand.press("Continue")
    await _to_keys(hand)
    await relay.stop()
    await _with_passphrase(hand)
    await until(lambda: hand.says("Can’t reach the relay."))
    await relay.start()
    assert hand.focused() == "Try Again"
    hand.key(Qt.Key.Key_Return)
    await _kept(running)


@pytest.mark.long
async def test_cancelling_and_closing_leave_something_to_go_on_with(running: Running, relay: Near) -> None:
    hand = running.hand
    running.window.open_link(await relay.invite())
    hand.press("Continue")
    await _to_keys(hand)
    await _with_passphrase(hand)
    await hand.sees("Making your account")
    hand.press("Back")  # in the middle of it
    await hand.sees("Keep your keys safe")
    hand.press("Finish")
    await hand.sees("Your recovery code")
    running.window.close()
    assert await running.end is None


async def test_a_code_nobody_confirmed_is_shown_again(theme: Theme, relay: Near, tmp_path: Path) -> None:
    door = door_of(tmp_path)
    opener, invited = Opener("passphrase", PASSPHRASE), arrival.read_invite(await relay.invite()).joining
    code = await Arrival(door).register(opener, invited, ALICE, "Alice")
    key = await door.unlocking.open(opener)
    standing = await arrival.standing(door, key)
    again = Running(first_run(theme, tmp_path, key=key, standing=standing))
    await again.hand.sees("Your recovery code")
    assert control(again.hand.front, "Recovery code").accessibleDescription() == code
    again.hand.key(Qt.Key.Key_Escape)  # there is no way back from here
    assert again.hand.front.accessibleName() == "Your recovery code"
    assert (await _kept(again)).key == key


@pytest.mark.long
async def test_a_registration_that_was_cut_off_goes_on(theme: Theme, relay: Near, tmp_path: Path) -> None:
    door, opener = door_of(tmp_path), Opener("passphrase", PASSPHRASE)
    with pytest.raises(arrival.errors.GiveUp, match="closed"):
        await Arrival(door).register(opener, arrival.read_relay(relay.url), ALICE, "Alice")
    key = await door.unlocking.open(opener)
    standing = await arrival.standing(door, key)
    assert standing.step == "register"
    again = Running(first_run(theme, tmp_path, key=key, standing=standing))
    hand = again.hand
    await hand.sees("Making your account")  # at once, and what is missing is asked for
    await until(lambda: hand.says("This relay takes new people by invite only."))
    hand.press("Use Another Invite")
    await hand.sees("Join with an invite")
    hand.type("Invite link", await relay.invite())
    hand.press("Continue")
    assert (await _kept(again)).key == key
    assert (await arrival.standing(door, key)).address == ALICE


async def test_every_page_is_walked_by_keyboard_and_nothing_is_nameless(running: Running, relay: Near) -> None:
    hand, window = running.hand, running.window
    assert hand.walk() == ["Get Started"]
    hand.press("Get Started")
    assert hand.walk() == ["Join with an invite", "Host here", "Advanced", "Back"]
    hand.press("Advanced")
    assert "Use a relay’s address" in hand.walk()
    hand.press("Host here")
    await hand.sees("Host here")
    assert sorted(hand.walk()) == ["Back", "Start Hosting"]
    hand.key(Qt.Key.Key_Escape)
    await hand.sees("Welcome to Kingfisher")
    window.open_link(await relay.invite())
    assert hand.walk() == ["Invite link", "Back", "Continue"]
    hand.press("Continue")
    assert hand.walk() == ["Phone number or e-mail", "Your name", "Back", "Continue"]
    await _to_keys(hand)
    await hand.sees("Keep your keys safe")
    assert hand.walk() == ["System keychain", "Back", "Finish"]
