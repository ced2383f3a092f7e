"""What a process holds at a moment: memory, tasks, descriptors, threads, and what there is of Qt."""

import asyncio
import ctypes
import gc
import re
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import apsw
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

PROC = Path("/proc/self")
LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Counts:
    """One look. Memory in kilobytes, ``private`` what it wrote itself, ``database`` what SQLite holds.

    ``spare`` is what the allocator kept for later and was made to give back before.

    ``qt`` are the objects below the application and its windows, ``shells`` what Python has of living objects of Qt's
    classes, ``dead`` what it holds although its C++ side is gone.
    """

    resident: int
    proportional: int
    private: int
    database: int
    spare: int
    tasks: int
    descriptors: int
    threads: int
    widgets: int
    windows: int
    qt: int
    shells: int
    dead: int
    python: int


def take() -> Counts:
    """After a full collection, and without what the allocator keeps: so what is counted is held by somebody."""
    gc.collect()
    before = _memory()["Rss"]
    LIBC.malloc_trim(0)
    shells, memory = _shells(), _memory()
    return Counts(
        memory["Rss"],
        memory["Pss"],
        memory["Private_Dirty"],
        apsw.memory_used() // 1024,
        before - memory["Rss"],
        len(asyncio.all_tasks()),
        len(list((PROC / "fd").iterdir())),
        threading.active_count(),
        len(QApplication.allWidgets()),
        len(QApplication.topLevelWidgets()),
        len(_objects()),
        sum(map(shiboken6.isValid, shells)),
        len(_dead(shells)),
        len(gc.get_objects()),
    )


def kinds() -> Counter[str]:
    """How many Python objects there are of each type."""
    return Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())


def below() -> Counter[str]:
    """What `qt` counts, by type and by what it belongs to."""
    return Counter(f"{each.metaObject().className()} of {_name(each.parent())}" for each in _objects())


def _name(owner: QObject | None) -> str:
    if owner is None:
        return "nobody"
    name = owner.accessibleName() if isinstance(owner, QWidget) else ""
    return f"{type(owner).__name__} {name!r}"


def ended() -> Counter[str]:
    """What Python still holds of Qt's although it is gone there, by type."""
    return Counter(type(each).__qualname__ for each in _dead(_shells()))


def _dead(shells: list[shiboken6.Object]) -> list[shiboken6.Object]:
    """Those that something still refers to.

    The others are left by whoever looked for controls, as here and in `app.demo.driving`: the parts of a scroll area
    or a document are known to Python only since then, and the binding never lets go of them when they end.
    """
    dead = [each for each in shells if not shiboken6.isValid(each)]
    if not dead:
        return []
    ours = (id(dead), id(shells))
    holders = [each for each in gc.get_referrers(*dead) if id(each) not in ours and not isinstance(each, FrameType)]
    held = {id(each) for each in gc.get_referents(*holders)}
    return [each for each in dead if id(each) in held]


def _shells() -> list[shiboken6.Object]:
    return [each for each in gc.get_objects() if isinstance(each, shiboken6.Object)]


def _objects() -> list[QObject]:
    application = QApplication.instance()
    assert application is not None
    roots: list[QObject] = [application, *QApplication.topLevelWidgets()]
    return [each for root in roots for each in (root, *root.findChildren(QObject))]


def _memory() -> dict[str, int]:
    found = re.findall(r"^(\w+): +(\d+) kB$", (PROC / "smaps_rollup").read_text(), re.MULTILINE)
    return {name: int(size) for name, size in found}


def as_dict(counts: Counts) -> dict[str, int]:
    return asdict(counts)
