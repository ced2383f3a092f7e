"""The tree as it stands keeps the rules of the house."""

import pytest

from tests.house import habits, requirements, sizes, walls
from tests.house.tree import ROOT


def test_sizes_and_first_sentences() -> None:
    assert sizes.findings(ROOT) == []


def test_habits_and_ignores() -> None:
    assert habits.findings(ROOT) == []


def test_requirement_files() -> None:
    assert requirements.findings(ROOT) == []


@pytest.mark.parametrize("check", [walls.broken, walls.gaps])
def test_walls(check: walls.Check) -> None:
    assert check(ROOT) == []
