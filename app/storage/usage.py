"""The meter: bytes and counts for each day, kind of network, conversation and purpose."""

import msgspec

from app.storage.record import Record
from app.storage.transaction import Tx, View

DAY_MS = 24 * 3600 * 1000


class Usage(msgspec.Struct, frozen=True):
    """What was used on one day; ``day`` counts days since 1970, ``conversation`` is empty for what belongs to none."""

    day: int
    network: str
    conversation: bytes
    kind: str
    bytes: int
    count: int


_RECORD = Record(Usage)


def add(tx: Tx, network: str, conversation: bytes, kind: str, size: int, count: int = 1) -> None:
    tx.run(
        "INSERT INTO usage (day, network, conversation, kind, bytes, count) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, count = count + excluded.count",
        (tx.now // DAY_MS, network, conversation, kind, size, count),
    )


def since(view: View, day: int) -> list[Usage]:
    sql = f"SELECT {_RECORD.columns} FROM usage WHERE day >= ? ORDER BY day, network, conversation, kind"
    return _RECORD.all(view.rows(sql, (day,)))


def forget(tx: Tx, before_day: int) -> int:
    return tx.run("DELETE FROM usage WHERE day < ?", (before_day,))
