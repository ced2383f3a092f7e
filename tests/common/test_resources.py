"""Resource files are found in a checkout, and names that lead elsewhere are refused."""

import json

import pytest

from app.common import resources
from app.common.errors import Broken


def test_design_tokens_and_icons_are_there() -> None:
    assert json.loads(resources.path("tokens.json").read_text(encoding="utf-8"))
    assert resources.path("icons/send.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "icons/../../README.md", "/etc/hostname", "icons", "no-such.svg"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Broken):
        resources.path(name)
