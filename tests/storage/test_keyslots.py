"""The keyslots file: round trip, swapped in whole, bounded, and never empty."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import errors
from app.storage import keyslots
from app.storage.keyslots import Keyslots

PROFILE = bytes(range(16))


def test_what_is_written_is_read_again(profile: Path) -> None:
    assert keyslots.read(profile) is None
    slots = Keyslots(PROFILE).with_slot("keychain", b"wrapped").with_slot("recovery", b"\0\xff" * 100)
    keyslots.write(profile, slots)
    assert keyslots.read(profile) == slots
    keyslots.write(profile, slots.without("keychain").with_slot("passphrase", b"p"))
    found = keyslots.read(profile)
    assert found is not None
    assert sorted(found.slots) == ["passphrase", "recovery"]
    assert [file.name for file in profile.iterdir()] == ["keyslots"]
    assert stat.S_IMODE((profile / "keyslots").stat().st_mode) == 0o600
    assert "wrapped" not in repr(slots)


def test_a_profile_always_keeps_a_way_in(profile: Path) -> None:
    slots = Keyslots(PROFILE).with_slot("recovery", b"wrapped")
    keyslots.write(profile, slots)
    with pytest.raises(errors.Broken, match="no_slots"):
        keyslots.write(profile, slots.without("recovery"))
    with pytest.raises(errors.Broken, match="damaged"):
        keyslots.write(profile, slots.with_slot("keychain", b"x" * (keyslots.MAX_SLOT + 1)))
    assert keyslots.read(profile) == slots


def test_a_write_cut_short_leaves_the_old_file(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = Keyslots(PROFILE).with_slot("recovery", b"wrapped")
    keyslots.write(profile, slots)

    def fails(handle: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fails)
        with pytest.raises(OSError, match="no space"):
            keyslots.write(profile, slots.with_slot("passphrase", b"new"))
    assert keyslots.read(profile) == slots
    keyslots.write(profile, slots.with_slot("passphrase", b"new"))  # what was left over does not stand in the way
    assert [file.name for file in profile.iterdir()] == ["keyslots"]


GOOD = {"version": 1, "profile": "AAAAAAAAAAAAAAAAAAAAAA==", "slots": {"recovery": "AAAA"}}


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": "1"},
        {"slots": []},
        {"slots": {}},
        {"slots": {"recovery": ""}},
        {"slots": {"recovery": "not base64!"}},
        {"slots": {"recovery": 5}},
        {"slots": {"recovery": "A" * 8192}},
        {"slots": {str(n): "AAAA" for n in range(9)}},
        {"profile": None},
        {"profile": "AAAA"},
    ],
)
def test_damage_is_named(profile: Path, change: dict[str, object]) -> None:
    (profile / "keyslots").write_text(json.dumps(GOOD))
    assert keyslots.read(profile) is not None
    (profile / "keyslots").write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(errors.Broken, match="damaged"):
        keyslots.read(profile)


def test_a_newer_file_is_not_touched(profile: Path) -> None:
    (profile / "keyslots").write_text(json.dumps({**GOOD, "version": 2}))
    with pytest.raises(errors.GiveUp, match="newer_version"):
        keyslots.read(profile)


def test_a_huge_file_is_refused(profile: Path) -> None:
    (profile / "keyslots").write_bytes(b" " * (keyslots.MAX_FILE + 1))
    with pytest.raises(errors.Broken, match="too long"):
        keyslots.read(profile)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), part, max_size=4),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "keyslots").write_bytes(data)
    with pytest.raises(errors.KingfisherError):
        keyslots.read(folder)
