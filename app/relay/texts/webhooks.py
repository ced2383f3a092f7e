"""What a provider posts to the relay: forms signed with its token, and what they say of texts."""

import base64
import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Mapping
from typing import Final

from app.common import errors
from app.protocol.segments import MOST_RECEIVED, Alphabet
from app.relay.texts import base
from app.relay.texts.base import MessageState, MmsPart
from app.relay.texts.callbacks import Call

SIGNATURE: Final = "X-Twilio-Signature"
FORM: Final = "application/x-www-form-urlencoded"
FIELDS: Final = 300  # of one form
MEDIA: Final = 10  # pieces of one MMS that are named
_CONTENT_TYPE: Final = re.compile(r"(?:image|audio|video|text|application)/[a-z0-9][a-z0-9.+-]{0,40}")
_LONGEST_ID: Final = 64
_NUMBER: Final = 21
_NO_SUCH_NUMBER: Final = "30005"
_STATES: Final = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), MessageState.ENROUTE),
    "sent": MessageState.ACCEPTED,
    **dict.fromkeys(("delivered", "read"), MessageState.DELIVERED),
    "undelivered": MessageState.UNDELIVERABLE,
    "failed": MessageState.REJECTED,
    "canceled": MessageState.DELETED,
}

Fields = Mapping[str, str]


def signature(token: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """HMAC-SHA1 in base64 over the address and then each name with its value, in order, as the vendor documents it."""
    said = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()


def read(call: Call, token: str, callback: str) -> Fields:
    """The fields of a call whose signature holds for the address it came to.

    errors.Untrusted ``bad_signature``; errors.Malformed for what is no form.
    """
    given = call.headers.get(SIGNATURE, "")
    try:
        written = call.body.decode("ascii")
        pairs = urllib.parse.parse_qsl(written, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError:
        raise errors.Malformed("bad_form") from None
    wanted = signature(token, callback.rstrip("/") + call.path, pairs)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise errors.Untrusted("bad_signature")
    return dict(pairs)


def receipt(gateway: str, fields: Fields) -> base.Receipt | None:
    """What a status callback says; None for a word that is not known yet."""
    message_id = _id(fields)
    state = _STATES.get(fields.get("MessageStatus", ""))
    if state is None:
        return None
    code = fields.get("ErrorCode", "")[:16]
    if state in (MessageState.UNDELIVERABLE, MessageState.REJECTED) and code == _NO_SUCH_NUMBER:
        state = MessageState.NO_SUCH_NUMBER
    return base.Receipt(gateway, message_id, state, code)


def incoming(gateway: str, fields: Fields) -> base.Incoming:
    """A text from a phone. Its id makes a repeated call, and a recorded one, the same text."""
    source, destination = fields.get("From", "").strip(), fields.get("To", "").strip()
    if not source or not destination:
        raise errors.Malformed("bad_text")
    return base.Incoming(
        gateway=gateway,
        source=source[:_NUMBER],
        destination=destination[:_NUMBER],
        octets=fields.get("Body", "").encode("utf-16-be", "replace"),
        alphabet=Alphabet.UCS_2,
        gateway_ref=_id(fields),
        media=_media(fields),
        keyword_answered=bool(fields.get("OptOutType")),
        segments=min(_count(fields.get("NumSegments", "")), MOST_RECEIVED),
    )


def _id(fields: Fields) -> str:
    found = fields.get("MessageSid", "")
    if not (0 < len(found) <= _LONGEST_ID and found.isascii() and found.isalnum()):
        raise errors.Malformed("bad_id")
    return found


def _media(fields: Fields) -> tuple[MmsPart, ...]:
    """The pieces it names; one that names no place is there all the same, and cannot be had."""
    return tuple(
        MmsPart(_content_type(fields.get(f"MediaContentType{at}", "")), url=fields.get(f"MediaUrl{at}", ""))
        for at in range(min(_count(fields.get("NumMedia", "")), MEDIA))
    )


def _count(said: str) -> int:
    """A small number, 0 for what is none."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0


def _content_type(said: str) -> str:
    found = said.partition(";")[0].strip().lower()
    return found if _CONTENT_TYPE.fullmatch(found) else ""
