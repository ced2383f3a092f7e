"""The guard against processes that outlive their test: it finds them, also without their parent, and ends them."""

import subprocess
import sys

import pytest

from tests.parts import children
from tests.parts.children import none_left

__all__ = ["none_left"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_a_child_and_an_orphan_are_found_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE", 0.0)
    before = set(children.alive())
    child = subprocess.Popen(["sleep", "600"])
    with subprocess.Popen(["sh", "-c", "sleep 601 >&- & echo $!"], stdout=subprocess.PIPE) as shell:
        orphan = int(shell.communicate()[0])
    assert set(children.alive()) - before == {child.pid, orphan}
    assert sorted(children.end(before)) == ["sleep 600", "sleep 601"]
    assert child.wait() == -9
    assert set(children.alive()) == before


def test_what_ends_by_itself_is_let_end() -> None:
    before = set(children.alive())
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.close()
    assert children.end(before) == []
    assert child.wait() == 0
