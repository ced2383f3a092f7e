"""Prekeys as the relay hands them out: each is held against its device's own key, and what does not hold is no key.

A key that is merely too old is no lie: its device has been away. All else is said, once for each device and code.
"""

from collections.abc import Mapping, Sequence

import msgspec

from app.client import changes
from app.common import errors
from app.crypto import parties
from app.crypto.parties import Bundle, Party, PublicKey
from app.protocol import devices, requests
from app.protocol.devices import DeviceList, KeyKind
from app.protocol.signed import Signed
from app.storage import notices, people
from app.storage.database import Database
from app.storage.transaction import Tx

_OLM, _PQ = (KeyKind.ONE_TIME, KeyKind.FALLBACK), (KeyKind.PQ_ONE_TIME, KeyKind.PQ_LAST_RESORT)


class Checked(msgspec.Struct, frozen=True):
    """What is left of a bundle, and the codes of what was refused of it."""

    bundle: Bundle
    refused: tuple[str, ...]


class Refusals:
    """Says what was refused: as an alarm, counted, and once a run, since whoever waits asks again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._said: set[tuple[Party, str]] = set()

    async def say(self, checked: Mapping[Party, Checked]) -> bool:
        """Whether anything was refused."""
        found = {(party, code) for party, each in checked.items() for code in each.refused}
        new = sorted(found - self._said, key=lambda each: (each[0].account, each[0].device, each[1]))

        def write(tx: Tx) -> None:
            for party, code in new:
                notices.bump(tx, f"refused/{code}")
                notices.add(tx, "prekeys", code, alarm=True, account=party.account, device=party.device)
                person = people.by_account(tx, party.account)
                if person is not None:
                    tx.note(changes.ContactsChanged(frozenset({person.person})))

        if new:
            await self._database.write(write)
            self._said.update(new)
        return bool(found)


def check(head: DeviceList, party: Party, found: requests.Bundle, now: int) -> Checked:
    """The keys of a listed device that hold."""
    refused: list[str] = []
    olm, pq = (_prekey(head, party, item, kinds, now, refused) for item, kinds in ((found.olm, _OLM), (found.pq, _PQ)))
    return Checked(Bundle(olm, pq), tuple(dict.fromkeys(refused)))


def _prekey(
    head: DeviceList, party: Party, item: Signed | None, kinds: Sequence[KeyKind], now: int, refused: list[str]
) -> PublicKey | None:
    if item is None:
        return None
    try:
        return public(devices.verify_prekey(head, party.device, item, kinds, now))
    except (errors.Untrusted, errors.Malformed) as error:
        if error.code != "prekey_expired":
            refused.append(error.code)
        return None


def public(body: devices.PrekeyBody) -> PublicKey:
    """A verified prekey as the crypto floor takes it; raises errors.Malformed for a key of the wrong size."""
    size = 32 if body.kind in (KeyKind.ONE_TIME, KeyKind.FALLBACK) else 1216
    if len(body.key) != size or len(body.key_id) != parties.KEY_ID_SIZE:
        raise errors.Malformed("bad_key")
    return PublicKey(parties.Kind(body.kind.value), body.key_id, body.key, body.created, body.expires)
