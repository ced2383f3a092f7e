"""Inviting without hosting: the relay of the account makes the link, or says why it does not."""

import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton

from app.protocol import invite
from app.relay.limits import Limits
from app.storage import people
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.settings.dialog import SettingsDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.fields import Line
from tests.parts import people as persons
from tests.parts import relay as relays
from tests.parts.people import Present
from tests.parts.window import Said, control
from tests.ui.settings.test_pages import until, words


@contextlib.asynccontextmanager
async def at_a_relay(
    folder: Path, theme: Theme, said: Said, caps: Limits | None = None
) -> AsyncGenerator[tuple[Desk, Present]]:
    """Noor, connected to a relay on this loop."""
    async with relays.inside(folder / "relay", caps=caps) as inside:
        noor = await persons.join(folder / "noor", inside.url, "noor@example.com")
        async with noor.online() as present:
            failures: list[BaseException] = []
            bridge = Bridge(present.messenger.hub, failures.append)
            yield Desk(present.messenger, theme, bridge, said, noor.clock, UTC), present
            await bridge.close()
            assert not failures


async def test_the_relay_makes_a_link_that_lets_somebody_in(theme: Theme, said: Said, tmp_path: Path) -> None:
    async with at_a_relay(tmp_path, theme, said) as (desk, noor):
        dialog = SettingsDialog(desk, None)
        dialog.open("account")
        control(dialog, "Invite someone", Button).click()
        assert dialog.page == "invite"
        field = control(dialog, "Invite link", Line)
        await until(lambda: field.text() != "" and control(dialog, "New Link").isEnabled())
        first = field.text()
        found = invite.parse(first)
        assert found.inviter == desk.messenger.me.account
        assert control(dialog, "Invite link as a code").accessibleDescription() == first
        control(dialog, "Copy Link", Button).click()
        assert QGuiApplication.clipboard().text() == first
        control(dialog, "Back", IconButton).click()
        assert (dialog.page, dialog.focusWidget()) == ("account", control(dialog, "Invite someone", Button))
        assert await desk.messenger.inviting.link() == first  # looking at it again makes no second one
        control(dialog, "Invite someone", Button).click()
        await until(control(dialog, "New Link").isEnabled)
        control(dialog, "New Link", Button).click()
        await until(lambda: field.text() != first and control(dialog, "New Link").isEnabled())
        second = field.text()
        await persons.join(tmp_path / "bob", "", "bob@example.com", invite=second)
        await noor.until(lambda view: bool(people.accounts(view, "accepted")))
        assert await desk.messenger.inviting.link() not in (first, second)  # that one is used up
        dialog.close()


async def test_without_a_connection_it_is_said_and_can_be_tried_again(desk: Desk) -> None:
    dialog = SettingsDialog(desk, None)
    dialog.open("invite")
    again = control(dialog, "Try Again", Button)
    await until(lambda: again.isVisible() and again.isEnabled())
    assert "No invite link yet" in words(dialog)
    assert not control(dialog, "Copy Link", QAbstractButton).isVisible()
    control(dialog, "Back", IconButton).click()
    assert dialog.page == "account"
    dialog.close()


async def test_where_only_the_owner_invites_nothing_is_offered(theme: Theme, said: Said, tmp_path: Path) -> None:
    async with at_a_relay(tmp_path, theme, said, Limits(invites_a_day=0)) as (desk, _):
        dialog = SettingsDialog(desk, None)
        dialog.open("account")
        await until(lambda: any(each.startswith("Connected") for each in words(dialog)))
        assert not control(dialog, "Invite someone", Button).isVisible()
        dialog.show_page("invite")
        await until(lambda: "Only the owner of this relay invites people; ask them for a link." in words(dialog))
        assert not control(dialog, "Try Again", Button).isVisible()
        dialog.close()
