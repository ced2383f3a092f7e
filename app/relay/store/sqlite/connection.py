"""The part of apsw's connection that the engine uses, with types: apsw's own stubs need a newer Python's names."""

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol

Value = int | bytes | str | None


class Rows(Protocol):
    """What a statement answers."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Connection(Protocol):
    """One connection; as a context manager it is a savepoint."""

    def execute(self, sql: str, bindings: Sequence[Value] = ()) -> Rows: ...

    def executemany(self, sql: str, bindings: Iterable[Sequence[Value]]) -> Rows: ...

    def changes(self) -> int: ...

    def total_changes(self) -> int: ...

    def close(self) -> None: ...

    def __enter__(self) -> "Connection": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...
