"""Who this messenger is: the account, the device and its signing key, fixed for one run."""

from typing import ClassVar

from app.common import ids
from app.common.discreet import Discreet
from app.crypto import parties
from app.protocol import signed
from app.protocol.signed import Signed
from app.storage import own


class Me(Discreet, frozen=True):
    """The own account and device; ``seed`` is the device's Ed25519 seed and never leaves the store but in here."""

    _hidden: ClassVar = ("seed",)

    relay: ids.RelayId
    account: ids.AccountId
    device: ids.DeviceId
    seed: bytes
    name: str
    address: str

    @property
    def party(self) -> parties.Party:
        return parties.Party(self.account, self.device)

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature of the device key."""
        return signed.sign_bytes(self.seed, message)

    def sign_body(self, body: bytes) -> Signed:
        """The same, with the body and the key it is checked with."""
        return signed.sign(self.seed, body)


def of(stored: own.Own) -> Me:
    """From the store's one row about this installation."""
    return Me(
        ids.RelayId(stored.relay),
        ids.AccountId(stored.account),
        ids.DeviceId(stored.device),
        stored.device_seed,
        stored.name,
        stored.address,
    )
