"""The requirement files: pinned by hash, free of addresses, in step with pyproject.toml, and with the right Qt."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.tree import libraries, modules

SETS = ("build", "relay", "client", "desktop", "dev")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
QT = ("pyside6-essentials", "pyside6-addons", "shiboken6")
OLD_QT = Version("6.11.3")  # the last that counts None's references right below Python 3.12
# Where a library's import name is not that of its distribution.
DISTRIBUTIONS = {
    "apsw": "apsw-sqlite3mc",
    "nacl": "pynacl",
    "PySide6": "pyside6-essentials",
    "shiboken6": "pyside6-essentials",
    "enchant": "pyenchant",
    "PIL": "pillow",
}


def findings(root: Path) -> list[str]:
    """One line for each fault in requirements/ and the dependencies of pyproject.toml."""
    found: list[str] = []
    for name in SETS:
        wanted = _wanted(root / "requirements" / f"{name}.in")
        pinned, faults = _pinned(root / "requirements" / f"{name}.txt")
        found += faults
        found += [f"{name}.txt lacks {lost}; run packaging/lock.sh" for lost in sorted(_names(wanted) - _names(pinned))]
        found += _qt(f"{name}.in", wanted) + _qt(f"{name}.txt", pinned)
    return found + _project(root)


def _project(root: Path) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = [Requirement(line) for line in project["dependencies"]]
    extras = {name: [Requirement(line) for line in lines] for name, lines in project["optional-dependencies"].items()}
    found = _qt("pyproject.toml", core + extras["desktop"] + extras["relay"])
    declared = _names(core + extras["desktop"] + extras["relay"])
    imported = {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in libraries(root)}
    found += [f"pyproject.toml does not declare {name}, which app/ imports" for name in sorted(imported - declared)]
    explained = (root / "docs/dependencies.md").read_text(encoding="utf-8").casefold()
    found += [f"docs/dependencies.md does not explain {name}" for name in sorted(declared) if name not in explained]
    found += _homes(root)
    client = _names(_wanted(root / "requirements/client.in"))
    if _names(core) != client:
        found.append(f"pyproject.toml and client.in differ in {sorted(_names(core) ^ client)}")
    desktop = _names(_wanted(root / "requirements/desktop.in"))
    if _names(core + extras["desktop"]) != desktop:
        found.append(f"pyproject.toml and desktop.in differ in {sorted(_names(core + extras['desktop']) ^ desktop)}")
    relay = _names(_wanted(root / "requirements/relay.in"))
    if not _names(extras["relay"]) <= relay <= _names(core + extras["relay"]):
        found.append("relay.in is not the extra `relay` and a part of the core dependencies")
    return found


def _homes(root: Path) -> list[str]:
    """Where docs/dependencies.md says that a library lives, and where it is imported."""
    told: dict[str, set[str]] = {}
    for line in (root / "docs/dependencies.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and "`app" in cells[2]:
            homes = set(re.findall(r"`(app[\w/]*)`", cells[2]))
            told |= {str(canonicalize_name(name.strip())): homes for name in cells[0].split(",")}
    places: dict[str, set[str]] = {}
    outside = set(libraries(root))
    for module in modules(root):
        for name in module.imports & outside:
            place = module.name.removesuffix(".py").removesuffix("/__init__")
            places.setdefault(canonicalize_name(DISTRIBUTIONS.get(name, name)), set()).add(place)
    found: list[str] = []
    for library, at in sorted(places.items()):
        homes = told.get(library, set())
        strange = sorted(place for place in at if not any(f"{place}/".startswith(f"{home}/") for home in homes))
        empty = sorted(home for home in homes if not any(f"{place}/".startswith(f"{home}/") for place in at))
        found += [f"docs/dependencies.md: {library} lives in {place} as well" for place in strange]
        found += [f"docs/dependencies.md: {library} does not live in {home}" for home in empty]
    return found


def _names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def _wanted(file: Path) -> list[Requirement]:
    """The lines of an .in file, with those of the files it includes."""
    found: list[Requirement] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("-r "):
            found += _wanted(file.parent / text.removeprefix("-r ").strip())
        elif text:
            found.append(Requirement(text))
    return found


def _pinned(file: Path) -> tuple[list[Requirement], list[str]]:
    """The pins of a compiled file, and what is wrong with its lines."""
    text = re.sub(r"\\\n", " ", file.read_text(encoding="utf-8"))
    pins: list[Requirement] = []
    faults: list[str] = []
    for line in text.splitlines():
        entry, *hashes = re.split(r"\s+--hash=", line.split(" #")[0].strip())
        if not entry or entry.startswith("#"):
            continue
        if entry.startswith("-") or "://" in entry:
            faults.append(f"{file.name}: an option or an address: {entry}")
            continue
        requirement = Requirement(entry)
        pins.append(requirement)
        exact = [one.operator for one in requirement.specifier] == ["=="]
        if not exact or not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes):
            faults.append(f"{file.name}: {requirement.name} is not pinned to a version and its hashes")
    return pins, faults


def _qt(place: str, requirements: list[Requirement]) -> list[str]:
    """The meta package never; below Python 3.12 exactly 6.11.3; above, nothing older than 6.12."""
    found: list[str] = []
    if "pyside6" in _names(requirements):
        found.append(f"{place}: the meta package PySide6")
    for requirement in requirements:
        if canonicalize_name(requirement.name) not in QT:
            continue
        for python in PYTHONS:
            if requirement.marker and not requirement.marker.evaluate(_environment(python)):
                continue
            allows_old = requirement.specifier.contains(OLD_QT)
            allows_new = any(requirement.specifier.contains(version) for version in ("6.12.0", "6.12.1", "6.13.0"))
            old_python = Version(python) < Version("3.12")
            if (old_python and (allows_new or not allows_old)) or (not old_python and (allows_old or not allows_new)):
                found.append(f"{place}: {requirement} on Python {python}")
    return found


def _environment(python: str) -> dict[str, str]:
    return {"python_version": python, "python_full_version": f"{python}.0"}
