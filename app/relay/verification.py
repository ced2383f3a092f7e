"""What lets somebody claim an address: an invite, an open door, later a code by text or e-mail. One seam for all."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from app.protocol import address


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody wants an address; the root's signature over it has been checked."""

    account: bytes
    address: address.Address
    secret: bytes


@dataclass(frozen=True, slots=True)
class Grant:
    """The address may be taken; ``invite_hash`` is used up in the same transaction."""

    standing: str
    invite_hash: bytes = b""


class Proof(Protocol):
    """One way to come to an address."""

    async def grant(self, application: Application) -> Grant | None:
        """None when this way does not apply; raises GiveUp when it does and fails."""
        ...


class ByInvite:
    """The secret of an invite; whether it is known, unused and young is decided where it is used up."""

    async def grant(self, application: Application) -> Grant | None:
        return Grant("claimed", hash_secret(application.secret)) if application.secret else None


class OpenDoor:
    """Anybody, where the relay's owner says so."""

    async def grant(self, application: Application) -> Grant | None:
        return Grant("claimed")


def hash_secret(secret: bytes) -> bytes:
    """How an invite's secret lies in the store; it is random, so one hash is enough."""
    return hashlib.sha256(b"kf/invite/1" + secret).digest()
