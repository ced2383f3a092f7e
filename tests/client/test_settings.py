"""Settings: checked values, one whole file, and a damaged file that costs nothing but the choices in it."""

import dataclasses
import json
import re
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client import changes, settings
from app.client.settings import Settings, Values
from app.common import errors


@pytest.fixture
def path(profile: Path) -> Path:
    return profile / "settings.json"


@pytest.fixture
def told() -> list[changes.Change]:
    return []


@pytest.fixture
def ours(path: Path, told: list[changes.Change]) -> Settings:
    return Settings(path, told.extend)


def test_every_field_says_how_it_is_shown_and_has_a_default_that_fits() -> None:
    for name, field in settings.FIELDS.items():
        shown = settings.shown(name)
        assert (shown.page, shown.group, shown.label) == (
            field.metadata["page"],
            shown.group.strip(),
            shown.label.strip(),
        )
        assert shown.label
        assert settings.check(name, field.default) == field.default
        assert bool(shown.choices) == (shown.control in ("choice", "slider", "follow"))
        assert all(settings.check(name, value) == value for value, _ in shown.choices)


def test_the_page_of_each_control_is_built_of_what_it_can_be() -> None:
    kinds = {"switch": bool, "choice": str, "slider": int, "follow": str, "region": str}
    for name, field in settings.FIELDS.items():
        assert type(field.default) is kinds[settings.shown(name).control], name


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? \|", text, re.MULTILINE))
    assert list(rows) == list(settings.FIELDS)
    spoken = {True: "on", False: "off", "": "none"}
    for name, field in settings.FIELDS.items():
        assert rows[name] == str(spoken.get(field.default, field.default))


def test_labels_are_names_no_two_settings_share() -> None:
    labels = [settings.shown(name).label for name in settings.FIELDS]
    assert len(set(labels)) == len(labels)


def test_without_a_file_the_defaults_hold_and_none_is_made(ours: Settings, path: Path) -> None:
    assert ours.values == Values()
    assert not path.exists()


def test_a_change_is_written_told_and_found_again(ours: Settings, path: Path, told: list[changes.Change]) -> None:
    ours.change("theme", "dark")
    assert told == [changes.SettingsChanged(frozenset({"theme"}))]
    assert Settings(path, told.extend).values == dataclasses.replace(Values(), theme="dark")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_the_same_value_again_is_no_change(ours: Settings, path: Path, told: list[changes.Change]) -> None:
    ours.change("theme", "system")
    assert told == []
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("send_typing", "off", False),
        ("send_typing", "NO", False),
        ("send_read_receipts", False, False),
        ("start_hidden", "True", True),
        ("text_size", "150", 150),
        ("text_size", 80, 80),
        ("region", "DE", "DE"),
        ("increase_contrast", "on", "on"),
    ],
)
def test_words_from_a_command_line_are_understood(ours: Settings, name: str, typed: object, value: object) -> None:
    ours.change(name, typed)
    assert getattr(ours.values, name) == value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such", "x", "no_such_setting"),
        ("__class__", "x", "no_such_setting"),
        ("theme", "pink", "bad_value"),
        ("theme", None, "bad_value"),
        ("theme", ["dark"], "bad_value"),
        ("text_size", 101, "bad_value"),
        ("text_size", "1e2", "bad_value"),
        ("text_size", "٨٠", "bad_value"),
        ("text_size", True, "bad_value"),
        ("send_typing", 1, "bad_value"),
        ("send_typing", "perhaps", "bad_value"),
        ("region", "x" * 101, "bad_value"),
        ("region", "XX", "bad_value"),
        ("region", "de", "bad_value"),
        ("increase_contrast", "yes", "bad_value"),
        ("reduce_motion", True, "bad_value"),
        ("notification_text", "all", "bad_value"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_happens(
    ours: Settings, path: Path, told: list[changes.Change], name: str, value: object, code: str
) -> None:
    with pytest.raises(errors.GiveUp, match=code):
        ours.change(name, value)
    assert (ours.values, told, path.exists()) == (Values(), [], False)


@pytest.mark.expect_log("the settings file is damaged")
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"theme": "dark"' + b" " * 70_000 + b"}"],
    ids=["empty", "cut", "list", "null", "no text", "deep", "huge"],
)
def test_a_damaged_file_gives_the_defaults_and_is_said(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert Settings(path, lambda _: None).values == Values()


def test_what_another_version_wrote_is_left_out_and_the_rest_kept(path: Path) -> None:
    path.write_text(json.dumps({"theme": "dark", "text_size": 7, "of_tomorrow": [1, {"a": 2}], "region": "DE"}))
    assert Settings(path, lambda _: None).values == dataclasses.replace(Values(), theme="dark", region="DE")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(settings.FIELDS)), JSON)
def test_any_value_is_understood_or_refused(name: str, value: object) -> None:
    try:
        fitting = settings.check(name, value)
    except errors.GiveUp:
        return
    field = settings.FIELDS[name]
    assert type(fitting) is type(field.default)
    assert settings.check(name, fitting) == fitting
    assert not field.metadata["choices"] or fitting in field.metadata["choices"]
