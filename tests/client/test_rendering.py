"""What is printed: times, and words that must not steer a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli
from app.client import rendering
from app.content import base


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, None),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_800_000_000_120, "2027-01-15T08:00:00.120Z"),
        (base.LATEST, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times(milliseconds: int, text: str | None) -> None:
    assert rendering.moment(milliseconds) == text


def test_hostile_words_stay_words(capfd: pytest.CaptureFixture[str]) -> None:
    words = "a\x1b[2J\x9b2J\u202eb\u2028\x7f\ud800 ü 🦜"
    cli.Terminal().line({"text": words})
    out = capfd.readouterr().out
    assert json.loads(out) == {"text": words}
    assert out.rstrip("\n").isprintable()
    assert "ü 🦜" in out


@given(st.text())
def test_any_words_come_back(words: str) -> None:
    line = cli._encode({"text": words})
    assert line.isprintable()
    assert json.loads(line) == {"text": words}
