"""Texts on their way out in SQLite: a row for each, one for each item, receipts that came too early."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any, Final

from app.protocol import limits
from app.relay.store.sqlite import text_media
from app.relay.store.sqlite.connection import Connection, Value
from app.relay.store.sqlite.writer import Writer
from app.relay.store.texts import Counts, Handed, Heard, Item, Piece, Text

_COLUMNS: Final = (
    "account, device, submit, source, destination, gateway, alphabet, segments, items, at, valid_until, words, "
    "number, reference, withdrawn, reported, changes, mms"
)
_ITEM: Final = "sequence, handed, message_id, billed, price, currency, reason, receipt, final"
_OPEN: Final = "SELECT 1 FROM text_item WHERE text = ? AND handed IN ('waiting', 'handing')"
_ERASE: Final = f"UPDATE text SET words = '' WHERE number = ? AND NOT EXISTS ({_OPEN})"
_SPENT: Final = """
WITH item AS (
    SELECT mms, text.segments, text.items, price,
        iif(price >= 0 AND (?4 = '' OR currency = ?4), currency, NULL) AS said
    FROM text JOIN text_item ON text_item.text = text.number
    WHERE text.at >= ?1 AND NOT withdrawn AND handed != 'refused'
)
SELECT said, sum(CASE WHEN said IS NOT NULL THEN price WHEN mms THEN ?3 ELSE ?2 * segments / items END)
FROM item GROUP BY said
"""


class SqliteOutgoing:
    """The OutgoingTexts over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def known(self, device: int, submit: bytes) -> Text | None:
        return next(iter(self._texts("device = ? AND submit = ?", device, submit)), None)

    def text(self, number: int) -> Text | None:
        return next(iter(self._texts("number = ?", number)), None)

    def _texts(self, where: str, *values: Value) -> list[Text]:
        return [_text(row) for row in self._reader.execute(f"SELECT {_COLUMNS} FROM text WHERE {where}", values)]

    def items(self, number: int) -> list[Item]:
        return _items(self._reader, number)

    def unfinished(self) -> list[Text]:
        return self._texts("number IN (SELECT text FROM text_item WHERE handed = 'waiting') ORDER BY number")

    def unreported(self) -> list[Text]:
        return self._texts("changes ORDER BY number")

    def counts(self, account: bytes, destination: str, prefix: str, now: int) -> Counts:
        day = now - limits.DAY
        mine = "SELECT ifnull(sum(segments), 0) FROM text WHERE account = ? AND at > ? AND NOT withdrawn"
        to = "SELECT count(*), ifnull(max(at), 0) FROM text WHERE destination = ? AND at > ? AND NOT withdrawn"
        near = "SELECT count(*) FROM text WHERE destination >= ? AND destination < ? AND at > ? AND NOT withdrawn"
        new = "SELECT count(*) FROM text_source WHERE account = ? AND since > ?"
        mms = "SELECT count(*) FROM text WHERE account = ? AND at > ? AND mms AND NOT withdrawn"
        with self._reader:
            (minute,) = self._row(mine, account, now - limits.MINUTE)
            (today,) = self._row(mine, account, day)
            (numbers,) = self._row(new, account, day)
            one, last = self._row(to, destination, day)
            (prefixed,) = self._row(near, prefix, prefix + ":", day)  # a colon comes behind every digit
            (pictures,) = self._row(mms, account, day)
            kept = text_media.waiting(self._reader, account)
        return Counts(minute, today, numbers, one, last, prefixed, pictures, kept)

    def _row(self, sql: str, *values: Value) -> tuple[int, ...]:
        return self._reader.execute(sql, values).fetchall()[0]

    def spent(self, since: int, each: int, mms: int, currency: str = "") -> int:
        sums: dict[str | None, int] = dict(self._reader.execute(_SPENT, (since, each, mms, currency)).fetchall())
        return sums.pop(None, 0) + max(sums.values(), default=0)

    def add(self, text: Text, media: Sequence[Piece] = ()) -> Awaitable[Text | None]:
        return self._writer.call(lambda connection: _add(connection, text, media))

    def mark_withdrawn(self, text: Text) -> Awaitable[str]:
        return self._writer.call(lambda connection: _mark_withdrawn(connection, text))

    def move(self, number: int, text: Text) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE text SET gateway = ?, source = ?, alphabet = ?, items = ? WHERE number = ?",
                (text.gateway, text.source, text.alphabet, text.items, number),
            )
            connection.execute("DELETE FROM text_item WHERE text = ?", (number,))
            _add_items(connection, number, text)
            _keep_source(connection, text)

        return self._writer.call(work)

    def begin(self, number: int, sequence: int, fetched_until: int = 0) -> Awaitable[bool]:
        def work(connection: Connection) -> bool:
            # A text that was withdrawn has no items any more.
            sql = "UPDATE text_item SET handed = 'handing' WHERE text = ? AND sequence = ? AND handed = 'waiting'"
            connection.execute(sql, (number, sequence))
            begun = connection.changes() == 1
            if begun and fetched_until:
                text_media.put_out(connection, number, fetched_until)
            return begun

        return self._writer.call(work)

    def release(self, number: int, sequence: int) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            sql = "UPDATE text_item SET handed = 'waiting' WHERE text = ? AND sequence = ? AND handed = 'handing'"
            connection.execute(sql, (number, sequence))

        return self._writer.call(work)

    def settle(self, number: int, item: Item) -> Awaitable[None]:
        return self._writer.call(lambda connection: _settle(connection, number, item))

    def give_up(self, number: int, reason: str) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            sql = "UPDATE text_item SET handed = 'refused', reason = ? WHERE text = ? AND handed = 'waiting'"
            connection.execute(sql, (reason, number))
            _changed(connection, number)

        return self._writer.call(work)

    def lose(self) -> Awaitable[int]:
        def work(connection: Connection) -> int:
            sql = "SELECT DISTINCT text FROM text_item WHERE handed = 'handing'"
            lost = [number for (number,) in connection.execute(sql)]
            connection.execute("UPDATE text_item SET handed = 'unknown' WHERE handed = 'handing'")
            count = connection.changes()
            for number in lost:
                _changed(connection, number)
            return count

        return self._writer.call(work)

    def receipt(self, heard: Heard, now: int) -> Awaitable[int | None]:
        return self._writer.call(lambda connection: _receipt(connection, heard, now))

    def reported(self, text: Text, report: bytes) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            sql = "UPDATE text SET reported = ?, changes = iif(changes = ?, 0, changes) WHERE number = ?"
            connection.execute(sql, (report, text.changes, text.number))

        return self._writer.call(work)

    def sweep(self, before: int, receipts_before: int, now: int) -> Awaitable[int]:
        def work(connection: Connection) -> int:
            text_media.sweep(connection, before, now)
            connection.execute("DELETE FROM text_item WHERE text IN (SELECT number FROM text WHERE at < ?)", (before,))
            connection.execute("DELETE FROM text WHERE at < ?", (before,))
            swept = connection.changes()
            connection.execute("DELETE FROM text_receipt WHERE at < ?", (receipts_before,))
            return swept

        return self._writer.call(work)

    def overview(self) -> dict[str, int]:
        sql = "SELECT handed, count(*) FROM text_item WHERE handed IN ('waiting', 'handing', 'unknown') GROUP BY handed"
        found = {"waiting": 0, "handing": 0, "unknown": 0, **dict(self._reader.execute(sql).fetchall())}
        (found["receipts"],) = self._row("SELECT count(*) FROM text_receipt")
        (found["since"],) = self._row(
            "SELECT ifnull(min(at), 0) FROM text WHERE number IN (SELECT text FROM text_item WHERE handed = 'waiting')"
        )
        return found


