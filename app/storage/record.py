"""Turns rows into frozen structs whose fields are named like the columns, and back."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from app.storage.cipher import Row

R = TypeVar("R", bound=msgspec.Struct)


class Record(Generic[R]):
    """The columns of one struct: what to select and insert, and how a row becomes a value (flags become bool)."""

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self.names = kind.__struct_fields__
        self.columns = ", ".join(self.names)
        self.marks = marks(len(self.names))
        kinds = {name: of for each in kind.__mro__ for name, of in getattr(each, "__annotations__", {}).items()}
        self._flags = [n for n, name in enumerate(self.names) if kinds[name] is bool]
        self._values = attrgetter(*self.names)

    def of(self, row: Row | None) -> R | None:
        return None if row is None else self.value(row)

    def value(self, row: Sequence[Any]) -> R:
        if self._flags:
            row = list(row)
            for n in self._flags:
                row[n] = bool(row[n])
        return self._kind(*row)

    def all(self, rows: list[Row]) -> list[R]:
        return [self.value(row) for row in rows]

    def values(self, record: R) -> Row:
        return self._values(record)

    def prefixed(self, table: str) -> str:
        """The columns to select, each under the table's name."""
        return ", ".join(f"{table}.{name}" for name in self.names)


def marks(count: int) -> str:
    """That many placeholders, for an IN list."""
    return ", ".join("?" * count)
