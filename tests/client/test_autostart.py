"""What starts the window and the relay at log-in: written, read back as a desktop reads it, and taken away."""

import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client import autostart
from app.client.settings import Settings
from app.common import errors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the entries of other systems are checked there")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "config"


def entries(config: Path) -> list[Path]:
    return sorted((config / "autostart").glob("*"))


def understood(line: str) -> list[str]:
    """The words of an Exec line, read as the specification says: the string type first, then quoting, then codes."""
    value = line.removeprefix("Exec=").replace("\\\\", "\\")
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', value, re.DOTALL)
    assert " ".join(f'"{word}"' for word in quoted) == value
    return [re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL).replace("%%", "%") for word in quoted]


def test_an_entry_is_written_for_the_usual_profile_and_taken_away(config: Path, tmp_path: Path) -> None:
    root = tmp_path / "data" / "kingfisher"
    assert not autostart.enabled(root)
    autostart.switch(root, True)
    autostart.switch(root, True)
    assert autostart.enabled(root)
    assert [file.name for file in entries(config)] == ["kingfisher.desktop"]
    lines = entries(config)[0].read_text().splitlines()
    assert lines[0] == "[Desktop Entry]"
    assert {"Type=Application", "Name=Kingfisher"} <= set(lines)
    assert "--profile" not in "".join(lines)
    autostart.switch(root, False)
    autostart.switch(root, False)
    assert entries(config) == []
    assert not autostart.enabled(root)


def test_another_profile_has_an_entry_of_its_own(config: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "a place", tmp_path / "another"
    autostart.switch(one, True)
    assert autostart.enabled(one)
    assert not autostart.enabled(two)
    [line] = [line for line in entries(config)[0].read_text().splitlines() if line.startswith("Exec=")]
    words = understood(line)
    assert words == list(autostart.command(one))
    assert words[-2:] == ["--profile", str(one)]
    assert Path(words[0]).exists()


@given(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_any_word_comes_through_the_quoting(word: str) -> None:
    assert understood(f"Exec={autostart.line([word])}") == [word]


@pytest.mark.parametrize("word", ["/opt/a\nExec=b", "a\rb", "a\0b"])
def test_a_word_that_would_break_the_line_is_refused(word: str, config: Path) -> None:
    with pytest.raises(errors.GiveUp, match="autostart"):
        autostart.relay(["kingfisher-relay", word]).put()
    assert entries(config) == []


def test_the_relay_has_an_entry_beside_the_windows(config: Path, tmp_path: Path) -> None:
    relay, window = autostart.relay(["/opt/a b/relay", '100%"$x`\\']), autostart.window(tmp_path)
    relay.put()
    assert relay.exists() and not window.exists()
    [file] = entries(config)
    assert file.name == "kingfisher-relay.desktop"
    [line] = [line for line in file.read_text().splitlines() if line.startswith("Exec=")]
    assert line == 'Exec="/opt/a b/relay" "100%%\\\\"\\\\$x\\\\`\\\\\\\\"'
    assert understood(line) == list(relay.words)
    window.put()
    relay.remove()
    relay.remove()
    assert window.exists() and not relay.exists()


def test_what_the_desktop_switched_off_is_off(config: Path, tmp_path: Path) -> None:
    autostart.switch(tmp_path, True)
    file = entries(config)[0]
    file.write_text(file.read_text() + "Hidden=true\n")
    assert not autostart.enabled(tmp_path)


def test_a_folder_that_cannot_be_written_is_said_and_the_setting_stays(config: Path, tmp_path: Path) -> None:
    config.write_text("a file where the folder should be")
    assert os.environ["XDG_CONFIG_HOME"] == str(config)
    path = tmp_path / "settings.json"
    ours = Settings(path, lambda _: None, {"start_at_login": lambda on: autostart.switch(tmp_path, on)})
    with pytest.raises(errors.GiveUp, match="autostart"):
        ours.change("start_at_login", True)
    assert not ours.values.start_at_login
    assert not path.exists()