def _text(row: tuple[Any, ...]) -> Text:
    made = Text(*row)
    return replace(made, withdrawn=bool(made.withdrawn))


def _items(connection: Connection, number: int) -> list[Item]:
    sql = f"SELECT {_ITEM} FROM text_item WHERE text = ? ORDER BY sequence"
    found = [Item(*row) for row in connection.execute(sql, (number,))]
    return [replace(item, handed=Handed(item.handed), final=bool(item.final)) for item in found]


def _add(connection: Connection, text: Text, media: Sequence[Piece]) -> Text | None:
    sql = "SELECT 1 FROM text WHERE device = ? AND submit = ?"
    if connection.execute(sql, (text.device, text.submit)).fetchone() is not None:
        return None
    reference = _next_reference(connection, text.destination) if text.items > 1 else 0
    number = _insert(connection, text, reference, withdrawn=False)
    _add_items(connection, number, text)
    text_media.add(connection, number, media)
    _keep_source(connection, text)
    return _text(connection.execute(f"SELECT {_COLUMNS} FROM text WHERE number = ?", (number,)).fetchall()[0])


def _insert(connection: Connection, text: Text, reference: int, *, withdrawn: bool) -> int:
    sql = f"""INSERT INTO text ({_COLUMNS.replace(" number,", "")})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', 0, ?) RETURNING number"""
    values = (
        text.account,
        text.device,
        text.submit,
        text.source,
        text.destination,
        text.gateway,
        text.alphabet,
        text.segments,
        text.items,
        text.at,
        text.valid_until,
        text.text,
        reference,
        int(withdrawn),
        text.mms,
    )
    return connection.execute(sql, values).fetchall()[0][0]


