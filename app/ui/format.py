"""Words for times, sizes, counts and errors, in the language of the program; errors become sentences nowhere else."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale

from app import sentences
from app.common import errors
from app.domain import delivery

_CONTEXT: Final = "format"
_DAY: Final = timedelta(days=1)

# What the core's sentences say about its command line is said differently in a window.
_IN_A_WINDOW: Final = {
    "keychain_locked": "The keychain is locked. Unlock it to read your messages.",
    "keychain_slow": "The keychain hasn’t answered yet. Answer what it asks, then try again.",
    "keychain_absent": "There’s no keychain on this computer that Kingfisher can trust. Start one and try again, or "
    "open your messages with your recovery code.",
    "keychain_changed": "The keychain no longer holds the key to your messages. Nothing was changed. Open them with "
    "your recovery code.",
    "keychain_refused": "The keychain refused to give the key. Allow it there and try again.",
    "no_profile": "There is no account here yet.",
    "not_on_kingfisher": "This address isn’t on Kingfisher.",
    "unreachable": "Can’t reach the relay. Check the network and try again.",
    "offline": "You’re offline. Check the network and try again.",
}

_STATUS: Final = {
    delivery.Status.QUEUED: "Waiting to be sent",
    delivery.Status.SENDING: "Sending…",
    delivery.Status.SENT: "Sent",
    delivery.Status.DELIVERED: "Delivered",
    delivery.Status.READ: "Read",
    delivery.Status.FAILED: "Not Delivered",
}

_SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪"}
# Currencies that are divided into nothing, and into thousandths; all others have hundredths.
_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"


def _say(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text)


def plural(context: str, text: str, count: int = -1) -> str:
    """In the user's language; ``%n`` is the count."""
    return QCoreApplication.translate(context, text, None, count)


def _there(ms: int, zone: tzinfo) -> datetime:
    """Never fails: a time outside of what a calendar holds is its nearest end."""
    try:
        return datetime.fromtimestamp(ms / 1000, zone)
    except (OverflowError, OSError, ValueError):
        return datetime(9999 if ms > 0 else 1970, 1, 1, tzinfo=zone)


def clock(ms: int, zone: tzinfo) -> str:
    """A time of day: ``9:41``."""
    at = _there(ms, zone)
    return f"{at.hour}:{at.minute:02}"


def day(at: date, now: date) -> str:
    """``Today``, ``Yesterday``, ``Sunday`` within a week, ``2 November``, ``2 November 2024``."""
    if at == now:
        return _say("Today")
    if at == now - _DAY:
        return _say("Yesterday")
    locale = QLocale()
    if now - 6 * _DAY <= at < now:
        return locale.standaloneDayName(at.isoweekday())
    month = locale.monthName(at.month)
    return f"{at.day} {month}" if at.year == now.year else f"{at.day} {month} {at.year}"


def day_line(ms: int, now: int, zone: tzinfo) -> tuple[str, str]:
    """The day and the time of a line between messages."""
    return day(_there(ms, zone).date(), _there(now, zone).date()), clock(ms, zone)


def time_of(ms: int, now: int, zone: tzinfo) -> str:
    """Short, for a list: ``9:41``, ``Yesterday``, ``Sun``, ``2 Nov``, ``2 Nov 2024``."""
    at, today = _there(ms, zone).date(), _there(now, zone).date()
    if at == today:
        return clock(ms, zone)
    if at == today - _DAY:
        return _say("Yesterday")
    locale = QLocale()
    if today - 6 * _DAY <= at < today:
        return locale.standaloneDayName(at.isoweekday(), QLocale.FormatType.ShortFormat)
    month = locale.monthName(at.month, QLocale.FormatType.ShortFormat)
    return f"{at.day} {month}" if at.year == today.year else f"{at.day} {month} {at.year}"


def moment(ms: int, now: int, zone: tzinfo) -> str:
    """In full, for details: ``Today 9:41``, ``2 November 2024 9:41``."""
    return " ".join(day_line(ms, now, zone))


def size(count: int) -> str:
    """Bytes as people read them: ``812 bytes``, ``4.2 KB``, ``38 MB``."""
    if count < 1000:
        return _say("{count} bytes").format(count=count)
    shown = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        shown /= 1000
        if shown < 999.5 or unit == "TB":
            return f"{shown:.1f} {unit}" if shown < 9.95 else f"{shown:.0f} {unit}"
    return ""


def places(currency: str) -> int:
    """How many digits an amount of this currency has behind the point."""
    return 0 if currency and currency in _WHOLE else 3 if currency and currency in _THOUSANDTHS else 2


def _locale() -> QLocale:
    locale = QLocale()
    # The one without a country would put the sign behind.
    return QLocale(QLocale.Language.English) if locale.language() is QLocale.Language.C else locale


def money(minor: int, currency: str) -> str:
    """Minor units of a currency (ISO 4217) as people read them: ``£0.12``, ``CHF 3.00``, ``¥12``."""
    digits, locale = places(currency), _locale()
    if not currency:  # nobody said which
        return locale.toString(minor / 10**digits, "f", digits)
    sign = _SIGNS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
    return locale.toCurrencyString(minor / 10**digits, sign, digits).strip()


def amount(minor: int, currency: str) -> str:
    """The number of ``money`` alone, as a field holds it."""
    digits, locale = places(currency), _locale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(minor / 10**digits, "f", digits)


def status(of: delivery.Status) -> str:
    """The word for how far a message is."""
    return _say(_STATUS[of])


def for_code(code: str) -> str:
    """The sentence for a code."""
    return _say(_IN_A_WINDOW.get(code) or sentences.for_code(code))


def sentence(error: BaseException) -> str:
    """What to tell the user about an error: what happened, then what to do."""
    if not isinstance(error, errors.KingfisherError):
        return _say("Something went wrong. Nothing was lost; try again.")
    special = _IN_A_WINDOW.get(error.code)
    return _say(special) if special else sentences.of(error)
