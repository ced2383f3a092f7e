"""Invite links: ``https://HOST:PORT/join#...`` or ``kingfisher:...``, with everything but the way in the fragment.

The fragment is base64url of a msgpack array. A browser never sends it to a server, so the secret stays with whoever
holds the link. The link pins the relay's key, never a certificate.
"""

import base64
import binascii
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from app.common import errors
from app.protocol import bounds

LONGEST = 4_000  # characters
SCHEME = "kingfisher"


class Invite(msgspec.Struct, frozen=True, array_like=True):
    """Relay key, where it is reached, the single-use secret (empty: registration is open), who invites (or empty)."""

    relay_public: bounds.PublicKey
    urls: Annotated[tuple[bounds.Url, ...], Meta(min_length=1, max_length=16)]
    secret: Annotated[bytes, Meta(max_length=32)] = b""
    inviter: bounds.OptionalHash = b""
    name: Annotated[str, Meta(max_length=128)] = ""


_decoder = msgspec.msgpack.Decoder(Invite)


def link(invite: Invite) -> str:
    """The link to hand on; it opens under the first of the invite's addresses."""
    fragment = base64.urlsafe_b64encode(msgspec.msgpack.encode(invite)).rstrip(b"=").decode()
    return f"{invite.urls[0]}/join#{fragment}"


def parse(text: str) -> Invite:
    """Read a link; raises errors.Malformed (``bad_invite``)."""
    text = text.strip()
    if len(text) > LONGEST:
        raise errors.Malformed("bad_invite")
    try:
        parts = urlsplit(text)
        if parts.scheme not in ("https", "http", SCHEME) or not parts.fragment:
            raise errors.Malformed("bad_invite")
        data = base64.b64decode(parts.fragment + "=" * (-len(parts.fragment) % 4), altchars=b"-_", validate=True)
        invite = _decoder.decode(data)
    except (binascii.Error, ValueError, *bounds.MISFITS) as error:
        raise errors.Malformed("bad_invite") from error
    for url in invite.urls:
        check_url(url)
    return invite


def check_url(url: str) -> str:
    """A relay's address: http or https, a host, no path; returns it without a trailing slash. Raises ``bad_relay``."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise errors.Malformed("bad_relay") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise errors.Malformed("bad_relay")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise errors.Malformed("bad_relay")
    if not all(character.isalnum() or character in ".-_:%" for character in parts.hostname):
        raise errors.Malformed("bad_relay")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
