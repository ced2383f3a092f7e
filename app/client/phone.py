"""Texts from phones and the gateway's reports, applied: each once, each stored before it is acknowledged.

The relay has read them and nobody has proved who sent them, so they are shown and nothing else: they change no route,
no trust and no other message.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from app.client import changes, pictures, texting
from app.client.me import Me
from app.client.sending import Beside
from app.client.sessions import Sessions
from app.common import errors, ids
from app.content import base, catalog
from app.content.text import Text
from app.crypto import pq
from app.domain import message
from app.domain.bearer import Bearer
from app.media.decoder import Decoder
from app.protocol import address as addresses
from app.protocol import frames, limits, texts
from app.storage import conversations, keys, ledger, messages, notices, people, search
from app.storage import pictures as store
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import Tx

log = logging.getLogger(__name__)

GATEWAY: Final = bytes(16)  # stands for a device in what was seen before: no device has this id
WORDS: Final = base.BODY - 4 * limits.KIB  # bytes of them in one message, beside a picture's description
Entry = frames.DeliverText | frames.TextReport


class _Opened(msgspec.Struct, frozen=True):
    """``shown`` is what is to be seen of it, each with what lies beside it."""

    entry: frames.DeliverText
    body: texts.TextBody
    shown: tuple[tuple[base.Form, Beside | None], ...]


class Phone:
    """Takes what the relay brings from the phone network."""

    def __init__(self, database: Database, sessions: Sessions, me: Me, decoder: Decoder) -> None:
        self._decoder = decoder
        self._database = database
        self._sessions = sessions
        self._me = me

    async def take(self, entries: Sequence[Entry]) -> None:
        """Open and store these in one transaction; then the keys that serve once are erased.

        Pictures are encoded anew before that: nothing else is ever stored as one, and its size is known from the first.
        """
        opened = [await self._open(entry) if isinstance(entry, frames.DeliverText) else entry for entry in entries]

        def write(tx: Tx) -> None:
            for entry, one in zip(entries, opened, strict=True):
                if not keys.mark_seen(tx, GATEWAY, entry.id, _digest(entry), b""):
                    continue
                match one:
                    case frames.TextReport():
                        texting.report(tx, one)
                    case _Opened():
                        _show(tx, one)
                    case _:
                        notices.bump(tx, f"refused/{one.code}")
                        notices.add(tx, "refused", one.code)

        await self._database.write(write)
        await self._sessions.spend({entry.key_id for entry in entries if isinstance(entry, frames.DeliverText)})

    async def _open(self, entry: frames.DeliverText) -> "_Opened | errors.GiveUp":
        seed = self._sessions.seed(entry.key_id)
        if seed is None:
            return errors.Untrusted("undecryptable")
        try:
            info = texts.info(self._me.relay, self._me.account, self._me.device)
            body = texts.decode(pq.hpke_open(seed, info, entry.sealed))
        except errors.GiveUp as error:
            return error
        return _Opened(entry, body, await self._shown(body))

    async def _shown(self, body: texts.TextBody) -> tuple[tuple[base.Form, Beside | None], ...]:
        """The words; or each piece of an MMS, the first with the words. More than a message holds are several."""
        words = "\n".join(each for each in (body.text, *map(_written, body.media)) if each.strip())
        pieces = [each for each in body.media if not _unseen(each)]
        found = await asyncio.gather(*(pictures.incoming(self._decoder, each) for each in pieces))
        head, *rest = _parts(words) or [""]
        more: list[tuple[base.Form, Beside | None]] = [(Text(each), None) for each in rest]
        if not found:
            return (Text(head or "…"), None), *more
        first, beside = found[0]
        return (first.saying(head), beside), *more, *found[1:]


def _parts(words: str) -> list[str]:
    """Pieces that each fit into a message, cut between characters."""
    raw, found = words.encode(), list[str]()
    while raw:
        piece = raw[:WORDS].decode("utf-8", "ignore")
        found.append(piece)
        raw = raw[len(piece.encode()) :]
    return found


def author_of(peer: str) -> bytes:
    """What stands for the author of a text: never an account, which is 32 bytes of a hash."""
    return _address_of(peer).encode()[:31]


def _address_of(peer: str) -> str:
    """A number as it is; a name that a sender gave itself must not pass for an address of somebody."""
    try:
        number = addresses.normal(peer)
    except errors.Malformed:
        return f"sms:{base.one_line(peer, 24)}"
    return number.text if number.kind is addresses.Kind.PHONE else f"sms:{base.one_line(peer, 24)}"


def _digest(entry: Entry) -> bytes:
    return hashlib.sha256(frames.encode_one(entry)).digest()


def _show(tx: Tx, opened: _Opened) -> None:
    """In the conversation with whoever has that number; somebody blocked is not heard."""
    entry, body = opened.entry, opened.body
    address = _address_of(body.peer)
    person = people.by_address(tx, address) or _newcomer(tx, address)
    if person.relation == "blocked":
        return
    added = [
        row
        for number, (content, beside) in enumerate(opened.shown)
        if (row := _insert(tx, opened, number, person.person, content, beside))
    ]
    if not added:
        return
    mms = bool(body.pieces)  # which uses no segments of an allowance, in whichever direction it goes
    used = 0 if mms else body.segments
    ledger.reserve(tx, ledger.Entry(entry.id, entry.id, address, False, tx.now, "settled", used, mms=mms))
    tx.note(changes.TextsChanged())
    tx.note(changes.MessagesChanged(person.person, added=frozenset(added)))
    tx.note(changes.ConversationsChanged(frozenset({person.person})))


def _insert(tx: Tx, opened: _Opened, number: int, person: bytes, content: base.Form, beside: Beside | None) -> int:
    """One message of it; 0 when it was there."""
    entry, body = opened.entry, opened.body
    kind, raw = catalog.encode(content)
    identity = entry.id if not number else hashlib.sha256(entry.id + bytes([number])).digest()[: ids.ID_SIZE]
    order = min(entry.accepted_at, tx.now) + number  # so that the pieces stay behind each other
    inserted = messages.insert(tx, messages.NewMessage(
        person, identity, author_of(body.peer), GATEWAY, kind, raw, order, min(body.at, tx.now),
        countable=True, fallback=catalog.fallback(content), received_at=entry.accepted_at, bearer=Bearer.TEXT,
        reason=message.INCOMPLETE if body.missing else "",
    ))  # fmt: skip
    if not inserted.fresh:
        return 0
    if beside is not None:
        store.put(tx, store.Stored(inserted.row, beside.content_type, beside.name, beside.thumbnail, beside.octets))
    conversations.raise_order(tx, person, order)
    search.index(tx, inserted.row, content.as_text())
    return inserted.row


def _unseen(piece: texts.Media) -> bool:
    """The layout of an MMS, and words, which are said with the others."""
    return piece.content_type.lower().split(";")[0].strip() in ("application/smil", "text/plain")


def _written(piece: texts.Media) -> str:
    if not piece.content_type.lower().startswith("text/plain"):
        return ""
    return piece.octets[: limits.TEXT_RECEIVED].decode("utf-8", "replace").replace("\0", "")


def _newcomer(tx: Tx, address: str) -> Person:
    identity = ids.random_id()
    people.create(tx, identity)
    people.put_address(tx, address, identity)
    conversations.ensure_direct(tx, identity)
    tx.note(changes.ContactsChanged(frozenset({identity})))
    found = people.get(tx, identity)
    if found is None:
        raise errors.Broken("no_person")
    return found
