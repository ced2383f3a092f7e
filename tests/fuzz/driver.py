"""The loop: mutate what is known to be interesting, keep what behaves in a new way, save what crashes.

An input is interesting when it reaches a line of app/ that no earlier one reached, or is refused with new words (the
decoder names the place of the first misfit, which says how deep an input got).
"""

import hashlib
import random
import re
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import msgspec

import app
from app.common import errors
from tests.fuzz.base import Run, Target

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
CRASHERS = HERE / "crashers"

POOL = 2_000  # inputs kept for one target
KEPT = 2_048  # bytes of an input that goes into the corpus
SHRINKING = 400  # tries to make a crasher smaller

_APP = str(Path(app.__file__).parent)
_NUMBER = re.compile(r"\d+")

Features = set[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Crash:
    """An input that a parser could not cope with; ``place`` groups those with the same cause."""

    data: bytes
    place: str
    report: str


@dataclass(slots=True)
class Result:
    """What came of fuzzing one target for a while."""

    target: str
    executions: int = 0
    seconds: float = 0.0
    features: int = 0
    interesting: list[bytes] = field(default_factory=list[bytes])
    crashes: dict[str, Crash] = field(default_factory=dict[str, Crash])

    @property
    def rate(self) -> float:
        return self.executions / self.seconds if self.seconds else 0.0


def stored(folder: Path, target: str) -> list[Path]:
    """The files kept for a target, in a fixed order."""
    return sorted(path for path in (folder / target.replace("/", "_")).glob("*") if path.is_file())


def save(folder: Path, target: str, data: bytes) -> Path:
    """Keep an input under the name of its hash."""
    path = folder / target.replace("/", "_") / hashlib.sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def execute(target: Target, data: bytes) -> tuple[Features, Crash | None]:
    """Run one input; refusals are features, everything else that is raised is a crash."""
    features: Features = set()
    started = time.process_time()
    try:
        _traced(target.run, data, features)
    except errors.KingfisherError as refusal:
        cause = refusal.__cause__
        words = _words(cause) if isinstance(cause, msgspec.MsgspecError) else type(cause).__name__
        features.add((type(refusal).__name__, refusal.code, words))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a Rust library is no Exception
        return features, Crash(data, _place(error), "".join(traceback.format_exception(error, limit=-6))[-4_000:])
    if time.process_time() - started > target.slow:
        return features, Crash(data, f"slower than {target.slow} s", f"{target.name} took more than {target.slow} s\n")
    return features, None


def _traced(run: Run, data: bytes, features: Features) -> None:
    def local(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            features.add((frame.f_code, frame.f_lineno))
        return local

    def entered(frame: FrameType, event: str, argument: object) -> Any:
        return local if frame.f_code.co_filename.startswith(_APP) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        led = run(data)
    finally:
        sys.settrace(before)
    if isinstance(led, str):
        features.add(("led to", _words(led)))


def _words(cause: object) -> str:
    """An error's words without numbers: a place inside a list counts once, whatever its index."""
    return _NUMBER.sub("n", str(cause))[:120]


def _place(error: BaseException) -> str:
    """Exception and innermost line of app/ (or of the property that failed)."""
    lines = traceback.extract_tb(error.__traceback__)
    inside = [line for line in lines if line.filename.startswith(_APP)] or lines[-1:]
    name = Path(inside[-1].filename).name if inside else "?"
    words = str(error)[:60] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {words} at {name}:{inside[-1].lineno if inside else 0}"


def fuzz(target: Target, extra: Sequence[bytes], seconds: float, seed: int, most: int = 10**12) -> Result:
    """Fuzz one target for a time, for ``most`` executions at the most; the same seed makes the same choices."""
    dice = random.Random(f"{seed}/{target.name}")
    result = Result(target.name)
    seen: Features = set()
    pool = [*target.seeds, *extra] or [b""]
    started = time.perf_counter()

    def consider(data: bytes, *, new: bool) -> None:
        features, crash = execute(target, data)
        result.executions += 1
        if crash is not None:
            if crash.place not in result.crashes:
                result.crashes[crash.place] = shrink(target, crash)
            return
        if not features <= seen:
            seen.update(features)
            if new:
                result.interesting.append(data)
                if len(pool) < POOL:
                    pool.append(data)

    for data in (*target.seeds, *extra):
        consider(data, new=False)
    while time.perf_counter() - started < seconds and result.executions < most:
        # the newest inputs got furthest: half of the tries start from them
        parent = dice.choice(pool[-20:] if dice.random() < 0.5 else pool)
        consider(target.mutator(dice, parent, pool), new=True)
    result.seconds = time.perf_counter() - started
    result.features = len(seen)
    return result


def essential(target: Target, known: Sequence[bytes], found: Sequence[bytes]) -> list[bytes]:
    """Of what was found, the small inputs that reach a line which neither what is known nor a smaller one reaches."""
    reached: Features = set()
    kept: list[bytes] = []
    for data in (*target.seeds, *known, *sorted(found, key=len)):
        lines = {feature for feature in execute(target, data)[0] if isinstance(feature[0], CodeType)}
        if data in found and len(data) <= KEPT and not lines <= reached:
            kept.append(data)
        reached |= lines
    return kept


def shrink(target: Target, crash: Crash) -> Crash:
    """The same crash with fewer bytes: pieces are left out for as long as it stays the same."""
    best, tries, size = crash, 0, max(1, len(crash.data) // 2)
    while tries < SHRINKING and size >= 1:
        at = 0
        while at < len(best.data) and tries < SHRINKING:
            tries += 1
            _, found = execute(target, best.data[:at] + best.data[at + size :])
            if found is not None and found.place == crash.place:
                best = found
            else:
                at += size
        size //= 2
    return best
