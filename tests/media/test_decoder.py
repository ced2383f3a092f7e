"""The decoding process: what it may, what its death costs, and that its answer is not simply believed."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from app.common import errors
from app.media import decoder, picture, pipe
from app.media.decoder import Decoder
from app.media.picture import JPEG, Frames, Picture, Wanted
from tests.media import samples
from tests.parts.children import none_left

__all__ = ["none_left"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")


async def refused(octets: bytes, wanted: Wanted | None = None) -> str:
    with pytest.raises(errors.GiveUp) as caught:
        await Decoder().fit(octets, wanted or Wanted(300_000))
    return caught.value.code


async def test_a_picture_and_its_neighbours() -> None:
    """A bomb and a broken one cost themselves; what waits beside them is done."""
    asked = Decoder()
    answers = await asyncio.gather(
        asked.fit(samples.photograph(), Wanted(60_000)),
        asked.fit(samples.bomb(), Wanted(60_000)),
        asked.fit(b"GIF89a broken", Wanted(60_000)),
        asked.fit(samples.drawing(), Wanted(60_000)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Picture) and isinstance(answers[3], Picture)
    codes = [each.code for each in answers if isinstance(each, errors.GiveUp)]
    assert codes == [picture.TOO_LARGE, picture.UNREADABLE]


async def test_what_is_looked_at_comes_as_pixels() -> None:
    asked = Decoder()
    fitted = await asked.fit(samples.moving(), Wanted())
    moving, still, broken = await asyncio.gather(
        asked.frames(fitted.octets), asked.frames(samples.photograph()), asked.frames(b"GIF89a"), return_exceptions=True
    )
    assert isinstance(moving, Frames) and isinstance(still, Frames)
    assert (len(moving.pixels), moving.width, moving.height) == (6, fitted.width, fitted.height)
    assert len(still.pixels) == 1 and max(still.width, still.height) <= picture.SHOWN_SIDE
    assert isinstance(broken, errors.GiveUp) and broken.code == picture.UNREADABLE


SMALL = {"width": 2, "height": 1, "pauses": [100]}


@pytest.mark.parametrize(
    ("head", "parts"),
    [
        (SMALL | {"width": 3}, [bytes(8)]),  # fewer pixels than it says: what paints would read on behind them
        (SMALL, [bytes(9)]),
        (SMALL, []),
        (SMALL, [bytes(8), bytes(8)]),
        (SMALL | {"pauses": []}, []),
        (SMALL | {"pauses": [0]}, [bytes(8)]),
        (SMALL | {"width": 0}, [b""]),
        (SMALL | {"width": -2, "height": -1}, [bytes(8)]),
        (SMALL | {"width": picture.SHOWN_SIDE + 1}, [bytes(4 * picture.SHOWN_SIDE + 4)]),
    ],
)
def test_frames_that_are_none_are_not_painted(head: dict[str, Any], parts: list[bytes]) -> None:
    assert pipe.read_frames(pipe.pack(SMALL, bytes(8))).pixels == (bytes(8),)
    with pytest.raises(errors.GiveUp):
        pipe.read_frames(pipe.pack(head, *parts))


@pytest.mark.parametrize(
    "head",
    [
        b'{"width": 1e999, "height": 1, "pauses": [100], "sizes": [4]}',
        b'{"sizes": [1e999]}',
        b'{"sizes": [4, -4, 4]}',  # each of which would be a copy of the whole
        b'{"sizes": [5, -1]}',
        b"[" * 60_000,
        b"[]",
        b"\xff",
    ],
)
def test_what_is_no_answer_is_one_of_the_misfits(head: bytes) -> None:
    with pytest.raises(pipe.MISFITS):
        pipe.read_frames(len(head).to_bytes(pipe.HEAD) + head + bytes(4))


async def test_too_much_is_not_even_handed_over() -> None:
    assert await refused(b"") == picture.EMPTY
    assert await refused(bytes(picture.OCTETS + 1)) == picture.TOO_LARGE


CONFINED = """
import os, socket, subprocess, sys
from app.media import worker
worker.confine()
def tried(what, *words):
    try:
        what(*words)
    except (OSError, MemoryError) as error:
        print(what.__name__, type(error).__name__)
    else:
        print(what.__name__, "went through")
