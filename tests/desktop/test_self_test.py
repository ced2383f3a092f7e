"""`kingfisher --self-test`, as whoever packages the program runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.desktop import self_test
from tests.house.tree import ROOT


def test_this_installation_is_whole_and_no_profile_is_touched(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "app", "--self-test"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert {line["check"] for line in lines} == set(self_test.CHECKS)
    assert not (tmp_path / "data").exists()


def test_a_check_that_does_not_hold_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise self_test.Unfit("nothing is there")

    monkeypatch.setattr(self_test, "CHECKS", {"one": lambda: "fine", "two": missing})
    assert self_test.run() == 1
    one, two = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert one == {"check": "one", "ok": True, "detail": "fine"}
    assert two == {"check": "two", "ok": False, "detail": "Unfit: nothing is there"}


def test_a_module_that_is_loaded_by_name_may_be_missing_only_where_it_is_optional(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = self_test.CHECKS["named"]
    monkeypatch.setattr(self_test, "NAMED", (*self_test.NAMED, "nobody_has_this"))
    with pytest.raises(self_test.Unfit, match="not there: nobody_has_this"):
        named()
    monkeypatch.setattr(self_test, "OPTIONAL", self_test.OPTIONAL | {"nobody_has_this"})
    assert named().endswith(", without nobody_has_this")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(self_test.Unfit, match="not there: nobody_has_this"):
        named()
