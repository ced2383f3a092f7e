"""The relay's main road: register, log in, submit, deliver, acknowledge."""

from pathlib import Path

import pytest

from app.protocol import frames
from tests.parts import relay as relays
from tests.parts.relay import Relay
from tests.parts.wire_client import Wire, submit_to

relay = relays.relay


async def test_a_message_goes_through(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
            submit = submit_to(bob)
            await a.send(submit)
            (entry,) = await b.deliver()
            assert (entry.account, entry.device, entry.submit) == (alice.account, alice.device, submit.submit)
            assert (entry.order, entry.visible, entry.content) == (submit.order, True, submit.content)
            assert entry.envelope == submit.envelopes[0].envelope
            assert await a.accepted(submit.submit) == {submit.submit: entry.accepted_at}
            assert isinstance((await b.settle())[-1], frames.CaughtUp)
        async with wire.online(bob.gadgets[0]) as b:
            assert await b.settle() == [frames.CaughtUp()]