tried(open, "/etc/hostname")
tried(open, sys.argv[1], "w")
tried(socket.socket)
tried(os.pipe)
tried(subprocess.Popen, ["true"])
tried(bytearray, worker.MEMORY)
"""


@posix
def test_it_can_open_nothing(tmp_path: object) -> None:
    words = [sys.executable, "-c", CONFINED, f"{tmp_path}/new"]
    said = subprocess.run(words, capture_output=True, text=True, env=decoder.environment(), check=False).stdout
    assert said.split("\n")[:-1] == [
        "open OSError", "open OSError", "socket OSError", "pipe OSError", "Popen OSError", "bytearray MemoryError",
    ]  # fmt: skip


def test_it_is_told_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINGFISHER_SECRET", "1")
    monkeypatch.setenv("HOME", "/somewhere")
    assert not {"KINGFISHER_SECRET", "HOME", "DBUS_SESSION_BUS_ADDRESS"} & set(decoder.environment())


@posix
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("kill -SEGV $$", picture.TOO_LARGE),
        ("cat >/dev/null; exit 1", picture.TOO_LARGE),
        ("cat >/dev/null", picture.UNREADABLE),
        ("cat >/dev/null; echo nonsense", picture.UNREADABLE),
        ("exec sleep 600", picture.TOO_LARGE),
        ("cat >/dev/null; exec cat /dev/zero", picture.UNREADABLE),
        ("exec cat /dev/zero", picture.UNREADABLE),
    ],
)
async def test_its_death_costs_one_picture(monkeypatch: pytest.MonkeyPatch, script: str, code: str) -> None:
    monkeypatch.setattr(decoder, "words", lambda: ("/bin/sh", "-c", f"exec 2>/dev/null; {script}"))
    monkeypatch.setattr(decoder, "PATIENCE", 1.0 if "sleep" in script else 60.0)
    assert await refused(samples.drawing()) == code


@posix
async def test_who_no_longer_waits_ends_it(monkeypatch: pytest.MonkeyPatch, none_left: None) -> None:
    monkeypatch.setattr(decoder, "words", lambda: ("sleep", "600"))
    task = asyncio.ensure_future(Decoder().fit(samples.drawing(), Wanted()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_its_answer_is_checked() -> None:
    good = Picture(JPEG, b"\xff\xd8\xff\xe0", 10, 10, 1, b"\xff\xd8\xff\xe0")
    assert pipe.read_answer(pipe.answered(good), Wanted(100)) == good
    for bad in (
        Picture("image/svg+xml", b"<svg/>", 10, 10, 1, b"\xff\xd8\xff"),
        Picture(JPEG, b"<html>", 10, 10, 1, b"\xff\xd8\xff"),
        Picture(JPEG, b"\xff\xd8\xff", 10, 10, 1, b"<html>"),
        Picture(JPEG, b"\xff\xd8\xff" + bytes(200), 10, 10, 1, b"\xff\xd8\xff"),
        Picture(JPEG, b"\xff\xd8\xff", 10, 10**6, 1, b"\xff\xd8\xff"),
        Picture(JPEG, b"\xff\xd8\xff", 10, 10, 0, b"\xff\xd8\xff"),
    ):
        with pytest.raises(errors.GiveUp):
            pipe.read_answer(pipe.answered(bad), Wanted(100))
    with pytest.raises(errors.GiveUp) as caught:
        pipe.read_answer(pipe.pack({"code": "rm -rf"}), Wanted(100))
    assert caught.value.code == picture.UNREADABLE
