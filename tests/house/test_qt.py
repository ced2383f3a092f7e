"""The installed Qt counts the references of None right, which its 6.12.0 does not below Python 3.12."""

import sys

import pytest

CALLS = 1000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal here")
def test_void_calls_leave_none_alone() -> None:
    core = pytest.importorskip("PySide6.QtCore")
    thing = core.QObject()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        thing.setObjectName("kingfisher")
    assert abs(sys.getrefcount(None) - before) < CALLS // 10
