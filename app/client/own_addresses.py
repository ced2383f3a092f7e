"""The account's own addresses: how each stands, proving one by a code, taking one away, and who else wants one.

What the relay says of them is kept, and so is every code that was asked for: a program that ends in between shows the
same afterwards, and an address whose code has come can still be proved.
"""

from collections.abc import Coroutine
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from app.client import changes
from app.client.me import Me
from app.common import clock, errors
from app.net.http import RelayHttp
from app.protocol import address as addresses
from app.protocol import frames, limits, proofs
from app.storage import notices, own
from app.storage import own_addresses as rows
from app.storage.database import Database
from app.storage.own_addresses import OwnAddress
from app.storage.transaction import Tx, View

State = Literal["waiting", "active", "failed"]

LOST: Final = proofs.LOST  # why a code that is waited for does not come
AGAIN_AFTER: Final = limits.CODE_AGAIN  # milliseconds between two codes
NOBODY: Final = bytes(32)  # to whom an address goes that was withdrawn without a device
WITHDRAWN: Final = "withdrawn"
OFFERED: Final = "addresses/offered"
_TOLD: Final = {"moving": "address_moving", "lost": "address_lost", "refused": "address_refused"}


class Activation(msgspec.Struct, frozen=True):
    """One address and whether it reaches this account: since when, why, and until when if it ends (milliseconds).

    ``why``: active: ``proved``, ``claimed`` (not checked) or ``moving`` (``other``, an account, gets it at ``until``
    unless that is refused, which ``refusable`` allows). waiting: ``code``, or ``coming`` (another account still has
    it). failed: ``code_expired``, ``code_spent``, ``code_bounced`` (no such mailbox), ``code_not_delivered``,
    ``refused``, ``lapsed``, ``lost``, ``withdrawn``, or the relay's own code. ``starts``: new conversations name it.
    """

    address: str
    kind: str
    state: State
    why: str
    since: int
    until: int = 0
    other: bytes = b""
    refusable: bool = False
    starts: bool = False


class OwnAddresses:
    """The one owner of that list. ``checks`` are the kinds of address the relay sends codes to; empty while unknown."""

    def __init__(self, database: Database, http: RelayHttp, me: Me, time: clock.Clock) -> None:
        self._database = database
        self._http = http
        self._me = me
        self._clock = time
        self.checks: frozenset[str] = frozenset()
        self.told = False  # whether this relay keeps such a list at all

    async def held(self) -> tuple[Activation, ...]:
        """All of them as they stand now; the first is never missing, whatever the relay has said so far."""
        return await self._database.read(_held)

    async def one(self, address: str) -> Activation | None:
        """This one of them."""
        return next((each for each in await self.held() if each.address == address), None)

    def heard(self, frame: frames.OwnAddresses) -> Coroutine[None, None, None]:
        """What the relay says holds, but for codes that are still being waited for; to be awaited until it is kept."""
        self.told, self.checks = True, frozenset(frame.checks)
        return self._keep(frame)

    async def _keep(self, frame: frames.OwnAddresses) -> None:
        await self._database.write(lambda tx: _apply(tx, frame))

    async def start(self, text: str, region: str | None = None) -> str:
        """Have a code sent to an address; its normal form.

        Raises errors.Malformed (``bad_address``), GiveUp (``not_checked``, ``too_many``), AgainLater (``offline``,
        ``rate_limited`` with when to come back).
        """
        wanted = addresses.parse(text, region).text
        before = await self._database.read(lambda view: rows.get(view, wanted))
        kept = before or OwnAddress(wanted)
        await self._put(replace(kept, asked_at=self._clock.now(), failed=""))
        try:
            await self._http.start_address(wanted)
        except errors.AgainLater:
            await (self._put(before) if before is not None else self._drop(wanted))
            raise
        except errors.GiveUp as error:
            await self._put(replace(kept, asked_at=self._clock.now(), failed=error.code))
            raise
        return wanted

    async def prove(self, address: str, code: str) -> proofs.Proved:
        """Hand in the digits; ``outcome`` is proved, moving, wrong or expired.

        Raises errors.GiveUp (``bad_code`` for anything but six digits, ``no_code`` where none was asked for).
        """
        digits = "".join(code.split())
        if len(digits) != proofs.DIGITS or not (digits.isascii() and digits.isdecimal()):
            raise errors.GiveUp("bad_code")
        row = await self._database.read(lambda view: rows.get(view, address))
        if row is None or not row.asked_at:
            raise errors.GiveUp("no_code")
        found = await self._http.prove_address(address, digits)
        now = self._clock.now()
        match found.outcome:
            case "proved":
                await self._put(replace(row, standing="proved", since=now, until=0, asked_at=0, failed=""))
            case "moving":
                await self._put(replace(row, standing="coming", since=now, until=found.until, asked_at=0, failed=""))
            case "expired":
                await self._put(replace(row, failed="code_expired"))
            case "wrong" if not found.tries_left:
                await self._put(replace(row, failed="code_spent"))
            case _:
                pass
        return found

    async def remove(self, address: str) -> None:
        """Take it away from the account, here and at the relay; one that only waits for a code is forgotten.

        Raises errors.GiveUp (``not_yours``), AgainLater (``offline``, ...).
        """
        found = await self.one(address)
        if found is None:
            raise errors.GiveUp("not_yours")
        row = await self._database.read(lambda view: rows.get(view, address))
        if row is None or row.standing not in ("", "lost", WITHDRAWN):
            me, at = self._me, self._clock.now()
            message = proofs.withdraw_bytes(me.relay, me.account, me.device, address, at)
            await self._http.withdraw_address(proofs.Withdraw(address, at, me.sign(message)))
        await self._drop(address)

    async def answer(self, address: str, *, agree: bool) -> None:
        """Say no to another account that has proved an address of ours, or hand it over at once.

        Raises errors.GiveUp (``not_moving``, ``proof_old``), AgainLater.
        """
        found = await self.one(address)
        if found is None or found.why != "moving":
            raise errors.GiveUp("not_moving")
        if not agree and not found.refusable:
            raise errors.GiveUp("proof_old")
        me, at = self._me, self._clock.now()
        to = found.other or NOBODY
        message = proofs.answer_bytes(me.relay, me.account, me.device, address, to, at, agree=agree)
        await self._http.answer_address(proofs.Answer(address, to, agree, at, me.sign(message)))
        row = OwnAddress(address, "lost" if agree else "proved", at)
        await self._put(row)

    async def start_from(self, address: str) -> None:
        """Name this one in new conversations; raises errors.GiveUp (``not_yours``) for one that does not reach us."""
        found = await self.one(address)
        if found is None or not _reaches(found):
            raise errors.GiveUp("not_yours")

        def write(tx: Tx) -> None:
            own.start_from(tx, address)
            tx.note(changes.AddressesChanged())

        await self._database.write(write)

    async def _put(self, row: OwnAddress) -> None:
        def write(tx: Tx) -> None:
            rows.put(tx, row)
            tx.note(changes.AddressesChanged())

        await self._database.write(write)

    async def offer(self) -> str:
        """The one address of a new account that could be proved: named once, by whoever asks first; else "" """
        if not self.checks:
            return ""
        found = [each for each in await self.held() if each.why == "claimed" and each.kind in self.checks]

        def write(tx: Tx) -> bool:
            offered = notices.counter(tx, OFFERED)
            notices.bump(tx, OFFERED)
            return bool(offered)

        return found[0].address if len(found) == 1 and not await self._database.write(write) else ""

    async def _drop(self, address: str) -> None:
        def write(tx: Tx) -> None:
            rows.remove(tx, address)
            _settle_start(tx)
            if own.address(tx) == address:  # none is left: it is named as what it was
                rows.put(tx, OwnAddress(address, WITHDRAWN, tx.now))
            tx.note(changes.AddressesChanged())

        await self._database.write(write)


