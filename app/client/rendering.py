"""Stored rows as the JSON that is printed: ids in hex, times in RFC 3339 UTC, people by their checked address."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.client import folding, records
from app.client.me import Me
from app.content import base
from app.storage import people, recipients
from app.storage.chats import Chat
from app.storage.messages import Message
from app.storage.notices import Notice
from app.storage.transaction import View

Json = dict[str, Any]
BESIDE: Final = "file"  # what lies beside a message and can be saved
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: int) -> str | None:
    """As ``2031-05-04T03:02:01.000Z``; None for 0, which means never."""
    if not milliseconds:
        return None
    at = _EPOCH + timedelta(milliseconds=milliseconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _beside(content: base.Content | None) -> Json:
    """Only where there is something."""
    piece = content.piece() if content is not None else None
    return {BESIDE: {"type": piece.content_type, "size": piece.octets, "name": piece.name}} if piece is not None else {}


class Printer:
    """Makes the lines of one piece of work; each author is looked up once."""

    def __init__(self, view: View, me: Me) -> None:
        self._view = view
        self._me = me
        self._authors: dict[bytes, str] = {bytes(me.account): me.address}

    def author(self, account: bytes) -> str:
        """An address that a lookup has confirmed, else the account: what a sender says of itself is no proof."""
        if account not in self._authors:
            known = people.by_account(self._view, account)
            own = people.addresses(self._view, [known.person]) if known is not None else []
            self._authors[account] = own[0].address if own else account.hex()
        return self._authors[account]

    def message(self, stored: Message) -> Json:
        """Everything about one message, with edited words and without those taken back."""
        content = folding.shown(self._view, stored).content
        return {
            "id": stored.message.hex(),
            "conversation": stored.conversation.hex(),
            "direction": "out" if stored.outgoing else "in",
            "from": self.author(stored.author),
            "kind": stored.kind,
            "text": content.as_text() if content is not None else "",
            **_beside(content),
            "status": stored.status or None,
            "reason": stored.reason or None,
            "bearer": stored.bearer,
            "sent_at": moment(stored.sent_at),
        }

    def arrival(self, stored: Message) -> Json:
        """An incoming message as ``listen`` prints it."""
        whole = self.message(stored)
        told = ("id", "conversation", "from", "kind", "text", BESIDE, "sent_at", "bearer")
        return {name: whole[name] for name in told if name in whole}

    def sent(self, stored: Message) -> Json:
        """A message of one's own as ``send`` prints it, recipient by recipient."""
        to: list[Json] = []
        for entry in recipients.of_rows(self._view, [stored.row])[stored.row]:
            own = people.addresses(self._view, [entry.person])
            address = entry.address or (own[0].address if own else entry.account.hex())
            to.append({"address": address, "status": entry.status.value, "reason": entry.reason or None})
        return {"id": stored.message.hex(), "status": stored.status, "bearer": stored.bearer, "recipients": to}

    def notice(self, told: Notice) -> Json:
        """Something to know beside the messages; ``from`` is whom it is about, None when it is about nobody."""
        return {
            "notice": told.notice,
            "kind": told.kind,
            "code": told.code,
            "alarm": told.alarm,
            "from": self.author(told.account) if told.account else None,
            "device": told.device.hex() or None,
            "times": told.times,
            "at": moment(told.at),
        }

    def conversation(self, chat: Chat) -> Json:
        """One line of the list of conversations."""
        named = records.title(self._view, chat.title, chat.person)
        return {
            "conversation": chat.conversation.hex(),
            "address": chat.address or None,
            "account": chat.account.hex() if chat.account else None,
            "name": named.name,
            "name_claimed": named.claimed,
            "relation": chat.relation,
            "verified": chat.verified,
            "unread": chat.unread,
            "pinned": chat.pinned,
            "archived": chat.archived,
            "muted_until": moment(chat.muted_until),
            "draft": chat.draft,
            "active_at": moment(chat.active_at),
            "last": self.message(chat.last) if chat.last is not None else None,
        }
