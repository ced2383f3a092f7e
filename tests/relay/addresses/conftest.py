"""A relay that sends codes by text and by e-mail, on a clock of its own."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.common.clock import ManualClock
from app.protocol import frames, limits, proofs, requests, signed
from app.relay.limits import Limits
from tests.parts import mail_server
from tests.parts import relay as relays
from tests.parts.mail_server import MailServer
from tests.parts.relay import Inside
from tests.parts.texting import PLENTY, Network
from tests.parts.waiting import until
from tests.parts.wire_client import Person, Wire, WireClient, now

NUMBER, OTHER = "+12025550131", "+12025550132"


@dataclass
class Desk:
    """The relay, its clock, its phone network and its mail server, and how devices ask."""

    inside: Inside
    wire: Wire
    clock: ManualClock
    network: Network
    mail: MailServer

    async def start(self, client: WireClient, address: str) -> None:
        await client.send(frames.Ping(1))  # for the relay takes a silent device for dead
        await client.take(frames.Pong)
        await self.wire.send("POST", limits.START_PATH, proofs.Start(address), client.token)

    async def refused(self, client: WireClient, address: str) -> tuple[str, str]:
        return await self.wire.refused("POST", limits.START_PATH, proofs.Start(address), client.token)

    async def prove(self, client: WireClient, address: str, code: str) -> proofs.Proved:
        body = proofs.Prove(address, code)
        return await self.wire.ask("POST", limits.PROVE_PATH, body, proofs.Proved, client.token)

    async def proved(self, client: WireClient, address: str) -> proofs.Proved:
        """A code asked for and entered."""
        count = len(self.network.taken) + 1
        await self.start(client, address)
        if "@" in address:
            return await self.prove(client, address, await self.mail.code(len(self.mail.letters) + 1))
        await until(lambda: len(self.network.taken) >= count)
        return await self.prove(client, address, self.code())

    def code(self) -> str:
        """In the newest text."""
        item = self.network.taken[-1][1]
        return mail_server.code_in(item.text)

    def pass_by(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds / 1000)

    async def withdraw(self, client: WireClient, person: Person, address: str) -> None:
        gadget, at = person.gadgets[0], self.clock.now()
        message = proofs.withdraw_bytes(self.wire.relay, person.account, gadget.device, address, at)
        body = proofs.Withdraw(address, at, signed.sign_bytes(gadget.seed, message))
        await self.wire.send("POST", limits.WITHDRAW_PATH, body, client.token)

    def answer(self, person: Person, address: str, to: bytes, *, agree: bool, at: int = 0) -> proofs.Answer:
        gadget, at = person.gadgets[0], at or self.clock.now()
        message = proofs.answer_bytes(self.wire.relay, person.account, gadget.device, address, to, at, agree=agree)
        return proofs.Answer(address, to, agree, at, signed.sign_bytes(gadget.seed, message))

    async def say(self, client: WireClient, body: proofs.Answer) -> None:
        await self.wire.send("POST", limits.ANSWER_PATH, body, client.token)

    async def listed(self, client: WireClient) -> tuple[proofs.Held, ...]:
        data = await self.wire.send("GET", limits.ADDRESSES_PATH, b"", client.token)
        return requests.decode(data, proofs.Addresses).held

    async def one(self, client: WireClient, address: str) -> proofs.Held:
        return next(held for held in await self.listed(client) if held.address == address)

    async def standing(self, client: WireClient) -> dict[str, str]:
        return {held.address: held.standing for held in await self.listed(client) if held.standing not in proofs.LOST}

    async def told(self, client: WireClient) -> dict[str, str]:
        """What is pushed next."""
        held = (await client.take(frames.OwnAddresses)).held
        return {each.address: each.standing for each in held if each.standing not in proofs.LOST}

    async def lost(self, client: WireClient) -> dict[str, str]:
        """The addresses whose code did not arrive, and why, as far as the relay says now."""
        return {held.address: held.standing for held in await self.listed(client) if held.standing in proofs.LOST}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    time, network = ManualClock(now()), Network()
    async with mail_server.serving(tmp_path / "mail") as mail:
        running = relays.inside(
            tmp_path / "relay", time, gateways=(network,), texts=PLENTY, smtp=mail.table, caps=Limits()
        )  # fmt: skip
        async with running as inside, Wire(inside.url) as wire:
            await until(lambda: network.sink is not None)
            yield Desk(inside, wire, time, network, mail)
