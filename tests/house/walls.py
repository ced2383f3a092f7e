"""The import contracts: do they hold, and do their lists name everything that stands?"""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.house.tree import children, libraries, packages

Check = Callable[[Path], list[str]]

LINT = Path(sys.executable).with_name("lint-imports")

# What the relay may never see: everything but itself, what it shares with the client, and what stands above it.
RELAY_MAY_SEE = {"relay", "protocol", "common"}
ABOVE_THE_RELAY = {"__main__", "demo", "desktop", "cli"}


def findings(root: Path) -> list[str]:
    """Broken contracts of the tree at ``root``, as import-linter names them, and gaps in the contracts' lists."""
    return broken(root) + gaps(root)


def broken(root: Path) -> list[str]:
    """Lines of import-linter that name a broken contract, or all it said when it could not run."""
    run = subprocess.run([LINT, "--no-logo", "--no-cache"], cwd=root, capture_output=True, text=True)
    if run.returncode == 0:
        return []
    return [line for line in run.stdout.splitlines() if line.endswith("BROKEN")] or [run.stdout + run.stderr]


def contracts(root: Path) -> list[dict[str, Any]]:
    """The contracts as they are written in pyproject.toml."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["importlinter"]["contracts"]


def gaps(root: Path) -> list[str]:
    """Modules that stand but are still in parentheses, packages no relay contract names, libraries without a home."""
    found: list[str] = []
    protected: set[str] = set()
    for contract in contracts(root):
        match contract["type"]:
            case "layers":
                found += _parentheses(root, contract)
            case "forbidden" if contract["source_modules"] == ["app.relay"]:
                named = {name.removeprefix("app.") for name in contract["forbidden_modules"]}
                missing = packages(root) - RELAY_MAY_SEE - ABOVE_THE_RELAY - named
                found += [f"{contract['name']}: does not name app.{name}" for name in sorted(missing)]
            case "protected":
                protected.update(contract["protected_modules"])
            case _:
                pass
    homeless = libraries(root) - protected
    return found + [f"the library {name} has no home among the contracts" for name in sorted(homeless)]


def _parentheses(root: Path, contract: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for container in contract["containers"]:
        standing = children(root / Path(*container.split(".")))
        for layer in contract["layers"]:
            for name in layer.split("|"):
                if name.strip().startswith("(") and name.strip(" ()") in standing:
                    found.append(
                        f"{contract['name']}: {container}.{name.strip(' ()')} stands; take the parentheses off"
                    )
    return found
