"""Amounts of money as people type them, and the currencies they may be in."""

import re
from typing import Final

from PySide6.QtCore import QLocale

from app.ui import format as formats

_AMOUNT: Final = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,3}))?")


def minor(text: str, currency: str) -> int | None:
    """What was typed, in minor units; empty is nothing, and None is no amount of this currency."""
    found = _AMOUNT.fullmatch(text.strip() or "0")
    digits = formats.places(currency)
    if found is None or len(behind := found[2] or "") > digits:
        return None
    return int(found[1] + behind.ljust(digits, "0"))


def currencies() -> tuple[str, ...]:
    """The codes of what is paid with somewhere, in the order of the alphabet."""
    everywhere = QLocale.matchingLocales(
        QLocale.Language.AnyLanguage, QLocale.Script.AnyScript, QLocale.Country.AnyCountry
    )
    found = {_code(locale) for locale in everywhere}
    return tuple(sorted(code for code in found if len(code) == 3 and code.isascii() and code.isupper()))


def of_region(region: str) -> str:
    """The currency of a country (ISO 3166), or that of the computer; empty where neither has one."""
    return _code(QLocale(QLocale.Language.AnyLanguage, QLocale.codeToTerritory(region)) if region else QLocale())


def _code(locale: QLocale) -> str:
    return locale.currencySymbol(QLocale.CurrencySymbolFormat.CurrencyIsoCode)
