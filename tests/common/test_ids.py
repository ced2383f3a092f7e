"""Identifiers: their size, their order, their randomness."""

from app.common import clock, ids


def test_ids_sort_by_time() -> None:
    time = clock.ManualClock()
    made: list[bytes] = []
    for _ in range(50):
        made.append(ids.new_id(time))
        time.advance(0.001)
    assert made == sorted(made)
    assert {len(one) for one in made} == {ids.ID_SIZE}


def test_the_first_six_bytes_are_the_milliseconds() -> None:
    assert int.from_bytes(ids.new_id(clock.ManualClock(1_234_567_890_123))[:6]) == 1_234_567_890_123


def test_ids_of_one_moment_differ() -> None:
    time = clock.ManualClock()
    assert len({ids.new_id(time) for _ in range(1_000)}) == 1_000


def test_a_random_id_tells_no_time() -> None:
    made = [ids.random_id() for _ in range(200)]
    assert len({one[:6] for one in made}) == 200
    assert {len(one) for one in made} == {ids.ID_SIZE}
