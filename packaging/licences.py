"""Copy the licence texts of everything that a bundle contains into one folder: licences.py FOLDER."""

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
TEXTS = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


def names() -> list[str]:
    """Every distribution that the window, the command line or the relay is installed with."""
    found = {name for part in ("desktop", "relay") for name in PINNED.findall(_requirements(part))}
    return sorted(found, key=str.lower)


def _requirements(part: str) -> str:
    return (ROOT / "requirements" / f"{part}.txt").read_text()


def copy(name: str, folder: Path) -> int:
    """The texts of one distribution; how many. One that is not installed here is for another system."""
    try:
        known = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return 0
    texts = [file for file in known.files or () if TEXTS.search(file.name) and not file.name.endswith((".py", ".pyc"))]
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    said = known.metadata["License-Expression"] or known.metadata["License"] or "see the texts beside this"
    (target / "SUMMARY").write_text(f"{name} {known.version}\nLicence: {said.strip()}\n")
    for file in texts:
        path = Path(str(known.locate_file(file)))
        if path.is_file():
            shutil.copy(path, target / path.name)
    return len(texts)


def main() -> int:
    folder = Path(sys.argv[1])
    count = sum(copy(name, folder) for name in names())
    print(f"licences: {count} texts of {len(names())} libraries")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
