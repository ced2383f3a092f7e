"""A relay that checks addresses, with a phone network from which tests take the codes."""

import contextlib
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from app.client.messenger import Messenger
from app.protocol import proofs
from app.relay.code_limits import Rules
from tests.parts import relay as relays
from tests.parts.relay import Inside
from tests.parts.texting import PLENTY, Network
from tests.parts.waiting import until

AT_ONCE = Rules(codes_again=0)


@dataclass
class Proving:
    """What came to phones, and how the relay has it."""

    inside: Inside
    network: Network

    async def code(self, address: str, count: int = 1) -> str:
        """The digits in the newest of so many that came there."""

        def came() -> list[str]:
            return [item.text for _, item in self.network.taken if item.destination == address]

        await until(lambda: len(came()) >= count)
        found = re.search(r"\b\d{6}\b", came()[count - 1])
        assert found is not None
        return found[0]

    async def prove(self, messenger: Messenger, address: str, count: int = 1) -> proofs.Proved:
        """A code asked for and entered."""
        await messenger.addresses.start(address)
        return await messenger.addresses.prove(address, await self.code(address, count))

    def standing(self, messenger: Messenger) -> dict[str, str]:
        """As the relay has it now."""
        account = self.inside.relay.accounts.get(messenger.me.account, self.inside.clock.now())
        assert account is not None
        return {held.address: held.standing for held in self.inside.relay.proving.addresses(account).held}


@contextlib.asynccontextmanager
async def relay(folder: Path) -> AsyncGenerator[Proving]:
    """It runs on this loop, sends codes to phones, and a second one as soon as it is asked."""
    network = Network()
    async with relays.inside(folder / "relay", gateways=(network,), texts=PLENTY, codes=AT_ONCE) as inside:
        await until(lambda: network.sink is not None)
        yield Proving(inside, network)
