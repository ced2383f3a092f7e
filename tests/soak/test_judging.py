"""What the soak calls growth is found, and nothing else is."""

import pytest

from tests.soak import judging

ROUNDS = 40
CALM = dict.fromkeys((*judging.STEADY, *judging.ROWS), 20) | dict.fromkeys(judging.MEMORY, 100_000)


def curve(name: str, *later: int) -> list[dict[str, int]]:
    """Calm rounds, of which the last have other figures for ``name``."""
    return [CALM] * (ROUNDS - len(later)) + [CALM | {name: each} for each in later]


@pytest.mark.parametrize("name", [*judging.STEADY, *judging.ROWS])
def test_one_more_that_stays_is_growth(name: str) -> None:
    (found,) = judging.grown(curve(name, 21, 22, 21), 1)
    assert found == f"{name}: 20, then 21"


@pytest.mark.parametrize("name", [*judging.STEADY, *judging.ROWS])
def test_what_comes_back_is_none(name: str) -> None:
    assert judging.grown(curve(name, 30, 30, 20), 1) == []


def test_rows_may_stray_by_one_in_a_hundred() -> None:
    (name,) = judging.ROWS
    level = [CALM | {name: 3_200}] * ROUNDS
    assert judging.grown([*level, *[CALM | {name: 3_230}] * 3], 1) == []
    assert judging.grown([*level, *[CALM | {name: 3_240}] * 3], 1)


@pytest.mark.parametrize("name", judging.MEMORY)
@pytest.mark.parametrize("size", [89_000, 111_000])
def test_memory_stays_in_its_band(name: str, size: int) -> None:
    (found,) = judging.grown(curve(name, size, 100_000, 100_000), 1)
    assert found.startswith(f"{name}: 100000 kB")
    assert judging.grown(curve(name, 91_000, 109_000), 1) == []


def test_a_short_soak_says_nothing_of_what_is_still_filling() -> None:
    for name in (*judging.ROWS, *judging.MEMORY):
        assert judging.grown(curve(name, 200_000, 200_000, 200_000), judging.WHOLE / 2) == []
    assert judging.grown(curve("tasks", 21, 21, 21), judging.WHOLE / 2)