def _reaches(found: Activation) -> bool:
    return found.why in ("proved", "claimed", "moving") or found.state == "active"


def _apply(tx: Tx, frame: frames.OwnAddresses) -> None:
    known = {row.address: row for row in rows.all_of(tx)}
    for held in frame.held:
        if held.standing in LOST:
            continue
        before = known.pop(held.address, OwnAddress(held.address))
        if held.standing not in proofs.STANDINGS:
            continue  # of a newer relay
        asked = (0, "") if held.standing in ("proved", "coming", "moving") else (before.asked_at, before.failed)
        rows.put(tx, OwnAddress(
            held.address, held.standing, held.since, held.until, held.other, held.refusable, *asked
        ))  # fmt: skip
        if held.standing in _TOLD and held.standing != before.standing:
            notices.add(tx, "addresses", _TOLD[held.standing], alarm=held.standing != "refused")
    for gone in known.values():
        if gone.standing == WITHDRAWN:
            continue
        if not gone.asked_at:
            rows.remove(tx, gone.address)
        elif gone.standing:
            rows.put(tx, OwnAddress(gone.address, asked_at=gone.asked_at, failed=gone.failed))
    for lost in frame.held:
        if lost.standing in LOST:
            _lose_code(tx, lost.address, lost.standing)
    _settle_start(tx)
    tx.note(changes.AddressesChanged())


def _lose_code(tx: Tx, address: str, why: str) -> None:
    """The code that is waited for does not come; another device of ours, which waits for none, has nothing to say."""
    row = rows.get(tx, address)
    if row is not None and row.asked_at and not row.failed:
        rows.put(tx, replace(row, failed=why))


def _settle_start(tx: Tx) -> None:
    """Conversations start from an address that reaches us, as long as there is one."""
    stored = [each for each in (_activation(tx, row, "") for row in rows.all_of(tx)) if _reaches(each)]
    if stored and own.address(tx) not in {each.address for each in stored}:
        own.start_from(tx, stored[0].address)


def _held(view: View) -> tuple[Activation, ...]:
    starts = own.address(view)
    found = [_activation(view, row, starts) for row in rows.all_of(view)]
    if starts and starts not in {each.address for each in found}:
        stored = own.load(view)
        since = stored.created if stored is not None else 0
        found.insert(0, Activation(starts, _kind(starts), "active", "claimed", since, starts=True))
    return tuple(found)


def _kind(address: str) -> str:
    return "phone" if address.startswith("+") else "email"


def _activation(view: View, row: OwnAddress, starts: str) -> Activation:
    state, why, since, until = _standing(view.now, row)
    return Activation(
        row.address, _kind(row.address), state, why, since, until, row.other, row.refusable, row.address == starts
    )


def _standing(now: int, row: OwnAddress) -> tuple[State, str, int, int]:
    """State, why, since and until: a code that is being waited for says more than what stood before."""
    if row.failed:
        return "failed", row.failed, row.asked_at, 0
    if row.asked_at and now >= row.asked_at + limits.CODE:
        return "failed", "code_expired", row.asked_at + limits.CODE, 0
    if row.asked_at:
        return "waiting", "code", row.asked_at, row.asked_at + limits.CODE
    match row.standing:
        case "proved" | "claimed" | "moving":
            return "active", row.standing, row.since, row.until
        case "coming":
            return "waiting", "coming", row.since, row.until
        case _:
            return "failed", row.standing, row.since, 0
