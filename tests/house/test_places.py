"""No tracked file names a package index or a path of the machine it was written on."""

import re
import subprocess

import pytest

from tests.house.tree import ROOT

# Written in pieces, so that this file does not hold what it looks for.
HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "archive.ubuntu" + ".com",
]
FOLDERS = ["work", "root", "home/\\w+", "opt/wheels", "opt/pypi", "Users/\\w+"]
MACHINE = re.compile(r"(?<![\w./~$}-])/(?:" + "|".join(FOLDERS) + r")(?:/[\w.]|\b(?=[\"'\s]))")
INDEX = re.compile("|".join(re.escape(host) for host in HOSTS))


def test_no_index_and_no_machine_path() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    found: list[str] = []
    for name in filter(None, listing.stdout.split("\0")):
        file = ROOT / name
        if not file.is_file():
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if INDEX.search(line) or MACHINE.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "https://" + "pypi" + ".org/simple",
        'open("/wo' + 'rk/main/x")',
        "cd /wo" + "rk/main",
        "/ro" + "ot/.cache",
        "see /ho" + "me/alice/notes",
    ],
)
def test_the_search_finds_them(line: str) -> None:
    assert INDEX.search(line) or MACHINE.search(line)


@pytest.mark.parametrize("line", ["docs/work/flow", "a word such as work", "https://example.com/root", "~/work"])
def test_the_search_leaves_others_alone(line: str) -> None:
    assert not INDEX.search(line)
    assert not MACHINE.search(line)