def _next_reference(connection: Connection, destination: str) -> int:
    sql = """INSERT INTO text_reference VALUES (?, 1)
    ON CONFLICT (destination) DO UPDATE SET reference = (reference + 1) % 256 RETURNING reference"""
    return connection.execute(sql, (destination,)).fetchall()[0][0]


def _add_items(connection: Connection, number: int, text: Text) -> None:
    sql = "INSERT INTO text_item (text, sequence, gateway) VALUES (?, ?, ?)"
    connection.executemany(sql, [(number, sequence, text.gateway) for sequence in range(1, text.items + 1)])


def _keep_source(connection: Connection, text: Text) -> None:
    if text.account:
        sql = """INSERT INTO text_source VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (account, peer) DO UPDATE SET ours = excluded.ours, at = excluded.at"""
        connection.execute(sql, (text.account, text.destination, text.source, text.at, text.at))


def _mark_withdrawn(connection: Connection, text: Text) -> str:
    sql = "SELECT number, withdrawn, reference FROM text WHERE device = ? AND submit = ?"
    found = connection.execute(sql, (text.device, text.submit)).fetchone()
    if found is None:
        _insert(connection, text, 0, withdrawn=True)
        return "never_had"
    number, withdrawn, _ = found
    if withdrawn:
        return "withdrawn"
    if connection.execute("SELECT 1 FROM text_item WHERE text = ? AND handed != 'waiting'", (number,)).fetchone():
        return "handed_over"
    connection.execute("UPDATE text SET withdrawn = 1, words = '', changes = 0 WHERE number = ?", (number,))
    connection.execute("DELETE FROM text_item WHERE text = ?", (number,))
    text_media.erase(connection, number)
    return "withdrawn"


def _settle(connection: Connection, number: int, item: Item) -> None:
    connection.execute(
        "UPDATE text_item SET handed = ?, message_id = ?, billed = ?, price = ?, currency = ?, reason = ? "
        "WHERE text = ? AND sequence = ?",
        (
            item.handed.value, item.message_id, item.billed, item.price, item.currency, item.reason,
            number, item.sequence,
        ),
    )  # fmt: skip
    if item.message_id:
        sql = "SELECT gateway FROM text_item WHERE text = ? AND sequence = ?"
        (gateway,) = connection.execute(sql, (number, item.sequence)).fetchall()[0]
        early = "FROM text_receipt WHERE gateway = ? AND message_id = ?"
        for state, final in connection.execute(
            f"SELECT state, final {early} ORDER BY final, at", (gateway, item.message_id)
        ).fetchall():
            _apply(connection, number, item.sequence, state, final)
        connection.execute(f"DELETE {early}", (gateway, item.message_id))
    _changed(connection, number)


def _apply(connection: Connection, number: int, sequence: int, state: str, final: int) -> bool:
    """A final state stays; whether anything changed."""
    sql = "UPDATE text_item SET receipt = ?, final = ? WHERE text = ? AND sequence = ? AND NOT final AND receipt != ?"
    connection.execute(sql, (state, final, number, sequence, state))
    return connection.changes() > 0


def _changed(connection: Connection, number: int) -> None:
    connection.execute("UPDATE text SET changes = changes + 1 WHERE number = ?", (number,))
    connection.execute(_ERASE, (number, number))
    text_media.erase_done(connection, number)


def _receipt(connection: Connection, heard: Heard, now: int) -> int | None:
    sql = "SELECT text, sequence FROM text_item WHERE gateway = ? AND message_id = ? ORDER BY text DESC LIMIT 1"
    found = connection.execute(sql, (heard.gateway, heard.message_id)).fetchone()
    if found is None:
        connection.execute(
            "INSERT OR IGNORE INTO text_receipt VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*heard[:3], int(heard.final), *heard[4:], now),
        )
        return None
    number, sequence = found
    if not _apply(connection, number, sequence, heard.state, int(heard.final)):
        return None
    _changed(connection, number)
    return number
