"""Texts from phones: kept part by part before they are acknowledged, joined, sealed to the devices of their account."""

import asyncio
import functools
import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from app.common import clock, errors, ids
from app.protocol import devices, frames, limits, segments, signed, texts
from app.protocol.devices import KeyKind
from app.protocol.segments import Alphabet
from app.relay.accounts import Account, Accounts
from app.relay.mailbox import Post
from app.relay.store.base import Store
from app.relay.store.texts import Part, PartSet, exact_id
from app.relay.texts import pieces, posting
from app.relay.texts.base import Incoming, MmsPart

INCOMPLETE: Final = limits.DAY  # after this a text is shown without the parts that never came
UNDELIVERABLE: Final = 3 * limits.DAY  # after this nobody can have it
GAP: Final = " … "
FETCHING: Final = 30 * limits.MINUTE  # after this a piece that could not be fetched is shown as missing
ONE: Final = 140  # octets that surely came in one short message
AT_ONCE: Final = 4  # MMS whose pieces are fetched at the same time

_KINDS: Final = (KeyKind.PQ_ONE_TIME, KeyKind.PQ_LAST_RESORT)

log = logging.getLogger(__name__)

Fetch = Callable[[str, MmsPart, int], Awaitable[bytes]]  # a piece of that gateway, see base.Fetches
Read = Callable[[PartSet, str], Awaitable[bool]]  # whether a whole text was a keyword, and is answered


@dataclass
class Arriving:
    """``ours`` are our numbers, ``owner`` is the account that has proved a number, ``read`` sees keywords.

    ``fetch`` brings what an MMS only names; ``later`` does so beside everything else, for it may take minutes.
    """

    store: Store
    accounts: Accounts
    post: Post
    time: clock.Clock
    ours: Callable[[], frozenset[str]]
    owner: Callable[[str], bytes | None]
    read: Read
    fetch: Fetch
    later: Callable[[Coroutine[None, None, None]], object]
    dropped: int = 0  # for numbers that are not ours, or nobody's
    _busy: set[int] = field(default_factory=set[int])
    _fetching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def take(self, incoming: Incoming, bound_at: int) -> bool:
        """True once it is on the disk, or there is no place for it; ``bound_at``: since when the link stands."""
        if incoming.destination not in self.ours():
            self.dropped += 1
            log.warning("%s: a text for a number that is not ours was dropped", incoming.gateway)
            return True
        part = _part(incoming, self.time.now())
        id = exact_id(part.key) if part.exact else ids.random_id()
        await self.deliver(await self.store.texts.incoming.add(part, id, bound_at))
        return True

    async def sweep(self) -> None:
        """What could not be delivered when it came, and what misses parts for too long."""
        for number in self.store.texts.incoming.open_sets():
            await self.deliver(number)
        now = self.time.now()
        await self.store.texts.incoming.sweep(now - limits.DAY, now - limits.OUTCOMES)

    async def deliver(self, number: int) -> None:
        """Into the mailboxes, if the set is whole or waits for too long; else it stays."""
        found = self.store.texts.incoming.part_set(number)
        now = self.time.now()
        if found is None or number in self._busy or not (found.whole or now - found.at >= INCOMPLETE):
            return
        self._busy.add(number)
        if pieces.pending(pieces.decode(found.media)) and self._account(found, now) is not None:
            self.later(self._bring(found))
            return
        try:
            text = joined(found)
            answered = found.whole and await self.read(found, text)
            if await self._post(found, text, answered or found.answered, now) or now - found.at >= UNDELIVERABLE:
                await self.store.texts.incoming.finish(number, now)
        finally:
            self._busy.discard(number)

    async def _bring(self, found: PartSet) -> None:
        """Its pieces, as far as they can be had; then it is delivered, or it waits for the next sweep."""
        last = self.time.now() - found.at >= FETCHING
        try:
            async with self._fetching:
                fetch = functools.partial(self.fetch, found.gateway)
                kept = await pieces.fetched(pieces.decode(found.media), fetch, last=last)
            await self.store.texts.incoming.keep_media(found.number, pieces.encode(kept))
        finally:
            self._busy.discard(found.number)
        if not pieces.pending(kept):
            await self.deliver(found.number)

    def _account(self, found: PartSet, now: int) -> Account | None:
        """Who wrote to this person from this number last; else who the number belongs to."""
        for name in (*self.store.texts.numbers.holders(found.destination, found.source), self.owner(found.destination)):
            account = self.accounts.get(name, now) if name is not None else None
            if account is not None and account.devices:
                return account
        return None

    async def _post(self, found: PartSet, text: str, answered: bool, now: int) -> bool:
        """Whether it is where it belongs; also when it belongs to nobody."""
        account = self._account(found, now)
        if account is None:
            self.dropped += 1
            log.info("%s: a text for nobody was dropped", found.gateway)
            return True
        if self.post.mail.known(posting.THE_RELAY, found.id) is not None:
            return await posting.post(self.post, account, found.id, {}, now)
        kept = pieces.decode(found.media)
        words = "\n".join(line for line in (text, *pieces.lines(kept)) if line)
        body = texts.TextBody(
            found.destination[: limits.ADDRESS],
            found.source[: limits.ADDRESS],
            words[: limits.TEXT_RECEIVED],
            found.at,
            found.total - len(found.parts),
            pieces.media(kept),
            answered,
            1 if kept else counted(found, text),
            len(kept),
        )
        return await posting.post(self.post, account, found.id, await self._sealed(account, found.id, body, now), now)

    async def _sealed(
        self, account: Account, id: bytes, body: texts.TextBody, now: int
    ) -> Mapping[bytes, posting.Make]:
        """For each device of the account that has a key left."""
        listed = list(account.devices.values())
        keys = await self.store.prekeys.pop_pq([device.number for device in listed], now)
        makes: dict[bytes, posting.Make] = {}
        for device, item in zip(listed, keys, strict=True):
            if item is None:
                continue
            try:
                key = devices.verify_prekey(account.head, device.id, signed.unpack(item), _KINDS, now)
                sealed = texts.seal(key.key, texts.info(self.accounts.relay, account.id, device.id), body)
            except errors.KingfisherError as error:  # a key that is none harms its own device alone
                log.warning("a text could not be sealed: %s", error.code)
                continue
            makes[device.id] = functools.partial(_entry, id, now, key.key_id, sealed)
        return makes


