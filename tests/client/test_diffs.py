"""List diffs lead from one list to the other and touch no more than they must."""

from hypothesis import given
from hypothesis import strategies as st

from app.client import diffs
from app.client.diffs import Inserted, Removed, Replaced, Reset
from tests.client.room import follow

LISTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), unique_by=lambda item: item[0], max_size=10)
Item = tuple[int, int]


def steps(old: list[Item], new: list[Item]) -> tuple[diffs.Diff[Item], ...]:
    return diffs.between(old, new, key=lambda item: item[0])


@given(LISTS, LISTS)
def test_the_steps_lead_from_the_old_list_to_the_new(old: list[Item], new: list[Item]) -> None:
    shown = list(old)
    follow(shown, steps(old, new))
    assert shown == new


@given(LISTS, LISTS)
def test_no_more_is_touched_than_must_be(old: list[Item], new: list[Item]) -> None:
    kept = common([key for key, _ in old], [key for key, _ in new])
    found = steps(old, new)
    if kept == 0:
        assert found == ((Reset(tuple(new)),) if old or new else ())
        return
    assert sum(step.count for step in found if isinstance(step, Removed)) == len(old) - kept
    assert sum(len(step.items) for step in found if isinstance(step, Inserted)) == len(new) - kept
    assert sum(isinstance(step, Replaced) for step in found) <= kept
    assert not any(isinstance(step, Reset) for step in found)


def common(one: list[int], two: list[int]) -> int:
    """The length of the longest sequence in both, by the textbook."""
    table = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i, first in enumerate(one):
        for j, second in enumerate(two):
            table[i + 1][j + 1] = table[i][j] + 1 if first == second else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_neighbours_go_and_come_in_one_step() -> None:
    old: list[Item] = [(n, 0) for n in range(6)]
    new: list[Item] = [(0, 0), (7, 0), (8, 0), (4, 0), (5, 1)]
    assert steps(old, new) == (Removed(1, 3), Inserted(1, ((7, 0), (8, 0))), Replaced(4, (5, 1)))


def test_one_that_moved_is_taken_out_and_put_in_again() -> None:
    old: list[Item] = [(n, 0) for n in range(4)]
    assert steps(old, [(1, 0), (2, 0), (3, 0), (0, 0)]) == (Removed(0, 1), Inserted(3, ((0, 0),)))


def test_equal_lists_give_nothing() -> None:
    assert steps([], []) == ()
    assert steps([(1, 0)], [(1, 0)]) == ()
