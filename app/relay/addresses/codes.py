"""Codes: six digits, what the relay keeps of them, and the words they travel in."""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final

from app.protocol import proofs, segments

PROVE: Final = "prove"
LEAVE: Final = "leave"


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail without its head."""

    subject: str
    body: str


def fresh() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**proofs.DIGITS):0{proofs.DIGITS}d}"


def digest(secret: bytes, address: bytes, asker: bytes, purpose: str, code: str) -> bytes:
    """What is kept of a code: HMAC-SHA-256 under the relay's secret, bound to address, device key and purpose.

    ``address`` is the keyed hash, 32 bytes; ``asker`` the device's public key, or nothing for the page.
    """
    message = b"kf/code/1" + address + len(asker).to_bytes(1, "big") + asker + f"{purpose}:{code}".encode()
    return hmac.digest(secret, message, hashlib.sha256)


def text(code: str, purpose: str, host: str) -> str:
    """One segment; the last line lets a phone fill in the code on ``host`` alone."""
    what = " to take this number away from your account" if purpose == LEAVE else ""
    words = f"{code} is your Kingfisher code{what}. Give it to nobody."
    whole = words + _filled_in(code, host)
    return whole if len(segments.plan(whole).segments) == 1 else words


def letter(code: str, purpose: str, host: str) -> Letter:
    """The same as an e-mail."""
    what = "take this address away from your account at" if purpose == LEAVE else "show that this address is yours at"
    body = (
        f"Your Kingfisher code is {code}.\n\nIt serves to {what} {host or 'your relay'}, and is good for ten minutes. "
        "Give it to nobody.\n\nIf you asked for nothing, do nothing: without the code nothing happens.\n"
    )
    return Letter("Your Kingfisher code", body + _filled_in(code, host))


def _filled_in(code: str, host: str) -> str:
    """Only a name of the domain system means anything to a phone."""
    name = host.strip("[]")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"\n@{name} #{code}" if "." in name and name.isascii() else ""
    return ""
