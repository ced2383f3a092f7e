"""Amounts of money: minor units of a currency as words, the words of a field as minor units, and which currencies."""

import re
from typing import Final

from PySide6.QtCore import QLocale

# ISO 4217: what is no hundredth; and the signs that are clear without their country.
_WHOLE: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THOUSANDTHS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_SIGNS: Final = {
    "EUR": "€", "GBP": "£", "ILS": "₪", "INR": "₹", "JPY": "¥", "KRW": "₩", "NGN": "₦", "PHP": "₱", "TRY": "₺",
    "UAH": "₴", "USD": "$", "VND": "₫",
}  # fmt: skip
_AMOUNT: Final = re.compile(r"(\d{1,7})(?:[.,](\d{1,3}))?")


def _locale() -> QLocale:
    """The user's; the one without a country would put the sign behind the number."""
    found = QLocale()
    plain = found.language() is QLocale.Language.C
    return QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom) if plain else found


def places(currency: str) -> int:
    """How many digits a currency has behind the point."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def words(minor: int, currency: str) -> str:
    """``£0.12``, ``CHF 1.20``, ``¥12``, and ``0.12`` where no currency was named."""
    digits = places(currency)
    sign = _SIGNS.get(currency) or (f"{currency}\u00a0" if currency else "")
    locale, value = _locale(), minor / 10**digits
    return locale.toCurrencyString(value, sign, digits).strip() if sign else locale.toString(value, "f", digits)


def typed(minor: int, currency: str) -> str:
    """The number alone, as a field holds it and ``minor`` reads it."""
    digits = places(currency)
    locale = _locale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(minor / 10**digits, "f", digits)


def minor(text: str, currency: str) -> int | None:
    """What was typed, in minor units; empty is nothing, and None is no amount of this currency."""
    found = _AMOUNT.fullmatch(text.strip() or "0")
    digits = places(currency)
    behind = (found[2] or "") if found is not None else ""
    if found is None or len(behind) > digits or not found[1].isascii() or not (behind or "0").isascii():
        return None
    return int(found[1]) * 10**digits + int(behind.ljust(digits, "0") or "0")


def currencies() -> tuple[str, ...]:
    """The codes of what is paid with somewhere, in the order of the alphabet."""
    found = {
        locale.currencySymbol(QLocale.CurrencySymbolFormat.CurrencyIsoCode)
        for locale in QLocale.matchingLocales(
            QLocale.Language.AnyLanguage, QLocale.Script.AnyScript, QLocale.Country.AnyCountry
        )
    }
    return tuple(sorted(code for code in found if len(code) == 3 and code.isascii() and code.isupper()))


def of_region(region: str) -> str:
    """The currency of a country (ISO 3166), or that of the computer; empty where neither has one."""
    there = QLocale(QLocale.Language.AnyLanguage, QLocale.codeToTerritory(region)) if region else QLocale()
    return there.currencySymbol(QLocale.CurrencySymbolFormat.CurrencyIsoCode)
