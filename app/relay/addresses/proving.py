"""Addresses and their accounts: codes asked for and entered, what devices sign, and what happens by the clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.common import errors
from app.common.clock import Clock
from app.common.recent import Recent
from app.protocol import address, frames, limits, proofs, signed
from app.protocol.address import Address, Kind
from app.protocol.proofs import Held
from app.relay import code_limits, moving
from app.relay.accounts import Account, Accounts, Device
from app.relay.addresses import codes
from app.relay.addresses.sending import Senders
from app.relay.addresses.watch import Watch
from app.relay.code_limits import Rules
from app.relay.moving import LOST, NOBODY, REFUSED, State
from app.relay.registration import hash_address
from app.relay.store.addresses import AddressStore, Ask, Change, Line, Rule, Sent, Try
from app.relay.telemetry import Telemetry
from app.relay.texts import numbers

TURN: Final = 5.0  # seconds between two looks at what is due
WAITING: Final = 4_096  # accounts of which is remembered that a code did not arrive
_WAITS: Final = "code"
_WRONG: Final = ("wrong", "expired")
NOTES: Final = 31 * limits.DAY  # how long an account is told what it lost


@dataclass(frozen=True, slots=True)
class Parts:
    """What proving works with; ``tell_terms`` is for the texts of an account whose numbers changed."""

    store: AddressStore
    accounts: Accounts
    senders: Senders
    rules: Rules
    secret: bytes
    clock: Clock
    counts: Telemetry
    tell_terms: Callable[[Account], None]


class Proving:
    """What a device may do with addresses, and somebody without one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._watch = Watch(parts.rules)
        self._waiting: Recent[bytes, dict[str, Held]] = Recent(WAITING)  # by account and address

    # for devices

    def addresses(self, account: Account) -> proofs.Addresses:
        """How they stand; at most as many as one answer holds, what the account has first.

        Behind them are those whose code did not arrive, as far as this run of the relay knows.
        """
        now = self._parts.clock.now()
        lines = self._store.lines(account.number, now)
        waiting = self._waiting.get(account.id, {}).values()
        held = (*(Held(*line) for line in lines), *(one for one in waiting if one.standing in proofs.LOST))
        return proofs.Addresses(held[: limits.OWN_ADDRESSES], self._parts.senders.kinds())

    def frame(self, account: Account) -> frames.OwnAddresses:
        """The same as it is pushed."""
        found = self.addresses(account)
        return frames.OwnAddresses(found.held, found.checks)

    async def start(self, device: Device, body: proofs.Start, network: str) -> None:
        """Send a code, to be entered by this very device.

        Malformed ``bad_address``, GiveUp ``not_checked``, ``too_many`` and what the gateway's rules refuse,
        AgainLater ``rate_limited``; never anything about whether somebody has the address.
        """
        wanted = address.normal(body.address)
        self._parts.senders.check(wanted)
        self._check_room(device.account, wanted.text)
        account, asker = device.account, device.public
        code = await self._ask(wanted, asker, codes.PROVE, account.number, network)
        at = self._parts.clock.now()
        before = self._waiting.get(account.id, {})
        young = {text: one for text, one in before.items() if one.since > at - limits.DAY}
        self._waiting[account.id] = {**young, wanted.text: Held(wanted.text, _WAITS, at)}
        self._count(wanted, at)
        lost = partial(self._did_not_arrive, wanted.text, asker, codes.PROVE, account.id, at)
        await self._parts.senders.send(wanted, code, codes.PROVE, lost)

    async def prove(self, device: Device, body: proofs.Prove) -> proofs.Proved:
        """The digits; a wrong one costs a try. GiveUp ``too_many``."""
        wanted = address.normal(body.address)
        account = device.account
        self._check_room(account, wanted.text)
        now = self._parts.clock.now()
        rule = partial(moving.prove, account=account.number, now=now)
        change = await self._enter(wanted, device.public, codes.PROVE, body.code, rule, now)
        if change.outcome not in _WRONG:
            self._waiting.get(account.id, {}).pop(wanted.text, None)
        move = change.state.move
        until = move.until if change.outcome == "moving" and move is not None else 0
        return proofs.Proved(change.outcome, change.tries, until)

    async def withdraw(self, device: Device, body: proofs.Withdraw) -> None:
        """Untrusted ``bad_signature``, AgainLater ``clock``."""
        wanted, account = address.normal(body.address), device.account
        message = proofs.withdraw_bytes(self._parts.accounts.relay, account.id, device.id, body.address, body.at)
        now = self._check(device, message, body.signature, body.at)
        self._waiting.get(account.id, {}).pop(wanted.text, None)
        await self._change(wanted.text, partial(moving.withdraw, account=account.number, now=now))

    async def answer(self, device: Device, body: proofs.Answer) -> None:
        """Hand over or refuse; as moving.answer, Untrusted ``bad_signature``, AgainLater ``clock``."""
        wanted, account = address.normal(body.address), device.account
        relay = self._parts.accounts.relay
        message = proofs.answer_bytes(
            relay, account.id, device.id, body.address, body.to, body.at, agree=body.agree
        )  # fmt: skip
        now = self._check(device, message, body.signature, body.at)
        to = NOBODY if not any(body.to) else self._store.number_of(body.to)
        if to is None:
            raise errors.GiveUp("not_found")
        await self._change(
            wanted.text, partial(moving.answer, account=account.number, to=to, now=now, agree=body.agree)
        )

    # without a device

    async def start_leaving(self, text: str, network: str) -> None:
        """A code to an address that is on this relay; to others nothing goes, and nobody hears of it.

        Malformed ``bad_address``, GiveUp ``not_checked`` and what the gateway's rules refuse, AgainLater
        ``rate_limited`` or ``busy``: whoever has the address.
        """
        wanted = address.parse(text)
        self._parts.senders.check(wanted)
        known = self._store.state(self._hash(wanted.text)).holding is not None
        code = await self._ask(wanted, b"", codes.LEAVE, NOBODY, network)
        self._parts.senders.may(wanted, code, codes.LEAVE)  # for everybody: a refusal is no answer either
        if known:
            now = self._parts.clock.now()
            self._count(wanted, now)
            lost = partial(self._did_not_arrive, wanted.text, b"", codes.LEAVE, b"", now)
            self._parts.senders.later(wanted, code, codes.LEAVE, lost)

    async def leave(self, text: str, code: str) -> Change:
        """The digits from there: ``left``, ``leaving`` (72 h from the first time), ``wrong`` or ``expired``."""
        wanted, now = address.parse(text), self._parts.clock.now()
        return await self._enter(wanted, b"", codes.LEAVE, code, partial(moving.leave, now=now), now)

    # by the clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.turn()
            await self._parts.clock.sleep(TURN)

    async def turn(self) -> None:
        """Addresses whose 72 hours are over go; proofs that are half a year old lapse."""
        now = self._parts.clock.now()
        for _, text in self._store.due(now, now - limits.PROOF):
            await self._change(text, partial(_due, now=now))
        self._store.sweep(now, now - limits.DAY, now - NOTES)

    async def undelivered(self, submit: bytes, number: str, *, nobody: bool) -> None:
        """A text of the relay did not arrive. ``nobody``: there is no such number, so an old proof is worth nothing."""
        await self._parts.senders.undelivered(submit)
        if nobody:
            await self._change(number, partial(_undeliverable, now=self._parts.clock.now()))

    async def close(self) -> None:
        """No letter leaves after this."""
        await self._parts.senders.close()

    # parts of it

    def _hash(self, text: str) -> bytes:
        return hash_address(self._parts.secret, text)

    def _check_room(self, account: Account, text: str) -> None:
        own = _own(self._store.lines(account.number, self._parts.clock.now()))
        if text not in own and len(own) >= limits.OWN_ADDRESSES:
            raise errors.GiveUp("too_many", "addresses")

    async def _ask(self, to: Address, asker: bytes, purpose: str, account: int, network: str) -> str:
        """A code that is counted and kept, and has still to be sent."""
        parts, now, code = self._parts, self._parts.clock.now(), codes.fresh()
        hashed = self._hash(to.text)
        asked = Ask(
            address=hashed,
            prefix=self._hash("prefix:" + numbers.prefix_of(to.text)) if to.kind is Kind.PHONE else b"",
            network=self._hash("network:" + network) if network else b"",
            account=account,
            asker=asker,
            purpose=purpose,
            digest=codes.digest(parts.secret, hashed, asker, purpose, code),
            at=now,
            expires=now + limits.CODE,
        )

        def check(sent: Sent) -> None:
            code_limits.check(parts.rules, sent, now)

        await self._store.ask(asked, now - limits.DAY, check)
        return code

    def _count(self, to: Address, now: int) -> None:
        """One more code leaves."""
        counts = self._parts.counts
        counts.codes_sent += 1
        if to.kind is Kind.PHONE:
            alarm = self._watch.sent(to.text, now)
            counts.codes_unanswered += alarm.unanswered
            counts.codes_in_a_row += alarm.in_a_row

    async def _did_not_arrive(self, text: str, asker: bytes, purpose: str, account: bytes, at: int, why: str) -> None:
        """Whoever waits for it hears why; without such a mailbox the code and an old proof are worth nothing."""
        waiting = self._waiting.get(account, {})
        newest = text in waiting and waiting[text].since == at  # else a newer one may still come
        if newest:
            waiting[text] = Held(text, why, at)
        told: tuple[bytes, ...] = ()
        if why == proofs.BOUNCED:
            await self._store.drop_code(self._hash(text), asker, purpose)
            told = (await self._change(text, partial(_undeliverable, now=self._parts.clock.now()))).told
        if newest and account not in told:
            self._tell((account,))

    async def _enter(self, at: Address, asker: bytes, purpose: str, code: str, rule: Rule, now: int) -> Change:
        hashed = self._hash(at.text)
        tried = Try(hashed, asker, purpose, codes.digest(self._parts.secret, hashed, asker, purpose, code), now)
        change = await self._change(at.text, rule, tried)
        if change.outcome not in _WRONG:
            self._parts.counts.codes_entered += 1
            if at.kind is Kind.PHONE:
                self._watch.entered(at.text, now)
        return change

    async def _change(self, text: str, rule: Rule, code: Try | None = None) -> Change:
        change = await self._store.change(self._hash(text), text, rule, code)
        for name in change.gone:
            account = self._parts.accounts.get(name, self._parts.clock.now())
            if account is not None:
                account.gone = not account.mailbox.sessions
        self._tell(change.told)
        return change

    def _tell(self, told: Iterable[bytes]) -> None:
        """Those who are connected hear at once, the others when they come."""
        for name in told:
            account = self._parts.accounts.get(name, self._parts.clock.now())
            if account is None:
                continue
            news = self.frame(account)
            for device in account.devices.values():
                if device.session is not None:
                    device.session.tell(news)
            self._parts.tell_terms(account)

    def _check(self, device: Device, message: bytes, signature: bytes, at: int) -> int:
        signed.check(device.public, message, signature)
        now = self._parts.clock.now()
        if abs(now - at) > limits.AHEAD:
            raise errors.AgainLater("clock")
        return now


def _own(lines: Iterable[Line]) -> set[str]:
    """What it has or is to have."""
    return {line.address for line in lines if line.standing not in (LOST, REFUSED)}


def _undeliverable(state: State, now: int) -> State:
    return moving.lapse(state, now, undeliverable=True)


def _due(state: State, now: int) -> State:
    arrived = moving.arrive(state, now)
    return arrived if arrived.holding != state.holding else moving.lapse(state, now)
