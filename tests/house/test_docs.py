"""The documents lead somewhere: every link to a file of this project finds it, and so does every name of a test."""

import ast
import re
from pathlib import Path

import pytest

from app.protocol.codes import FAMILIES, Family
from tests.house.tree import ROOT

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
CODE = re.compile(r"`(\w+)`")
PROTOCOL = ROOT / "docs" / "protocol.md"
FLAWS = ROOT / "docs" / "threat-model.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_to_files(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_names_of_tests_are_those_of_tests(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) == text.count(".py::"), "a name that is none"
    assert [f"{file}::{test}" for file, test in named if test not in _tests(ROOT / "tests" / file)] == []


def test_each_flaw_has_its_test() -> None:
    lines = FLAWS.read_text(encoding="utf-8").partition("| flaw |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(lines) >= 37
    assert [line for line in lines if not NAMED.search(line)] == []


def test_the_protocol_names_every_code_of_a_relay_under_its_family() -> None:
    section = PROTOCOL.read_text(encoding="utf-8").partition("\n## 9. Codes\n")[2].partition("\n## ")[0]
    listed: dict[str, list[str]] = {}
    for part in section.partition("\n\n- ")[2].partition("\n\n")[0].split("\n- "):
        listed[part.removeprefix("**").partition("**")[0]] = sorted(CODE.findall(part))
    names = {"Again later": Family.AGAIN_LATER, "Broken": Family.BROKEN, "Give up": Family.GIVE_UP}
    assert listed == {
        name: sorted(code for code, of in FAMILIES.items() if of is family) for name, family in names.items()
    }


def _tests(file: Path) -> set[str]:
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
