"""The corpus and every past crasher once more, and the driver against parsers with planted mistakes."""

import resource
from pathlib import Path
from typing import cast

import msgspec
import pytest

from app.common import errors
from tests.fuzz import driver, mutate, targets
from tests.fuzz.base import Target

TARGETS = {target.name: target for target in targets.all_targets()}

# Damaged files say so in the log.
pytestmark = pytest.mark.expect_log()


@pytest.mark.parametrize("name", TARGETS)
def test_replay(name: str) -> None:
    target = TARGETS[name]
    kept = driver.stored(driver.CORPUS, name) + driver.stored(driver.CRASHERS, name)
    for data in (*target.seeds, *(path.read_bytes() for path in kept)):
        _, crash = driver.execute(target, data)
        assert crash is None, crash.report


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_accepted(name: str) -> None:
    """At least one seed is let through: a parser that refuses everything has nothing to fuzz."""
    accepted = 0
    for seed in TARGETS[name].seeds:
        try:
            TARGETS[name].run(seed)
        except errors.KingfisherError:
            continue
        accepted += 1
    assert accepted or name == "crypto.letter"  # a letter's last check needs a key that only its sender has


def test_every_kept_file_has_its_parser() -> None:
    kept = {path.parent.name for folder in (driver.CORPUS, driver.CRASHERS) for path in folder.glob("*/*")}
    assert kept <= {name.replace("/", "_") for name in TARGETS}


def _forgets_how_deep_it_may_go(data: bytes) -> None:
    """Walks down whatever it is given, in steps of its own: those end at the same depth in every version of Python."""
    try:
        _depth(msgspec.msgpack.decode(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        raise errors.Malformed("malformed") from error


def _depth(value: object) -> int:
    inside = cast("list[object]", value) if isinstance(value, list) else []
    return 1 + max((_depth(each) for each in inside), default=0)


def _trips_over_a_number(data: bytes) -> None:
    try:
        items = msgspec.msgpack.decode(data, type=tuple[int, bytes])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.Malformed("malformed") from error
    if items[0] >= 2**32:
        raise OverflowError("a field of four bytes")


def _trips_over_text(data: bytes) -> None:
    data.decode("ascii")


@pytest.mark.parametrize(
    ("run", "seed", "mutator", "found"),
    [
        (_forgets_how_deep_it_may_go, b"\x91\x01", mutate.msgpack, "RecursionError"),
        (_trips_over_a_number, b"\x92\x01\xc4\x01a", mutate.msgpack, "OverflowError"),
        (_trips_over_text, b"abc", mutate.text, "UnicodeDecodeError"),
    ],
)
def test_the_driver_finds_planted_mistakes(run: driver.Run, seed: bytes, mutator: mutate.Mutator, found: str) -> None:
    result = driver.fuzz(Target("planted", run, (seed,), mutator), [], 60, seed=1, most=8_000)
    assert any(place.startswith(found) for place in result.crashes), result.crashes


def test_a_crasher_is_kept_and_made_smaller(tmp_path: Path) -> None:
    def run(data: bytes) -> None:
        if b"!" in data:
            raise KeyError(data)

    target = Target("planted", run, (b"x" * 100 + b"!" + b"y" * 100,), mutate.plain)
    result = driver.fuzz(target, [], 0, seed=1)
    (crash,) = result.crashes.values()
    assert crash.data == b"!"
    assert driver.stored(tmp_path, "planted") == []
    path = driver.save(tmp_path, "planted", crash.data)
    assert driver.stored(tmp_path, "planted") == [path]
    assert path.read_bytes() == b"!"


def test_one_seed_makes_the_same_choices() -> None:
    target = TARGETS["frames.client"]
    first, second = (driver.fuzz(target, [], 60, seed=7, most=200) for _ in range(2))
    assert first.interesting == second.interesting
    assert first.interesting


def test_a_length_from_outside_is_not_believed() -> None:
    """No parser may set aside what twelve bytes promise; the peak of the whole process tells."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for target in TARGETS.values():
        for promise in (
            b"\xdd\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
            b"\x93\xdf\xff\xff\xff\xff",
            b"\x92\x01\xdd\x7f\xff\xff\xff",
        ):
            driver.execute(target, promise)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
