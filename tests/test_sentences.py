"""Every code that can be raised has its sentence, and every sentence reads like one."""

import ast
import re
from pathlib import Path

import pytest

from app import sentences
from app.common import errors
from app.domain.bearer import Why
from app.domain.delivery import Reason
from app.protocol import codes

ROOT = Path(__file__).resolve().parents[1] / "app"
TREE = {"AgainLater", "GiveUp", "Malformed", "Untrusted", "Broken"}
KEYCHAIN = {f"keychain_{state}" for state in ("locked", "absent", "changed", "refused", "slow")}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _raised(path: Path) -> set[tuple[str, str]]:
    """(class of error, code) of each error made in a module, and of codes handed to whoever makes it."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        first = node.args[0] if node.args else None
        if _name(node.func) in TREE and isinstance(first, ast.Constant):
            found.add((_name(node.func), str(first.value)))
        for keyword in node.keywords:
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                found.add(("Untrusted", str(keyword.value.value)))
    return found


def _all() -> set[tuple[str, str]]:
    files = [path for path in ROOT.rglob("*.py") if "relay" not in path.relative_to(ROOT).parts]
    return {found for path in files for found in _raised(path)}


def test_codes_are_found_where_they_are_raised() -> None:
    found = _all()
    assert {("GiveUp", "taken"), ("AgainLater", "profile_in_use"), ("Untrusted", "wrong_key")} - found == {
        ("GiveUp", "taken")  # only the relay raises that
    }
    assert len(found) > 100


def test_every_code_raised_in_the_program_has_a_sentence() -> None:
    missing = {code for family, code in _all() if family != "Broken" and code not in sentences.SENTENCES}
    assert missing == set()


def test_every_word_of_the_relay_and_every_reason_has_a_sentence() -> None:
    words = {str(code) for code in codes.Code} | {str(reason) for reason in Reason} | KEYCHAIN | {"unknown_refusal"}
    words |= {Why.DIRECTORY_SILENT.value, Why.UNCONFIRMED.value}  # for which a message waits
    assert words - set(sentences.SENTENCES) == set()


@pytest.mark.parametrize("code", sorted(sentences.SENTENCES))
def test_it_reads_like_a_sentence(code: str) -> None:
    sentence = sentences.SENTENCES[code]
    assert re.fullmatch(r"[A-Z][^\n]+[^.]\.", sentence)
    assert ". " not in sentence
    assert "  " not in sentence


def test_a_mistake_of_ours_never_blames_the_user() -> None:
    assert "Kingfisher made a mistake (no_account)" in sentences.of(errors.Broken("no_account"))
    assert sentences.of(errors.Broken("damaged", "a page")) == sentences.SENTENCES["damaged"]
    assert sentences.of(errors.GiveUp("quite_new")) == "It did not work (quite_new)."


def test_limits_are_named_with_the_wait() -> None:
    error = codes.error("rate_limited", "lookups_a_day", 90_000)
    assert sentences.of(error) == (
        "The relay allows only so many requests; try again later (the limit is: lookups a day), "
        "in 90 seconds at the earliest."
    )
