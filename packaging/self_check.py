"""Is an installed Kingfisher whole? Imports every module, finds the resources and asks each program for its help."""

import importlib
import pkgutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

NEEDS_QT = ("app.ui", "app.desktop", "app.demo")
PROGRAMS = ("kingfisher", "kingfisher-cli", "kingfisher-relay")


def modules() -> list[str]:
    """Import every module that needs no Qt, as the wheel brought it."""
    package = importlib.import_module("app")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "app.") if not wants_qt(module.name)]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    return names


def wants_qt(name: str) -> bool:
    return any(name == part or name.startswith(part + ".") for part in NEEDS_QT)


def main() -> int:
    names = modules()
    resources = importlib.import_module("app.common.resources")
    if resources.root().name != "_resources" or not resources.path("tokens.json").is_file():
        print("self-check: the resources are not those of the wheel", resources.root())
        return 1
    installed = {point.name for point in metadata.distribution("kingfisher").entry_points}
    for program in PROGRAMS:
        if program not in installed:
            print("self-check: no entry point", program)
            return 1
        subprocess.run([Path(sys.prefix) / "bin" / program, "--help"], check=True, stdout=subprocess.DEVNULL)
    print(f"self-check: {len(names)} modules, resources and {len(PROGRAMS)} programs are whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
