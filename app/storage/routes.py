"""Why each message went the way it did: what the directory had said, when, and the rule that decided."""

from typing import Final

import msgspec

from app.storage.record import Record
from app.storage.transaction import Tx, View

UNKNOWN: Final = -1


class Route(msgspec.Struct, frozen=True):
    """The newest decision over one message for one person.

    ``capability`` is the directory's answer of ``asked_at`` (domain.bearer); ``at`` is when it was decided.
    ``segments`` and ``price`` (minor units) are 0 for what did not go as text; ``mms``: as a picture message. A price
    that nobody has said is `UNKNOWN`.
    """

    row: int
    person: bytes
    at: int
    capability: str
    asked_at: int
    bearer: str
    why: str
    policy: str
    ever_rich: bool
    yes: bool
    segments: int = 0
    price: int = 0
    currency: str = ""
    mms: bool = False


_RECORD = Record(Route)


def save(tx: Tx, route: Route) -> None:
    """In place of the decision before."""
    tx.run(f"INSERT OR REPLACE INTO routes ({_RECORD.columns}) VALUES ({_RECORD.marks})", _RECORD.values(route))


def of_row(view: View, row: int) -> list[Route]:
    return _RECORD.all(view.rows(f"SELECT {_RECORD.columns} FROM routes WHERE row = ? ORDER BY person", (row,)))
