"""Texts from phones and the gateway's reports, applied: each once, each stored before it is acknowledged.

The relay has read them and nobody has proved who sent them, so they are shown and nothing else: they change no route,
no trust and no other message.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.client import changes, texting
from app.client.me import Me
from app.client.sessions import Sessions
from app.common import errors, ids
from app.content import base, catalog
from app.content.text import Text
from app.crypto import pq
from app.domain.bearer import Bearer
from app.protocol import address as addresses
from app.protocol import frames, texts
from app.storage import conversations, keys, ledger, messages, notices, people, search
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import Tx

log = logging.getLogger(__name__)

GATEWAY: Final = bytes(16)  # stands for a device in what was seen before: no device has this id
INCOMPLETE: Final = "text_incomplete"
Entry = frames.DeliverText | frames.TextReport


@dataclass(frozen=True, slots=True)
class _Opened:
    entry: frames.DeliverText
    body: texts.TextBody


class Phone:
    """Takes what the relay brings from the phone network."""

    def __init__(self, database: Database, sessions: Sessions, me: Me) -> None:
        self._database = database
        self._sessions = sessions
        self._me = me

    async def take(self, entries: Sequence[Entry]) -> None:
        """Open and store these in one transaction; then the keys that serve once are erased."""
        opened = [self._open(entry) if isinstance(entry, frames.DeliverText) else entry for entry in entries]

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

    def _open(self, entry: frames.DeliverText) -> "_Opened | errors.GiveUp":
        seed = self._sessions.seed(entry.key_id)
        if seed is None:
            return errors.Untrusted("undecryptable")
        try:
            info = texts.info(self._me.relay, self._me.account, self._me.device)
            return _Opened(entry, texts.decode(pq.hpke_open(seed, info, entry.sealed)))
        except errors.GiveUp as error:
            return error


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
    content = Text(body.text if body.text.strip() else "…")
    kind, raw = catalog.encode(content)
    order = min(entry.accepted_at, tx.now)
    inserted = messages.insert(tx, messages.NewMessage(
        person.person, entry.id, author_of(body.peer), GATEWAY, kind, raw, order, min(body.at, tx.now),
        countable=True, received_at=entry.accepted_at, bearer=Bearer.TEXT, reason=INCOMPLETE if body.missing else "",
    ))  # fmt: skip
    if not inserted.fresh:
        return
    conversations.raise_order(tx, person.person, order)
    search.index(tx, inserted.row, content.as_text())
    ledger.reserve(tx, ledger.Entry(entry.id, entry.id, address, False, tx.now, "settled", body.segments))
    tx.note(changes.TextsChanged())
    tx.note(changes.MessagesChanged(person.person, added=frozenset({inserted.row})))
    tx.note(changes.ConversationsChanged(frozenset({person.person})))


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
