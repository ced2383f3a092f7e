"""Words for times, sizes and errors."""

import re
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QLocale

from app import sentences
from app.common import errors
from app.domain import delivery
from app.ui import format as formats
from app.ui.onboarding import words
from app.ui.settings import proving


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-11-10 09:41")


@pytest.fixture(autouse=True)
def english() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2026-11-10 09:05", "9:05"),
        ("2026-11-09 23:59", "Yesterday"),
        ("2026-11-08 08:00", "Sun"),
        ("2026-11-04 08:00", "Wed"),
        ("2026-11-03 08:00", "3 Nov"),
        ("2024-11-02 08:00", "2 Nov 2024"),
        ("2026-11-12 08:00", "12 Nov"),
    ],
)
def test_times_in_lists(when: str, words: str) -> None:
    assert formats.time_of(at(when), NOW, UTC) == words


def test_lines_between_messages() -> None:
    assert formats.day_line(NOW, NOW, UTC) == ("Today", "9:41")
    assert formats.day_line(at("2026-11-09 21:14"), NOW, UTC) == ("Yesterday", "21:14")
    assert formats.day_line(at("2026-11-06 21:14"), NOW, UTC) == ("Friday", "21:14")
    assert formats.moment(at("2025-01-06 21:14"), NOW, UTC) == "6 January 2025 21:14"


@pytest.mark.parametrize("ms", [2**63, -(2**63), 10**17])
def test_no_time_is_too_strange(ms: int) -> None:
    assert formats.time_of(ms, NOW, UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (4_200, "4.2 KB"), (38_000_000, "38 MB"), (999_900, "1.0 MB")],
)
def test_sizes(count: int, words: str) -> None:
    assert formats.size(count) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (12, "GBP", "£0.12"),
        (123_450, "EUR", "€1,234.50"),
        (12, "JPY", "¥12"),
        (1_500, "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
        (300, "CHF", "CHF\N{NO-BREAK SPACE}3.00"),
        (40, "", "0.40"),
    ],
)
def test_money(minor: int, currency: str, words: str) -> None:
    assert formats.money(minor, currency) == words


def test_money_elsewhere() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    assert formats.money(12, "CHF") == "0,12\N{NO-BREAK SPACE}CHF"


def test_every_status_and_error_has_words() -> None:
    assert formats.status(delivery.Status.FAILED) == "Not Delivered"
    assert all(formats.status(each) for each in delivery.Status)
    assert (
        formats.sentence(errors.AgainLater("keychain_locked"))
        == "The keychain is locked. Unlock it to read your messages."
    )
    assert "try again" in formats.sentence(ValueError("secret"))
    assert "secret" not in formats.sentence(ValueError("secret"))
    assert formats.sentence(errors.GiveUp("taken"))


COMMANDS = re.compile(r"--|\bcommand|with: |XDG_|\bregister\b|\bthis profile\b|\(\w+\)|[a-z]_[a-z]", re.IGNORECASE)


@pytest.mark.parametrize("code", [*sorted(sentences.SENTENCES), "quite_new", "rate_limited texts_a_minute"])
def test_no_sentence_in_the_window_speaks_of_the_command_line(code: str) -> None:
    told = [formats.for_code(code)]
    for kind in (errors.AgainLater, errors.GiveUp, errors.Untrusted, errors.Broken):
        error = kind(code.partition(" ")[0], "what_the_log_says")
        told += [formats.sentence(error), words.sentence(error), proving.sentence(error)]
    assert [each for each in told if COMMANDS.search(each) or not each] == []


def test_what_would_name_a_code_has_details_to_copy() -> None:
    for code in sentences.SENTENCES:
        named = f"({code})" in sentences.SENTENCES[code]
        assert bool(formats.details(errors.GiveUp(code))) is named
    assert formats.details(errors.GiveUp("quite_new")) == "quite_new"
    assert formats.details(errors.Broken("no_account", "row 3")) == "no_account: row 3"
    assert formats.details(errors.Broken("damaged", "a page")) == ""
    assert formats.details(ValueError("secret")) == "ValueError"


def test_a_device_that_was_removed_is_told_in_the_words_of_the_design() -> None:
    assert formats.for_code("not_a_device") == "This device was removed. Sign in to use Kingfisher here again."


def test_nobody_is_told_to_change_a_recovery_code() -> None:
    """No command and no page does that."""
    assert all("change the recovery" not in each for each in sentences.SENTENCES.values())
    assert "make a new account" in sentences.for_code("unknown_device")
    assert "make a new account" in formats.for_code("unknown_device")
