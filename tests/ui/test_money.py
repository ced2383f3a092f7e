"""Amounts of money as they are typed: what is one, and that a field gives back what it was given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from app.ui import format as formats
from app.ui import money


@pytest.fixture(autouse=True)
def english() -> object:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize("text", ["1.234", "-1", "£1", "1,2,3", "12345678", "٣", "1.٣", "one", "1."])
def test_what_is_no_amount(text: str) -> None:
    assert money.minor(text, "GBP") is None


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("0.4", "GBP", 40), ("0,40", "EUR", 40), (" 12 ", "JPY", 12), ("", "GBP", 0), ("1.5", "KWD", 1500)],
)
def test_what_is_typed(text: str, currency: str, minor: int) -> None:
    assert money.minor(text, currency) == minor
    assert money.minor("1.5", "JPY") is None


@given(st.integers(0, 1_000_000), st.sampled_from(["GBP", "JPY", "KWD", ""]), st.sampled_from(["en_GB", "de_DE", "C"]))
def test_a_field_gives_back_what_it_was_given(minor: int, currency: str, language: str) -> None:
    QLocale.setDefault(QLocale(language))
    assert money.minor(formats.amount(minor, currency), currency) == minor


def test_currencies_are_codes_and_a_country_has_one() -> None:
    assert {"GBP", "EUR", "USD", "CHF"} <= set(money.currencies())
    assert (money.of_region("GB"), money.of_region("JP")) == ("GBP", "JPY")
    assert money.of_region("") == "GBP"
