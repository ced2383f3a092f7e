"""The soak's counting sees what is held, and not what was only looked at."""

import asyncio
import os

import pytest
import shiboken6
from PySide6.QtWidgets import QScrollArea, QWidget

from tests.soak import counts

# Counts of a whole process: in one that has run hundreds of other tests, what these left ends at any moment.
pytestmark = pytest.mark.long


async def test_what_is_held_although_it_is_gone_is_counted() -> None:
    before, there = counts.take().dead, counts.ended()["QWidget"]
    kept = [QWidget()]
    assert counts.take().dead == before
    shiboken6.delete(kept[0])
    assert counts.ended()["QWidget"] == there + 1
    assert counts.take().dead == before + 1
    kept.clear()
    assert counts.take().dead == before


async def test_what_was_only_looked_at_is_not() -> None:
    before = counts.take().dead
    area = QScrollArea()
    area.setWidget(QWidget())
    assert len(area.findChildren(QWidget)) > 3  # its bars and their places, which only Qt had known
    there = counts.take().shells
    shiboken6.delete(area)
    del area
    after = counts.take()
    assert after.dead == before
    assert after.shells < there - 3


async def test_tasks_descriptors_and_windows_are_counted() -> None:
    before = counts.take()
    task = asyncio.create_task(asyncio.Event().wait())
    ends = os.pipe()
    window = QWidget()
    there = counts.take()
    assert there.tasks == before.tasks + 1
    assert there.descriptors == before.descriptors + 2
    assert (there.windows, there.widgets) == (before.windows + 1, before.widgets + 1)
    assert there.qt == before.qt + 1
    task.cancel()
    for end in ends:
        os.close(end)
    shiboken6.delete(window)
