"""Turns rows into frozen dataclasses whose fields are named like the columns, and back."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from app.storage.cipher import Row


class Fields(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Fields)


class Record(Generic[R]):
    """The columns of one dataclass: what to select and insert, and how a row becomes a value (flags become bool)."""

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self.names = tuple(field.name for field in fields(kind))
        self.columns = ", ".join(self.names)
        self.marks = marks(len(self.names))
        self._flags = [n for n, field in enumerate(fields(kind)) if field.type is bool]
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
