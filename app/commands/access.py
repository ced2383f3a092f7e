"""Commands that make an account or a way into it; they need the profile for themselves and no running messenger."""

import argparse
import asyncio

from app import sentences
from app.client import account
from app.client.arrival import Door
from app.client.messenger import open_messenger
from app.client.unlocking import Opener
from app.commands.arguments import Secrets
from app.common import errors
from app.control import Output

PUBLISH = 30.0  # seconds


def opener(secrets: Secrets) -> Opener:
    """How an existing profile is opened, or a new one is to be."""
    return Opener(secrets.vault, secrets.passphrase or secrets.fresh)


async def register(door: Door, asked: argparse.Namespace, secrets: Secrets, output: Output) -> int:
    """Make the account; the code is erased here only after it has been printed and flushed."""
    joining = account.by_invite(asked.invite) if asked.invite is not None else account.by_url(asked.relay)
    key, made = await account.register(
        door.home, door.unlocking, opener(secrets), door.way, door.clock, joining, asked.address, asked.name
    )
    output.line(
        {
            "address": made.address,
            "account": made.account.hex(),
            "device": made.device.hex(),
            "recovery_code": made.recovery_code,
        }
    )
    await output.drain()
    await account.confirm_code(door.home, key, door.clock)
    try:
        await _publish(door, key)
    except errors.KingfisherError as error:
        output.say(f"The account is made, but nobody can write to it until you are online once: {sentences.of(error)}")
    return 0


async def _publish(door: Door, key: bytes) -> None:
    """Be online once, so that the relay has keys for others to write to."""
    async with open_messenger(door.home, key, door.way, door.clock) as messenger:
        try:
            async with asyncio.timeout(PUBLISH):
                await messenger.connection.wait_connected()
                await messenger.upkeep.settled()
        except TimeoutError:
            raise errors.AgainLater(messenger.connection.state.code or "no_answer") from None


async def unlock(door: Door, secrets: Secrets, output: Output) -> int:
    """Open with the recovery code and write the slot of the chosen vault anew; the others stay."""
    key = await door.unlocking.open_with_code(secrets.code)
    if secrets.vault == "keychain":
        await door.unlocking.renew_keychain(key)
    else:
        await door.unlocking.set_passphrase(key, secrets.fresh)
    output.line({"vault": secrets.vault})
    return 0


async def set_passphrase(door: Door, secrets: Secrets, output: Output) -> int:
    """Add a passphrase slot, or change the one there is."""
    key = await door.unlocking.open(opener(secrets))
    await door.unlocking.set_passphrase(key, secrets.fresh)
    output.line({"vault": "passphrase"})
    return 0
