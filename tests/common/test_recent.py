"""A table of bounded size."""

import pytest

from app.common.recent import Recent


def test_what_was_not_used_for_longest_goes_first() -> None:
    table: Recent[str, int] = Recent(3)
    for at, name in enumerate("abc"):
        table[name] = at
    assert table["a"] == 0
    table["d"] = 3
    assert list(table) == ["c", "a", "d"]
    table["c"] = 9
    table["e"] = 4
    assert dict(table) == {"d": 3, "c": 9, "e": 4}
    assert len(table) == 3


def test_looking_without_reading_changes_nothing() -> None:
    table: Recent[str, int] = Recent(2)
    table["a"], table["b"] = 0, 1
    assert table.peek("a") == 0
    assert table.peek("z") is None
    assert "a" in table
    table["c"] = 2
    assert list(table) == ["b", "c"]
    assert table.pop("b") == 1
    assert table.get("a") is None


def test_it_holds_something() -> None:
    with pytest.raises(ValueError, match="one entry"):
        Recent(0)
