"""What a piece of work sees of the database: a View to read, and a Tx to write, with savepoints and notes."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from app.storage.cipher import Connection, Row, Values

K = TypeVar("K")
V = TypeVar("V")


class View:
    """One consistent snapshot; ``now`` is in milliseconds, the same for the whole piece of work."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection = connection
        self.now = now

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first of few. All are read: a statement that has not come to its end when another one does, because
        somebody else holds its cursor (a debugger, a count of all objects), keeps this snapshot for all later ones.
        """
        found = self.rows(sql, values)
        return found[0] if found else None

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row; None without a row."""
        found = self.row(sql, values)
        return None if found is None else found[0]


class Tx(View):
    """One piece of work inside a transaction; what it notes is published after the commit, and only then."""

    def __init__(self, connection: Connection, now: int) -> None:
        super().__init__(connection, now)
        self.notes: list[object] = []
        self._last: list[tuple[str, Values]] = []
        self._newest: dict[str, dict[object, Values]] = {}
        self._kept: dict[object, dict[Any, Any]] = {}

    def kept(self, table: object) -> dict[Any, Any]:
        """What this work has read of a table, by its key, so that many entries of one sender read it once.

        Whoever changes such a table keeps this true; what is taken back is taken back here as well.
        """
        return self._kept.setdefault(table, {})

    def run(self, sql: str, values: Values = ()) -> int:
        """Execute a change and return how many rows it touched."""
        self._connection.execute(sql, values).fetchall()
        return self._connection.changes()

    def add(self, sql: str, values: Values) -> int | None:
        """Execute an INSERT of one row and return its number; None when it was there already (ON CONFLICT DO NOTHING).

        RETURNING would say the same, at twice the cost: SQLite takes a statement that has it for one of several writes,
        and copies (and the cipher encrypts) every page it touches so as to be able to take it back.
        """
        return self._connection.last_insert_rowid() if self.run(sql, values) else None

    def run_each(self, sql: str, rows: Sequence[Values]) -> None:
        self._connection.executemany(sql, rows).fetchall()

    def run_last(self, sql: str, values: Values) -> None:
        """A change for the end of the work, after all others, in this order: what nobody asks for before.

        The search index writes out what it has at every statement that may have to be taken back by itself, which
        costs more than a message. Told at the end it does so once.
        """
        self._last.append((sql, values))

    def run_newest(self, sql: str, key: object, values: Values) -> None:
        """A change for the end of the work, of which only the newest under this key is made.

        Unlike those of ``run_last`` they may come in any order.
        """
        self._newest.setdefault(sql, {})[key] = values

    def finish(self) -> None:
        """The work is done: what was put off follows."""
        for sql, newest in self._newest.items():
            self.run_each(sql, list(newest.values()))
        self._newest.clear()
        for sql, each in groupby(self._last, key=itemgetter(0)):
            self.run_each(sql, [values for _, values in each])
        self._last.clear()

    def note(self, change: object) -> None:
        self.notes.append(change)

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """What fails inside is taken back, with its notes, and raises on; what came before stays."""
        noted, put_off = len(self.notes), len(self._last)
        read, newest = _copies(self._kept), _copies(self._newest)
        self._connection.execute("SAVEPOINT work")
        kept = False
        try:
            yield
            kept = True
        finally:
            # SQLite itself may have rolled back everything (disk full); then there is no savepoint to go back to.
            if self._connection.in_transaction:
                if not kept:
                    self._connection.execute("ROLLBACK TO work")
                self._connection.execute("RELEASE work")
            if not kept:
                del self.notes[noted:], self._last[put_off:]
                self._kept, self._newest = read, newest


def _copies(tables: dict[K, dict[Any, V]]) -> dict[K, dict[Any, V]]:
    return {name: values.copy() for name, values in tables.items()}
