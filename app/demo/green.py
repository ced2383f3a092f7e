"""The green conversation: with a phone behind a real gateway on this machine, once a code has proved the own number."""

import asyncio
import contextlib
import os
import re
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.common import errors
from app.demo import phones
from app.demo.people import PATIENCE, Failed, Person, Relay, Said
from app.domain.bearer import Bearer
from app.domain.delivery import Status
from app.storage import messages
from app.storage.transaction import View

GATEWAY: Final = "+12025550100"
OWN: Final = "+12025550101"
PHONE: Final = "+12025550123"
WHY_NOT: Final = "There is no green conversation here: it needs Debian's kannel and kannel-extras"
_CODE: Final = re.compile(r"\b\d{6}\b")
_SETTINGS: Final = """
[gateways.phones]
kind = "kannel"
url = "{url}"
username = "{user}"
password_file = "{folder}/password"
numbers = ["{number}"]
callback = "http://127.0.0.1:{port}"
callback_secret_file = "{folder}/secret"
"""


@dataclass(frozen=True, slots=True)
class Street:
    """The relay, and the phones behind its gateway; None where this machine has no Kannel."""

    relay: Relay
    phones: phones.Kannel | None


@contextlib.asynccontextmanager
async def street(folder: Path) -> AsyncGenerator[Street]:
    """A relay that is not started yet, with a gateway where there can be one."""
    if not phones.installed():
        yield Street(Relay(folder / "relay"), None)
        return
    where = folder / "phones"
    where.mkdir()
    ports = phones.free_ports("relay", "admin", "smsbox", "smsc", "sendsms")
    port, secret = ports.pop("relay"), secrets.token_urlsafe(24)
    kannel = phones.Kannel(where, ports)
    _private(where / "password", phones.PASSWORD)
    _private(where / "secret", secret)
    settings = _SETTINGS.format(url=kannel.url, user=phones.USER, folder=where, number=GATEWAY, port=port)
    (where / "relay.toml").write_text(settings)
    try:
        await kannel.start(f"http://127.0.0.1:{port}/v1/gateways/phones/{secret}/incoming")
        yield Street(Relay(folder / "relay", "--config", str(where / "relay.toml"), port=port), kannel)
    finally:
        await kannel.stop()


def _private(path: Path, words: str) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    path.write_text(words)


async def prove(alice: Person, network: phones.Kannel) -> None:
    """The relay texts a code to her number, and she reads it off her phone."""
    own = alice.messenger.addresses
    try:
        await own.start(OWN)
        found = await own.prove(OWN, await _code(network))
    except errors.KingfisherError as error:
        raise Failed(f"The number could not be proved: {error.code}.") from error
    if found.outcome != "proved":
        raise Failed(f"The number is not proved but {found.outcome}.")


async def _code(network: phones.Kannel) -> str:
    """The digits that came to that phone."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in network.log("fakesmsc").splitlines():
                    if OWN in line and (digits := _CODE.search(line.partition(OWN)[2])):
                        return digits.group()
                await asyncio.sleep(phones.LOOK)
    except TimeoutError:
        raise Failed("No code came to the phone.") from None


async def answer(alice: Person, network: phones.Kannel, words: str) -> None:
    """The phone writes back, into the same conversation and as green as the question."""
    await network.phone_says(PHONE.removeprefix("+"), GATEWAY.removeprefix("+"), "text", words.encode())

    def there(view: View) -> bool:
        found = [each for each in messages.recent(view, 20) if not each.outgoing and each.bearer == Bearer.TEXT]
        return any(words.encode() in each.body for each in found)

    await alice.until(there, f"hearing “{words}”")


async def write(alice: Person, words: str) -> Said:
    """A text, and how it is to end."""
    return Said(alice, "a phone", await alice.write(PHONE, words), words, Status.DELIVERED)
