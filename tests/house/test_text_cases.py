"""docs/texts-cases.md names tests that exist, and the planted breaches still fit the program."""

import ast
import re

import pytest

from tests.house.test_text_breaches import BREACHES, Breach
from tests.house.tree import ROOT

DOCUMENT = ROOT / "docs" / "texts-cases.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
LINES = DOCUMENT.read_text(encoding="utf-8").splitlines()
CASES = re.compile(r"^\| (?!case |---)", re.MULTILINE)


def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_there_are_as_many_cases_as_there_were() -> None:
    assert len(CASES.findall(DOCUMENT.read_text(encoding="utf-8"))) >= 58


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("| ") and "::" in line])
def test_each_case_has_its_test(line: str) -> None:
    named = NAMED.findall(line)
    assert len(named) == line.count("::"), "a name that is none"
    assert [f"{file}::{test}" for file, test in named if test not in names_in(file)] == []


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.name)
def test_each_planted_breach_fits(breach: Breach) -> None:
    """The breaches themselves are planted by the long tests: one that fits no more would be noticed late."""
    assert breach.old in (ROOT / breach.file).read_text(encoding="utf-8")
