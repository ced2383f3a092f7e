"""A message taken out of the store whole, with all that hangs on it, so that it can be put back for a moment."""

from typing import Any, ClassVar, Final

from app.common.discreet import Discreet
from app.storage import messages
from app.storage.transaction import Tx, View

# A message, and every table whose rows go with it.
_TABLES: Final = (
    ("messages", "row"),
    ("recipients", "row"),
    ("steps", "row"),
    ("annotations", "target"),
    ("routes", "row"),
    ("pictures", "row"),
)
_JOBS: Final = ("jobs", "row")


class Removed(Discreet, frozen=True):
    """The rows of each table as they were; only ever in memory."""

    _hidden: ClassVar = ("_rows",)

    conversation: bytes
    row: int
    _rows: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...]

    def put_back(self, tx: Tx) -> None:
        """Under the same ids; words are found again only after the caller has indexed them."""
        for table, rows in self._rows:
            names = _columns(tx, table)
            marks = ", ".join("?" * len(names))
            tx.run_each(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        messages.find_newest(tx, self.conversation)


def copy(view: View, conversation: bytes, row: int) -> Removed:
    """What is there of that message."""
    found = tuple((table, _read(view, table, column, row)) for table, column in (*_TABLES, _JOBS))
    return Removed(conversation, row, found)


def _read(view: View, table: str, column: str, row: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(view.rows(f"SELECT {', '.join(_columns(view, table))} FROM {table} WHERE {column} = ?", (row,)))


def _columns(view: View, table: str) -> list[str]:
    return [str(name) for (name,) in view.rows("SELECT name FROM pragma_table_info(?)", (table,))]
