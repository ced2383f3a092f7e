"""What the recipes of the packages say agrees with the program; building them is proved by `make package`."""

import configparser
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtGui import QImageReader

from tests.house.tree import ROOT

LINUX = ROOT / "packaging" / "linux"
PROGRAMS = {"kingfisher", "kingfisher-cli", "kingfisher-relay"}


def test_the_desktop_file_starts_the_program_and_takes_its_links() -> None:
    entry = configparser.RawConfigParser()
    entry.read(LINUX / "kingfisher.desktop")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"] == "kingfisher %u"
    assert desktop["MimeType"] == "x-scheme-handler/kingfisher;"
    assert desktop["Icon"] == "kingfisher"


def test_the_metadata_names_every_program() -> None:
    told = ET.parse(LINUX / "kingfisher.metainfo.xml").getroot()
    assert {each.text for each in told.iter("binary")} == PROGRAMS
    assert told.findtext("launchable") == "kingfisher.desktop"


def test_every_program_has_its_entry() -> None:
    entries = ROOT / "packaging" / "programs"
    assert {file.stem for file in entries.glob("*.py")} == PROGRAMS
    for program in PROGRAMS - {"kingfisher"}:
        said = subprocess.run(
            [sys.executable, entries / f"{program}.py", "--help"],
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout.startswith(f"usage: {program}")


def test_the_icons_of_other_systems_hold_every_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    import icons

    data = icons.ico()
    assert struct.unpack("<HHH", data[:6]) == (0, 1, len(icons.ICO))
    for name, made, count in (("a.ico", data, len(icons.ICO)), ("a.icns", icons.icns(), len(icons.ICNS))):
        (tmp_path / name).write_bytes(made)
        reader = QImageReader(str(tmp_path / name))
        assert reader.imageCount() == count
        assert not reader.read().isNull()


@pytest.mark.parametrize("script", sorted((ROOT / "packaging").rglob("*.sh")), ids=lambda file: file.name)
def test_the_scripts_are_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)
