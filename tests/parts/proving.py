"""The part of a relay that proves addresses, played by a script beside a real relay: codes lie in the test's hand."""

import contextlib
import itertools
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field, replace

import msgspec
from aiohttp import web

from app.client.messenger import Messenger
from app.net.http import RelayHttp
from app.protocol import frames, limits, proofs, requests, signed
from app.relay.accounts import Device
from tests.parts.relay import Inside

ANOTHER = b"o" * 32  # an account nobody is
STATUS = {"rate_limited": 429, "token_expired": 401}


@dataclass
class Proving:
    """What is held by whom; ``sent`` are the codes in the order they were sent, ``refuse`` what start says next."""

    inside: Inside
    url: str = ""
    checks: tuple[str, ...] = ("phone", "email")
    held: dict[bytes, dict[str, proofs.Held]] = field(default_factory=dict[bytes, dict[str, proofs.Held]])
    sent: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    tries: dict[str, int] = field(default_factory=dict[str, int])
    ways: list[RelayHttp] = field(default_factory=list[RelayHttp])
    refuse: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(407_001))

    def own(self, account: bytes) -> dict[str, proofs.Held]:
        if account not in self.held:
            address = self.inside.store.directory.address_of(account)
            self.held[account] = {address: proofs.Held(address, "claimed", self.inside.clock.now())}
        return self.held[account]

    def put(self, account: bytes, address: str, standing: str, **more: object) -> None:
        """That is how it stands now; the account's devices are told."""
        made = proofs.Held(address, standing, self.inside.clock.now())
        self.own(account)[address] = msgspec.structs.replace(made, **more)
        self.tell(account)

    def tell(self, account: bytes) -> None:
        found = self.inside.relay.accounts.get(account, self.inside.clock.now())
        for device in found.devices.values() if found is not None else ():
            if device.session is not None:
                device.session.tell(frames.OwnAddresses(tuple(self.own(account).values()), self.checks))

    async def joined(self, messenger: Messenger) -> None:
        """This messenger asks here, and is told how its addresses stand."""
        reach = messenger.connection.reach()
        assert reach is not None
        here = RelayHttp(lambda: replace(reach, url=self.url) if messenger.connection.reach() else None)
        self.ways.append(here)
        messenger.addresses._http = here
        self.tell(messenger.me.account)

    async def answer(self, request: web.Request) -> web.Response:
        device = self.inside.relay.hub.holder(
            requests.read_bearer(request.headers.get("Authorization", "")), self.inside.clock.now()
        )
        assert device is not None
        data = await request.read()
        match request.path:
            case limits.START_PATH:
                return self._start(requests.decode(data, proofs.Start))
            case limits.PROVE_PATH:
                return self._prove(device, requests.decode(data, proofs.Prove))
            case limits.WITHDRAW_PATH:
                return self._withdraw(device, requests.decode(data, proofs.Withdraw))
            case _:
                return self._answered(device, requests.decode(data, proofs.Answer))

    def _start(self, body: proofs.Start) -> web.Response:
        if self.refuse:
            failure = requests.Failure(self.refuse, "codes_again" if self.refuse == "rate_limited" else "", 30_000)
            return web.Response(status=STATUS.get(self.refuse, 400), body=requests.encode(failure))
        self.sent.append((body.address, str(next(self.numbers))))
        self.tries[body.address] = limits.CODE_TRIES
        return web.Response(status=204)

    def _prove(self, device: Device, body: proofs.Prove) -> web.Response:
        codes, account = dict(self.sent), device.account.id
        if not self.tries.get(body.address):
            return _say(proofs.Proved("expired"))
        if codes[body.address] != body.code:
            self.tries[body.address] -= 1
            return _say(proofs.Proved("wrong", self.tries[body.address]))
        old = next((each for each in self.held if each != account and self.own(each).get(body.address)), None)
        if old is None:
            self.put(account, body.address, "proved")
            return _say(proofs.Proved("proved"))
        until = self.inside.clock.now() + limits.MOVING
        self.put(old, body.address, "moving", until=until, other=account, refusable=True)
        self.put(account, body.address, "coming", until=until, other=old)
        return _say(proofs.Proved("moving", until=until))

    def _withdraw(self, device: Device, body: proofs.Withdraw) -> web.Response:
        relay, account = self.inside.relay.relay_id, device.account.id
        message = proofs.withdraw_bytes(relay, account, device.id, body.address, body.at)
        signed.check(device.public, message, body.signature)
        self.own(account).pop(body.address, None)
        self.tell(account)
        return web.Response(status=204)

    def _answered(self, device: Device, body: proofs.Answer) -> web.Response:
        relay, account = self.inside.relay.relay_id, device.account.id
        message = proofs.answer_bytes(relay, account, device.id, body.address, body.to, body.at, agree=body.agree)
        signed.check(device.public, message, body.signature)
        self.put(account, body.address, "lost" if body.agree else "proved")
        self.put(body.to, body.address, "proved" if body.agree else "refused")
        return web.Response(status=204)


def _say(body: proofs.Proved) -> web.Response:
    return web.Response(body=requests.encode(body))


@contextlib.asynccontextmanager
async def beside(inside: Inside) -> AsyncGenerator[Proving]:
    """Its answers to the paths under addresses, on a port of their own."""
    made = Proving(inside)
    application = web.Application()
    application.router.add_post(limits.ADDRESSES_PATH + "/{what}", made.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        for way in made.ways:
            await way.close()
        await runner.cleanup()
