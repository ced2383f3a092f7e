"""Cycles with widgets in them end on Qt's thread and nowhere else."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QThread

from app.ui.garbage import LONGEST, PAUSE, Garbage


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    was_on = gc.isenabled()
    made = Garbage()
    yield made
    made.end()
    made.deleteLater()
    if not was_on:
        gc.disable()


class Looped(QObject):
    """Holds itself, so that only the collector ends it."""

    def __init__(self, ended: list[bool]) -> None:
        super().__init__()
        self.me, self.ended = self, ended

    def __del__(self) -> None:
        self.ended.append(QThread.currentThread() is self.thread())


def test_what_another_thread_allocates_collects_nothing(garbage: Garbage) -> None:
    ended: list[bool] = []
    for _ in range(50):
        Looped(ended)

    def allocate() -> None:
        for _ in range(200_000):
            [[]].append([])

    other = threading.Thread(target=allocate)
    other.start()
    other.join()
    assert ended == []
    while garbage.look() is not None and len(ended) < 50:
        pass
    gc.collect()
    assert ended == [True] * 50


def test_it_collects_by_itself(garbage: Garbage, qtbot: object) -> None:
    before = gc.get_count()[0]
    kept = [[n] for n in range(gc.get_threshold()[0] + 100)]
    assert gc.get_count()[0] > before
    assert garbage.look() is not None
    assert gc.get_count()[0] < len(kept)


def test_it_looks_seldom_while_nothing_happens_and_often_again_when_something_does(garbage: Garbage) -> None:
    while garbage.look() is not None:
        pass
    pauses = list[int]()
    for _ in range(4):
        garbage._timer.timeout.emit()
        pauses.append(garbage.pause)
    assert pauses == [2 * PAUSE, 4 * PAUSE, 8 * PAUSE, LONGEST]
    kept = [[n] for n in range(gc.get_threshold()[0] + 100)]
    garbage._timer.timeout.emit()
    assert garbage.pause == PAUSE
    assert len(kept) > gc.get_count()[0]


def test_it_gives_back_what_it_took() -> None:
    was_on = gc.isenabled()
    made = Garbage()
    assert not gc.isenabled()
    made.end()
    assert gc.isenabled()
    made.deleteLater()
    if not was_on:
        gc.disable()
