"""The profile folder: one process at a time, a log that names nobody, files that are old or new but never half."""

import logging
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import errors, journal, profile
from app.common.profile import Profile

posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes are those of POSIX")
ROOT = Path(__file__).resolve().parents[2]

# Takes the lock, says so, and holds it until it may read a line.
HOLDER = """
import pathlib, sys
from app.common import errors
from app.common.profile import Profile
try:
    with Profile(pathlib.Path(sys.argv[1])).lock():
        print("held", flush=True)
        sys.stdin.readline()
except errors.AgainLater as error:
    print(error.code, flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "home")


def holder(home: Profile) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# the lock


def test_one_process_has_the_profile_until_it_ends(home: Profile) -> None:
    with holder(home) as process:
        assert said(process) == "held"
        with pytest.raises(errors.AgainLater, match="profile_in_use"), home.lock():
            pass
        process.kill()  # however it ends
    with home.lock():
        pass


def test_another_process_is_told_while_we_have_it(home: Profile) -> None:
    with home.lock(), holder(home) as process:
        assert said(process) == "profile_in_use"
    with holder(home) as process:
        assert said(process) == "held"
        process.communicate("\n")


def test_two_profiles_do_not_mind_each_other(tmp_path: Path) -> None:
    with Profile(tmp_path / "alice").lock(), Profile(tmp_path / "bob").lock():
        pass


@posix
def test_the_folder_is_its_owners_alone(home: Profile) -> None:
    home.prepare()
    for folder in (home.root, home.log.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    home.prepare()  # twice is no error


# the control socket


def test_the_socket_lies_in_the_profile_when_its_name_fits() -> None:
    near = Profile(Path("/srv/alice/kingfisher"))
    assert near.socket == near.root / "control.sock"


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kf") as folder:
        yield Path(folder)


@posix
def test_a_long_path_gets_a_short_socket_of_its_own(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "run"))
    one, two = (Profile(tmp_path / ("x" * 100) / name) for name in ("alice", "bob"))
    assert one.socket.parent == two.socket.parent == short / "run" / f"kingfisher-{os.getuid()}"
    assert one.socket != two.socket
    assert Profile(one.root).socket == one.socket
    assert len(one.socket.name) <= 32


@posix
@pytest.mark.parametrize("runtime", [None, "", "r" * 90])
def test_no_long_folder_makes_its_name_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str | None
) -> None:
    """Neither the profile's nor the temporary one's nor the runtime's; and it can really be listened at."""
    long = tmp_path / ("t" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if runtime is not None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / runtime) if runtime else "")
    home = Profile(tmp_path / ("x" * 100) / "alice")
    home.prepare()
    assert len(os.fsencode(home.socket)) < 104
    assert Profile(home.root).socket == home.socket
    folder = home.socket.parent.lstat()
    assert (stat.S_IMODE(folder.st_mode), folder.st_uid) == (0o700, os.getuid())
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home.socket))
    home.socket.unlink()


@posix
@pytest.mark.parametrize("make", ["open", "link"])
def test_a_socket_is_not_put_where_others_could_have_theirs(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    home = Profile(tmp_path / ("x" * 100) / "alice")
    folder = home.socket.parent
    if make == "open":
        folder.mkdir()
        folder.chmod(0o777)
    else:
        (tmp_path / "other").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "other")
    with pytest.raises(errors.GiveUp, match="unsafe_folder"):
        home.prepare()


# whole files


@posix
def test_a_file_is_replaced_whole_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "slot"
    path.write_bytes(b"old")
    path.chmod(0o644)
    profile.write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slot"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        profile.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# the log


@pytest.fixture
def quiet_root() -> Iterator[logging.Logger]:
    """The root logger as it was before."""
    root = logging.getLogger()
    level = root.level
    yield root
    root.setLevel(level)


@pytest.mark.expect_log("wrote to", "lost")
def test_the_log_names_nobody_not_even_in_a_traceback(home: Profile, quiet_root: logging.Logger) -> None:
    home.prepare()
    handler = journal.log_to(home)
    key = "ab" * 32
    try:
        log = logging.getLogger("tests.profile")
        log.warning("%s wrote to %s", "alice@example.com", "+12025550100")
        try:
            raise LookupError(f"no person bob@example.com under {key}")
        except LookupError:
            log.exception("lost")
    finally:
        quiet_root.removeHandler(handler)
        handler.close()
    written = home.log.read_text("utf-8")
    assert "<email> wrote to <phone>" in written
    assert "no person <email> under <id>" in written
    assert not any(word in written for word in ("alice", "bob@", "2025550100", key))


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("took 1234567 ms for 24 rows", "took 1234567 ms for 24 rows"),
        ("a.b+c@mail.example.com, d@example.com", "<email>, <email>"),
        ("tel +12025550100.", "tel <phone>."),
        ("device 0123456789abcdef01234567", "device <id>"),
        ("short 0123456789abcdef", "short 0123456789abcdef"),
        ("alice@münchen.example", "<email>"),
    ],
)
def test_what_is_taken_out_of_a_line(line: str, clean: str) -> None:
    assert journal.redact(line) == clean


@given(st.text(max_size=60), st.sampled_from(["carol@example.com", "+12025550123", "0f" * 32]), st.text(max_size=60))
def test_no_address_or_key_survives_wherever_it_stands(before: str, secret: str, after: str) -> None:
    assert secret not in journal.redact(f"{before} {secret} {after}")


@posix
def test_the_default_folder_follows_the_systems_habit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert profile.default_root() == tmp_path / "kingfisher"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert profile.default_root() == tmp_path / ".local" / "share" / "kingfisher"
