"""List diffs: the few steps that turn one list into another, for screens that keep no truth of their own."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Inserted(msgspec.Struct, Generic[T], frozen=True):
    """``items`` stand from index ``at`` on; what was there moved behind them."""

    at: int
    items: tuple[T, ...]


class Replaced(msgspec.Struct, Generic[T], frozen=True):
    """The item at ``at`` is the same one in a new state."""

    at: int
    item: T


class Removed(msgspec.Struct, frozen=True):
    """``count`` items from index ``at`` on are gone."""

    at: int
    count: int


class Reset(msgspec.Struct, Generic[T], frozen=True):
    """The list is another one now; nothing of the old one remains."""

    items: tuple[T, ...]


Diff = Inserted[T] | Replaced[T] | Removed | Reset[T]


def between(old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable]) -> tuple[Diff[T], ...]:
    """The steps from ``old`` to ``new``, to be taken one after another: as few items as possible are touched.

    ``key`` tells which items are the same one; no key may come twice in a list. Two lists that share no key give a
    Reset.
    """
    old_keys, new_keys = [key(item) for item in old], [key(item) for item in new]
    kept = _kept(old_keys, new_keys)
    if not kept:
        return (Reset(tuple(new)),) if old or new else ()
    staying = {before for before, _ in kept}
    standing = {after for _, after in kept}
    gone = _runs(index for index in range(len(old)) if index not in staying)
    fresh = _runs(index for index in range(len(new)) if index not in standing)
    return (
        *(Removed(at, count) for at, count in reversed(gone)),
        *(Inserted(at, tuple(new[at : at + count])) for at, count in fresh),
        *(Replaced(after, new[after]) for before, after in kept if _differ(old[before], new[after])),
    )


def _differ(one: object, two: object) -> bool:
    return one is not two and one != two  # most are the very same, and comparing dataclasses is slow


def _kept(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest choice of (index in old, index in new) with equal keys, both growing."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    where = {key: index for index, key in enumerate(old[start : len(old) - end], start)}
    shared = [(where[key], index) for index, key in enumerate(new[start : len(new) - end], start) if key in where]
    return [
        *((index, index) for index in range(start)),
        *_longest_growing(shared),
        *((len(old) - left, len(new) - left) for left in range(end, 0, -1)),
    ]


def _longest_growing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs whose second numbers grow, the most whose first numbers grow too."""
    ends: list[int] = []  # the smallest first number with which a choice of each length can end
    last: list[int] = []  # the pair it belongs to
    before: list[int] = []  # for each pair, the one in front of it in its best choice, or -1
    for index, (first, _) in enumerate(pairs):
        length = bisect_left(ends, first)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [first]
        last[length : length + 1] = [index]
    chosen: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    return chosen[::-1]


def _runs(indexes: Iterable[int]) -> list[tuple[int, int]]:
    """Growing indexes as (first, count) of their stretches."""
    runs: list[tuple[int, int]] = []
    for index in indexes:
        if runs and index == runs[-1][0] + runs[-1][1]:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return runs
