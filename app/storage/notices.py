"""What the user has to be told beside the messages: notices, alarms, and the counters behind them."""

import msgspec

from app.storage.record import Record
from app.storage.transaction import Tx, View


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell; the same (kind, code, account, device) again only counts up until it is settled."""

    notice: int
    kind: str
    code: str
    alarm: bool
    account: bytes
    device: bytes
    detail: bytes
    at: int
    times: int
    settled: bool


_RECORD = Record(Notice)


def add(
    tx: Tx, kind: str, code: str, *, account: bytes = b"", device: bytes = b"", detail: bytes = b"", alarm: bool = False
) -> int:
    """Tell something; the notice's number, the old one if it is still open. ``times`` says how often it came."""
    return int(
        tx.value(
            "INSERT INTO notices (kind, code, account, device, detail, alarm, at) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, code, account, device) WHERE settled = 0 DO UPDATE "
            "SET times = times + 1, at = excluded.at, detail = excluded.detail, alarm = max(alarm, excluded.alarm) "
            "RETURNING notice",
            (kind, code, account, device, detail, alarm, tx.now),
        )
    )


def get(view: View, notice: int) -> Notice | None:
    return _RECORD.of(view.row(f"SELECT {_RECORD.columns} FROM notices WHERE notice = ?", (notice,)))


def pending(view: View, limit: int = 200) -> list[Notice]:
    """What is not settled, newest last."""
    sql = f"SELECT {_RECORD.columns} FROM notices WHERE settled = 0 ORDER BY notice DESC LIMIT ?"
    return _RECORD.all(view.rows(sql, (limit,))[::-1])


def about(view: View, account: bytes, kind: str, code: str) -> list[Notice]:
    """What is not settled of one kind about one account, oldest first."""
    sql = f"SELECT {_RECORD.columns} FROM notices WHERE settled = 0 AND kind = ? AND code = ? AND account = ?"
    return _RECORD.all(view.rows(f"{sql} ORDER BY notice", (kind, code, account)))


def settle(tx: Tx, notice: int) -> None:
    tx.run("UPDATE notices SET settled = 1 WHERE notice = ?", (notice,))


def bump(tx: Tx, name: str, by: int = 1) -> int:
    """Count something dropped or refused; the new value."""
    sql = (
        "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value "
        "RETURNING value"
    )
    return int(tx.value(sql, (name, by)))


def counter(view: View, name: str) -> int:
    return int(view.value("SELECT value FROM counters WHERE name = ?", (name,)) or 0)


def counters(view: View) -> dict[str, int]:
    return dict(view.rows("SELECT name, value FROM counters ORDER BY name"))
