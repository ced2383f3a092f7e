"""`kingfisher --self-test`: whether this installation is whole, as JSON lines; no profile is touched."""

import asyncio
import importlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any, Final

from app.common import errors, resources

PATIENCE: Final = 60.0  # seconds for a program to say its help
_KEYCHAINS: Final = {
    "linux": "keyring.backends.SecretService",
    "darwin": "keyring.backends.macOS",
    "win32": "keyring.backends.Windows",
}
# What is loaded by name, so that no import statement asks for it; a test looks whether all of it is here.
NAMED: Final = ("app.net.exchange", "app.net.websocket", "enchant", "zeroconf.asyncio")
NAMED_ON_LINUX: Final = ("jeepney", "jeepney.io.asyncio")
OPTIONAL: Final = frozenset({"enchant", *NAMED_ON_LINUX})  # a package has them all the same


class Unfit(Exception):
    """A check that did not hold; the message says what was found."""


def run() -> int:
    """Every check, one line each: ``{"check": ..., "ok": ..., "detail": ...}``; 0 when all hold."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("win32", "darwin")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    good = [_told(name, check) for name, check in CHECKS.items()]
    return 0 if all(good) else 1


def _told(name: str, check: Callable[[], str]) -> bool:
    try:
        detail, good = check(), True
    except (Unfit, errors.KingfisherError, ImportError, OSError, RuntimeError, ValueError) as error:
        detail, good = f"{type(error).__name__}: {error}", False
    sys.stdout.write(json.dumps({"check": name, "ok": good, "detail": detail}) + "\n")
    sys.stdout.flush()
    return good


def _window() -> str:
    """Qt starts, and a window can be made."""
    from PySide6.QtCore import qVersion
    from PySide6.QtGui import QGuiApplication

    from app.desktop import opening

    _kept.append(opening.prepare_qt())
    from app.ui.shell import Shell
    from app.ui.theme import Theme
    from app.ui.window_state import WindowState

    shell = Shell(Theme(), WindowState())
    picture = shell.grab()
    shell.deleteLater()
    if picture.isNull():
        raise Unfit("a window paints nothing")
    return f"Qt {qVersion()}, {QGuiApplication.platformName()}"


def _pictures() -> str:
    from PySide6.QtGui import QImageReader
    from PySide6.QtSvg import QSvgRenderer

    formats = {bytes(each.data()).decode() for each in QImageReader.supportedImageFormats()}
    if not {"png", "svg"} <= formats:
        raise Unfit(f"there are only {sorted(formats)}")
    if not QSvgRenderer(str(resources.path("icons/send.svg"))).isValid():
        raise Unfit("an icon cannot be read")
    return ", ".join(sorted(formats))


def _decoder() -> str:
    """A picture is taken apart and put together in the process for that."""
    from app.media import decoder, picture

    drawn = resources.path("icons/app/kingfisher-64.png").read_bytes()
    found = asyncio.run(decoder.Decoder().fit(drawn, picture.Wanted(kinds=(picture.JPEG,))))
    return f"{found.kind}, {found.width} x {found.height}"


def _fonts() -> str:
    from PySide6.QtGui import QFontDatabase

    from app.ui.theme import load_fonts

    load_fonts()
    if "Inter" not in QFontDatabase.families():
        raise Unfit("the bundled font is not there")
    return "Inter"


def _tls() -> str:
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not context.get_ca_certs() and sys.platform != "win32":
        paths = ssl.get_default_verify_paths()
        if not (paths.cafile or (paths.capath and any(Path(paths.capath).iterdir()))):
            raise Unfit("no certificate authorities")
    return ssl.OPENSSL_VERSION


def _keychain() -> str:
    name = _KEYCHAINS.get(sys.platform, _KEYCHAINS["linux"])
    importlib.import_module(name)
    return name


def _store() -> str:
    """A store is made, written, closed and opened again, and says no to another key."""
    from app.storage import cipher, schema

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        for _ in range(2):
            connection = cipher.open_database(path, bytes(range(32)))
            schema.migrate(connection)
            connection.close()
        try:
            cipher.open_database(path, bytes(32)).close()
        except errors.GiveUp:
            return "encrypted"
    raise Unfit("another key opens it as well")


def _keys() -> str:
    """The libraries under the encryption answer."""
    from app.crypto import identity, olm, pq

    if pq.hpke_open(seed := pq.new_seed(), b"a", pq.hpke_seal(pq.public_of(seed), b"a", b"words")) != b"words":
        raise Unfit("what was sealed does not open")
    olm.new_account()
    identity.new_code()
    return "Olm, ML-KEM"


def _network() -> str:
    importlib.import_module("app.net.transport")
    importlib.import_module("qasync")
    return "aiohttp, qasync"


def _named() -> str:
    """Every module that is loaded by name; a checkout may lack what is optional, a package may not."""
    wanted = (*NAMED, *(NAMED_ON_LINUX if sys.platform == "linux" else ()))
    missing = {name for name in wanted if not _found(name)}
    if missing - (frozenset() if getattr(sys, "frozen", False) else OPTIONAL):
        raise Unfit(f"not there: {', '.join(sorted(missing))}")
    for name in wanted:
        if name not in missing and name != "enchant":  # which the check below loads
            importlib.import_module(name)
    without = f", without {', '.join(sorted(missing))}" if missing else ""
    return f"{len(wanted) - len(missing)} modules{without}"


def _found(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even the package it is in
        return False


def _spelling() -> str:
    """No system has to have the library and its dictionaries; nothing is marked without them."""
    try:
        library: Any = importlib.import_module("enchant")
    except ImportError:
        return "none: this system has no libenchant"
    return ", ".join(sorted(library.list_languages())) or "none: this system has no dictionary"


def _relay() -> str:
    from app.client.hosting import program

    words = (*program.words(), "--help")
    ended = subprocess.run(
        words, capture_output=True, text=True, env=program.environment(), timeout=PATIENCE, check=False
    )
    if ended.returncode != 0:
        raise Unfit(f"it ended with {ended.returncode}")
    return Path(words[0]).name


CHECKS: Final[dict[str, Callable[[], str]]] = {
    "window": _window,
    "pictures": _pictures,
    "decoder": _decoder,
    "fonts": _fonts,
    "tls": _tls,
    "keychain": _keychain,
    "store": _store,
    "keys": _keys,
    "network": _network,
    "named": _named,
    "spelling": _spelling,
    "relay": _relay,
}
_kept: list[object] = []  # the application lives as long as the process