def _entry(id: bytes, now: int, key_id: bytes, sealed: bytes, entry: int) -> frames.DeliverText:
    return frames.DeliverText(entry, id, now, key_id, sealed)


def _part(incoming: Incoming, now: int) -> Part:
    part = incoming.part
    places = () if part is None else (part.width, part.reference, part.total)
    exact = bool(incoming.gateway_ref) and part is None
    name = (incoming.gateway, incoming.source, incoming.destination, *places)
    if exact:
        key = _digest("ref", incoming.gateway, incoming.gateway_ref)
    elif part is None:
        key = _digest("one", *name, incoming.octets.hex(), incoming.alphabet)
    else:
        key = _digest("part", *name)
    return Part(
        key,
        exact,
        incoming.gateway,
        incoming.source,
        incoming.destination,
        part.total if part is not None else 1,
        part.sequence if part is not None else 1,
        incoming.octets,
        incoming.alphabet.value,
        pieces.encode(pieces.of(incoming.media)),
        incoming.keyword_answered,
        now,
        incoming.segments,
    )


def _digest(*names: object) -> bytes:
    return hashlib.sha256(b"kf/text-in/1" + repr(names).encode("utf-8", "surrogatepass")).digest()


def counted(found: PartSet, text: str) -> int:
    """Short messages it came in: the parts, or what the gateway says that joined them, or what the words take."""
    if found.total > 1 or found.segments:
        return max(len(found.parts), found.segments)
    one = sum(len(octets) for _, octets, _ in found.parts) <= ONE
    return 1 if one else min(len(segments.plan(text).segments), segments.MOST_RECEIVED)


def joined(found: PartSet) -> str:
    """The words, with a sign wherever parts are missing, at either end too.

    Octets that follow each other are joined first and decoded after: a part may end inside a letter.
    """
    pieces: list[str] = []
    expected = 1  # the part behind those so far
    for _, run in groupby(enumerate(found.parts), key=lambda at: (at[1][0] - at[0], at[1][2])):
        parts = [part for _, part in run]
        if parts[0][0] > expected:
            pieces.append(GAP if pieces else GAP.lstrip())
        pieces.append(segments.decode(b"".join(octets for _, octets, _ in parts), Alphabet(parts[0][2])))
        expected = parts[-1][0] + 1
    if expected <= found.total:
        pieces.append(GAP.rstrip())
    return "".join(pieces)
