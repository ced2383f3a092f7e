"""Where a connection begins: Hello with its nonce, and the login that answers it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from app.common import errors
from app.common.clock import Clock
from app.protocol import frames, limits
from app.protocol.signed import Signed
from app.relay.accounts import Accounts, Device
from app.relay.limits import Limits, Rates
from app.relay.store.base import Directory, Prekeys


@dataclass(frozen=True, slots=True)
class Entrance:
    """Lets devices in. ``statement`` is the relay's signed word, ``leaves`` the certificates it may be reached with."""

    accounts: Accounts
    directory: Directory
    logins: Rates
    clock: Clock
    leaves: tuple[bytes, ...]
    statement: Callable[[], Signed]
    prekeys: Prekeys
    limits: Limits
    boot: Callable[[], bytes]

    def hello(self) -> frames.Hello:
        """The first frame, with a nonce for this connection alone."""
        return frames.Hello(self.statement(), secrets.token_bytes(32), self.clock.now())

    async def admit(self, hello: frames.Hello, wish: frames.Login, network: str | None) -> Device:
        """Check a login and keep its start; the caller holds a session of the account from now on.

        ``network`` is the address to count, None where nothing is counted. GiveUp ``not_a_device``, ``copied``;
        Untrusted ``bad_signature``; AgainLater ``nonce_expired``, ``rate_limited``.
        """
        now = self.clock.now()
        if network is not None:
            self.logins.take(network, now)
        if now > hello.now + limits.NONCE:
            raise errors.AgainLater("nonce_expired")
        device = self.accounts.check_login(wish, self.leaves, hello.nonce, now)
        device.counter, device.start = wish.counter, wish.start
        mailbox = device.account.mailbox
        mailbox.begin_session()
        begun = False
        try:
            # Durable before the first push: after a crash nobody may say that this account has seen nothing.
            await self.directory.begin_session(mailbox.number, device.number, wish.counter, wish.start)
            if device.account.devices.get(device.id) is not device:  # removed meanwhile
                raise errors.GiveUp("not_a_device")
            device.account.gone = False
            begun = True
        finally:
            if not begun:
                self.depart(device)
        return device

    def welcome(self, device: Device, token: bytes, now: int) -> frames.Welcome:
        """The answer to a login."""
        keys = self.prekeys.count(device.number)
        account = device.account
        return frames.Welcome(
            account.id,
            self.boot(),
            token,
            now,
            device.box.entries,
            keys.one_time,
            keys.pq,
            account.head.digest,
            self.limits.announced(),
            account.hidden,
        )

    def depart(self, device: Device) -> None:
        """The session `admit` began is over."""
        mailbox = device.account.mailbox
        if mailbox.end_session():
            self.directory.end_session(mailbox.number, mailbox.seen)
