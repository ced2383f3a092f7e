"""The first frames of a connection: the relay proves itself with Hello, then the device logs in."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from app.common import errors, ids
from app.common.clock import Clock
from app.net import transport
from app.protocol import frames, limits, login

PATIENCE: Final = 10.0  # seconds for each step: connect and Hello, login and Welcome


class Credentials(msgspec.Struct, frozen=True):
    """Who logs in. ``sign`` gives the device key's Ed25519 signature over its argument.

    ``counter`` and ``start`` (16 random bytes) were committed before the first login of this start of the program and
    stay the same for every reconnect: the relay tells a copied profile by them.
    """

    device: ids.DeviceId
    sign: Callable[[bytes], bytes]
    counter: int
    start: bytes


class Reach(msgspec.Struct, frozen=True):
    """Where a relay answered and which certificates it vouches for; ``token`` is empty before a login."""

    url: str
    relay: ids.RelayId
    leaves: frozenset[bytes]
    token: bytes = b""


class Met(msgspec.Struct, frozen=True):
    """A relay whose Hello was verified; ``offset`` is its clock minus ours, in milliseconds."""

    reach: Reach
    hello: login.HelloBody
    offset: int


class Greeting(msgspec.Struct, frozen=True):
    """An open channel on which nothing has been sent yet."""

    channel: transport.Channel
    met: Met
    nonce: bytes


async def meet(
    way: transport.Transport, urls: Sequence[str], pinned: ids.RelayId | None, clock: Clock, within: float = PATIENCE
) -> Met:
    """Say hello without logging in, to register: the relay id found is the one to pin.

    Raises what ``greet`` raises.
    """
    greeting = await greet(way, urls, pinned, clock, within)
    await greeting.channel.close()
    return greeting.met


async def greet(
    way: transport.Transport, urls: Sequence[str], pinned: ids.RelayId | None, clock: Clock, within: float = PATIENCE
) -> Greeting:
    """Try each address in turn until one has the relay's valid Hello.

    Raises the most telling error of all tries: errors.Untrusted (see login.verify_hello), errors.GiveUp
    (``needs_invite``, ``not_encrypted``, ``wrong_version``), errors.AgainLater (``unreachable``, ...).
    """
    worst: errors.KingfisherError = errors.AgainLater("unreachable")
    for url in urls:
        try:
            return await _greet_one(way, url, pinned, clock, within)
        except errors.AgainLater:
            continue
        except errors.GiveUp as error:
            worst = error
    raise worst


async def _greet_one(
    way: transport.Transport, url: str, pinned: ids.RelayId | None, clock: Clock, within: float
) -> Greeting:
    channel: transport.Channel | None = None
    greeting: Greeting | None = None
    try:
        async with asyncio.timeout(within):
            channel = await way.open(url, pinned=pinned is not None)
            greeting = _check(channel, url, await channel.receive(), pinned, clock)
            return greeting
    except TimeoutError:
        raise errors.AgainLater("unreachable", "timeout") from None
    finally:
        if channel is not None and greeting is None:
            await channel.close()


def _check(channel: transport.Channel, url: str, data: bytes, pinned: ids.RelayId | None, clock: Clock) -> Greeting:
    batch = frames.decode_relay(data)
    first = batch.frames[0] if batch.frames else None
    if not isinstance(first, frames.Hello):
        raise errors.Malformed("no_hello")
    now = clock.now()
    relay, body = login.verify_hello(first.statement, channel.leaf, now, pinned)
    if not first.oldest <= limits.VERSION <= first.newest:
        raise errors.GiveUp("wrong_version")
    return Greeting(channel, Met(Reach(url, relay, frozenset(body.leaves)), body, first.now - now), first.nonce)


async def log_in(
    greeting: Greeting, credentials: Credentials, within: float = PATIENCE
) -> tuple[frames.Welcome | frames.Refused, Sequence[frames.RelayFrame]]:
    """Log in; gives the relay's answer and the frames that came behind it in the same message.

    Raises errors.AgainLater (``connection_lost``, ``no_answer``) or errors.Malformed (``no_welcome``).
    """
    reach = greeting.met.reach
    text = login.login_bytes(
        reach.relay,
        greeting.channel.leaf,
        greeting.nonce,
        credentials.device,
        credentials.counter,
        credentials.start,
    )
    frame = frames.Login(credentials.device, credentials.counter, credentials.start, credentials.sign(text))
    try:
        async with asyncio.timeout(within):
            await greeting.channel.send(frames.encode([frame]))
            answer = frames.decode_relay(await greeting.channel.receive()).frames
    except TimeoutError:
        raise errors.AgainLater("no_answer", "login") from None
    if not answer or not isinstance(answer[0], frames.Welcome | frames.Refused):
        raise errors.Malformed("no_welcome")
    return answer[0], answer[1:]
