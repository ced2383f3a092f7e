"""Values for any bounded msgspec type: arbitrary ones, and those at and one beyond every limit it declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect


@dataclass(frozen=True, slots=True)
class Edge:
    """A value exactly at a limit (``good``) or just beyond it; ``where`` names the field and the limit."""

    where: str
    value: Any
    good: bool


def smallest(kind: inspect.Type) -> Any:
    """The least value of a type."""
    match kind:
        case inspect.IntType():
            return kind.ge or 0
        case inspect.BytesType():
            return bytes(kind.min_length or 0)
        case inspect.StrType():
            return "x" * (kind.min_length or 0)
        case inspect.BoolType():
            return False
        case inspect.VarTupleType():
            return (smallest(kind.item_type),) * (kind.min_length or 0)
        case inspect.StructType():
            return kind.cls(*(smallest(field.type) for field in kind.fields))
        case inspect.UnionType():
            return smallest(_inner(kind))
        case inspect.EnumType():
            return next(iter(kind.cls))
        case inspect.DictType():
            return {}
        case _:
            raise TypeError(kind)


def edges(kind: inspect.Type, where: str = "") -> Iterator[Edge]:
    """Every limit of a type and of what it holds, and one value of another type for each field."""
    match kind:
        case inspect.IntType():
            yield from _numbers(kind, where)
            yield Edge(f"{where} type", "1", good=False)
        case inspect.BytesType():
            yield from _lengths(kind, where, lambda size: bytes(size))
            yield Edge(f"{where} type", 1, good=False)
        case inspect.StrType():
            yield from _lengths(kind, where, lambda size: "x" * size)
            yield Edge(f"{where} type", 1, good=False)
        case inspect.VarTupleType():
            one = smallest(kind.item_type)
            yield from _lengths(kind, where, lambda size: (one,) * size)
            for edge in edges(kind.item_type, f"{where}[]"):
                yield Edge(edge.where, (edge.value,), edge.good)
            yield Edge(f"{where} type", 1, good=False)
        case inspect.StructType():
            yield from _fields(kind, where)
        case inspect.UnionType():
            yield from edges(_inner(kind), where)
        case _:
            yield Edge(f"{where} type", 1.5, good=False)


def _fields(kind: inspect.StructType, where: str) -> Iterator[Edge]:
    values = [smallest(field.type) for field in kind.fields]
    for at, field in enumerate(kind.fields):
        for edge in edges(field.type, f"{where}.{field.name}"):
            changed = kind.cls(*values[:at], edge.value, *values[at + 1 :])
            yield Edge(edge.where, changed, edge.good)


def _numbers(kind: inspect.IntType, where: str) -> Iterator[Edge]:
    if kind.ge is not None:
        yield Edge(f"{where} least", kind.ge, good=True)
        yield Edge(f"{where} below", kind.ge - 1, good=False)
    if kind.le is not None:
        yield Edge(f"{where} most", kind.le, good=True)
        yield Edge(f"{where} above", kind.le + 1, good=False)


def _lengths(kind: Any, where: str, make: Any) -> Iterator[Edge]:
    if kind.max_length is not None:
        yield Edge(f"{where} longest", make(kind.max_length), good=True)
        yield Edge(f"{where} longer", make(kind.max_length + 1), good=False)
    if kind.min_length:
        yield Edge(f"{where} shortest", make(kind.min_length), good=True)
        yield Edge(f"{where} shorter", make(kind.min_length - 1), good=False)


def _inner(kind: inspect.UnionType) -> inspect.Type:
    return next(one for one in kind.types if not isinstance(one, inspect.NoneType))


def edges_of(struct: type[msgspec.Struct]) -> list[Edge]:
    """All of a struct."""
    return list(edges(inspect.type_info(struct), struct.__name__))


def values_of(struct: Any) -> st.SearchStrategy[Any]:
    """Arbitrary valid values of a struct, with short lists."""
    return _values(inspect.type_info(struct))


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.IntType():
            return st.integers(-(2**63) if kind.ge is None else kind.ge, 2**63 if kind.le is None else kind.le)
        case inspect.BytesType():
            return st.binary(min_size=kind.min_length or 0, max_size=min(kind.max_length or 100, 2000))
        case inspect.StrType():
            text = st.characters(exclude_categories=("Cs",))
            return st.text(text, min_size=kind.min_length or 0, max_size=min(kind.max_length or 100, 100))
        case inspect.BoolType():
            return st.booleans()
        case inspect.VarTupleType():
            most = min(kind.max_length or 3, 3)
            return st.lists(_values(kind.item_type), min_size=kind.min_length or 0, max_size=most).map(tuple)
        case inspect.StructType():
            cls = kind.cls
            return st.tuples(*(_values(field.type) for field in kind.fields)).map(lambda values: cls(*values))
        case inspect.UnionType():
            return st.one_of(st.none(), _values(_inner(kind)))
        case inspect.EnumType():
            return st.sampled_from(list(kind.cls))
        case inspect.DictType():
            return st.dictionaries(_values(kind.key_type), _values(kind.value_type), max_size=3)
        case _:
            raise TypeError(kind)
