"""Each rule of the house is broken once, on purpose, in a copy of the tree: its check must say so."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.house import habits, requirements, sizes, walls
from tests.house.tree import ROOT

RUFF = Path(sys.executable).with_name("ruff")


def lint(root: Path) -> list[str]:
    """What ruff says of the copy."""
    run = subprocess.run(
        [RUFF, "check", "--no-cache", "--output-format", "concise", "app"], cwd=root, capture_output=True, text=True
    )
    return [line for line in run.stdout.splitlines() if line.startswith("app/")]


@dataclass(frozen=True)
class Breach:
    """Change one file; ``check`` must then find something that holds ``red`` and did not hold before."""

    name: str
    file: str
    change: Callable[[str], str]
    check: walls.Check
    red: str


def append(code: str) -> Callable[[str], str]:
    return lambda text: f"{text}\n\n{code}\n"


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, f"the patch does not fit any more: {old!r}"
        return text.replace(old, new)

    return change


def whole(text: str) -> Callable[[str], str]:
    return lambda _: text


FLOORS = "Floors: every package imports downwards only BROKEN"
INSIDE_A_FUNCTION = "def late() -> None:\n    from app.client import settings as s\n\n    print(s)"
UNDER_TYPE_CHECKING = (
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.client import settings as later"
)
TASK = "import asyncio\n\n\nasync def go() -> None:\n    asyncio.create_task(asyncio.sleep(0))"
LOOP_TASK = "import asyncio\n\n\ndef go() -> None:\n    asyncio.get_running_loop().create_task(asyncio.sleep(0))"
BROAD = "def swallow() -> None:\n    try:\n        print()\n    except Exception:\n        print()"
KIND = "def is_picture(kind: str) -> bool:\n    return kind in ('image', 'text')"
LONG_FUNCTION = "def long() -> None:\n" + "    print()\n" * 50
MANY_METHODS = "class Many:\n" + "".join(f"    def m{n}(self) -> None: ...\n" for n in range(21))
READER = "from PySide6.QtGui import QImageReader\n\nQImageReader()"
CHAIN = "from PySide6.QtWidgets import QWidget\n\nprint(QWidget.nextInFocusChain)"
QT_PIN = 'PySide6-Addons==6.11.3 ; python_version < "3.12"'

CLIENT = "app/client/changes.py"

BREACHES = [
    Breach(
        "an import upwards inside a function", "app/domain/people.py", append(INSIDE_A_FUNCTION), walls.broken, FLOORS
    ),
    Breach(
        "an import upwards for types only", "app/content/text.py", append(UNDER_TYPE_CHECKING), walls.broken, FLOORS
    ),
    Breach(
        "a package without a floor",
        "app/extras/__init__.py",
        whole('"""Nobody gave it a floor."""\n'),
        walls.broken,
        FLOORS,
    ),
    Breach(
        "siblings that know each other",
        "app/storage/schema.py",
        append("from app.crypto import vault"),
        walls.broken,
        FLOORS,
    ),
    Breach(
        "the relay opens the client's store",
        "app/relay/mailbox.py",
        append("from app.storage import database"),
        walls.broken,
        "The relay shares only",
    ),
    Breach(
        "crypto reads messages",
        "app/crypto/envelope.py",
        append("from app.content import text"),
        walls.broken,
        "Crypto works on bytes alone",
    ),
    Breach(
        "a content type that knows another",
        "app/content/text.py",
        append("from app.content import annotations as other"),
        walls.broken,
        "Content types do not know each other",
    ),
    Breach(
        "the outbox asks the inbox",
        "app/client/outbox.py",
        append("from app.client import inbox as other"),
        walls.broken,
        "Inside the client",
    ),
    Breach("a socket in the client", CLIENT, append("import aiohttp"), walls.broken, "Sockets live"),
    Breach("SQL in the client", CLIENT, append("import apsw"), walls.broken, "SQL lives"),
    Breach(
        "Python's own SQLite in the relay's rules",
        "app/relay/mailbox.py",
        append("import sqlite3"),
        walls.broken,
        "Qt lives in the screen, and there is no second SQLite",
    ),
    Breach(
        "a picture decoded in the client", CLIENT, append("from PIL import Image"), walls.broken, "Pictures are decoded"
    ),
    Breach(
        "the decoder beside its caller",
        "app/media/decoder.py",
        append("from app.media import fitting"),
        walls.broken,
        "Pictures are decoded",
    ),
    Breach(
        "the decoder reads messages",
        "app/media/pipe.py",
        append("from app.content import text"),
        walls.broken,
        "Pictures are bytes from nowhere",
    ),
    Breach("keys in the client", CLIENT, append("import nacl.secret"), walls.broken, "Key material"),
    Breach(
        "Qt below the screen",
        CLIENT,
        append("from PySide6 import QtCore"),
        walls.broken,
        "Qt lives in the screen, and there is no second SQLite",
    ),
    Breach(
        "a library without a home",
        "app/common/ids.py",
        append("import requests"),
        walls.gaps,
        "the library requests has no home",
    ),
    Breach("a task nobody owns", CLIENT, append(TASK), lint, "TID251"),
    Breach("a task nobody owns, from the loop", CLIENT, append(LOOP_TASK), habits.findings, "create_task() outside"),
    Breach("time without the clock", CLIENT, append("import time as t\n\nprint(t.time())"), lint, "TID251"),
    Breach("an id of one's own", CLIENT, append("from uuid import uuid4\n\nprint(uuid4())"), lint, "TID251"),
    Breach("an assertion as a check", CLIENT, append("def check(n: int) -> None:\n    assert n"), lint, "S101"),
    Breach("a broad except", CLIENT, append(BROAD), habits.findings, "broad except"),
    Breach(
        "a picture read by Qt", "app/ui/conversation/viewer.py", append(READER), habits.findings, "QImageReader() can"
    ),
    Breach("a walk along the focus chain", "app/ui/tray.py", append(CHAIN), habits.findings, "nextInFocusChain gives"),
    Breach("a kind asked for by name", CLIENT, append(KIND), habits.findings, "asks for the kind 'image'"),
    Breach(
        "a module named after a pattern",
        "app/client/key_manager.py",
        whole('"""It manages keys."""\n'),
        habits.findings,
        "named after a pattern",
    ),
    Breach(
        "a silenced check without a reason",
        CLIENT,
        append("x = 1  # no" + "qa: E501"),
        habits.findings,
        "without its rule and a reason",
    ),
    Breach(
        "eleven silenced checks",
        CLIENT,
        append(("y = 1  # no" + "qa: E501 - a reason of some words\n") * 11),
        habits.findings,
        "ignores, 10 allowed",
    ),
    Breach("types off for a file", CLIENT, append("# pyright" + ": basic"), habits.findings, "for the whole file"),
    Breach(
        "a file of 401 lines",
        "app/client/long.py",
        whole('"""It is one line too long."""\n' + "\n" * 400),
        sizes.findings,
        "401 lines",
    ),
    Breach("a function of 51 lines", CLIENT, append(LONG_FUNCTION), sizes.findings, "long has 51 lines"),
    Breach("a class of 21 public methods", CLIENT, append(MANY_METHODS), sizes.findings, "Many has 21 public"),
    Breach("no first sentence", CLIENT, lambda text: "\n" + text, sizes.findings, "not a docstring sentence"),
    Breach(
        "the wrong Qt below Python 3.12",
        "requirements/desktop.in",
        swap(QT_PIN, QT_PIN.replace("==6.11.3", ">=6.11")),
        requirements.findings,
        "on Python 3.11",
    ),
    Breach(
        "a compiled pin of the wrong Qt",
        "requirements/dev.txt",
        swap("pyside6-addons==6.11.3", "pyside6-addons==6.12.0"),
        requirements.findings,
        "on Python 3.11",
    ),
    Breach(
        "the meta package",
        "requirements/desktop.in",
        append("PySide6"),
        requirements.findings,
        "the meta package PySide6",
    ),
    Breach(
        "a pin without a hash",
        "requirements/client.txt",
        append("six==1.16.0"),
        requirements.findings,
        "six is not pinned",
    ),
    Breach(
        "an index address",
        "requirements/relay.txt",
        append("--index-url https://example.com"),
        requirements.findings,
        "an option or an address",
    ),
    Breach(
        "a dependency added in one place",
        "pyproject.toml",
        swap('"aiohttp>=3.14",', '"aiohttp>=3.14", "six",'),
        requirements.findings,
        "differ in ['six']",
    ),
    Breach(
        "an undeclared library",
        CLIENT,
        append("import requests"),
        requirements.findings,
        "does not declare requests",
    ),
    Breach(
        "a dependency nobody explained",
        "docs/dependencies.md",
        swap("vodozemac", "another"),
        requirements.findings,
        "does not explain vodozemac",
    ),
    Breach(
        "a library in a home the documents do not name",
        CLIENT,
        append("import cryptography"),
        requirements.findings,
        "cryptography lives in",
    ),
]


@cache
def untouched(check: walls.Check) -> list[str]:
    """What a check finds in the tree as it stands; the same for every breach."""
    return check(ROOT)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as far as the checks look at it; each breach is mended after it was seen."""
    root = tmp_path_factory.mktemp("house") / "copy"
    shutil.copytree(ROOT / "app", root / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def _seldom(breach: Breach) -> pytest.MarkDecorator | tuple[()]:
    """Each check reads the whole tree anew: three of its breaches stand for the others."""
    same = [each.name for each in BREACHES if each.check is breach.check]
    return pytest.mark.long if breach.name in same[3:] else ()


@pytest.mark.parametrize(
    "breach", [pytest.param(each, marks=_seldom(each)) for each in BREACHES], ids=lambda breach: breach.name
)
def test_a_planted_breach_is_found(breach: Breach, copy: Path) -> None:
    before = [finding for finding in untouched(breach.check) if breach.red in finding]
    file = copy / breach.file
    sound = file.read_text(encoding="utf-8") if file.exists() else None
    made = not file.parent.exists()
    file.parent.mkdir(exist_ok=True)
    file.write_text(breach.change(sound or ""), encoding="utf-8")
    try:
        after = [finding for finding in breach.check(copy) if breach.red in finding]
    finally:
        if sound is not None:
            file.write_text(sound, encoding="utf-8")
        elif made:
            shutil.rmtree(file.parent)
        else:
            file.unlink()
    assert len(after) > len(before), f"{breach.check.__module__} did not see: {breach.name}"
