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
    "no_keychain_slot": "The key to your messages isn’t in the keychain. Open them with your passphrase or your "
    "recovery code.",
    "no_passphrase_slot": "These messages have no passphrase. Open them with the keychain or your recovery code.",
    "no_recovery_slot": "These messages can’t be opened with a recovery code.",
    "no_slots": "Nothing is left that opens these messages. Restore their folder from a backup.",
    "wrong_key": "That isn’t the passphrase or the recovery code of these messages. Nothing was changed; try again.",
    "slot": "The file that opens your messages is damaged. Restore the folder from a backup.",
    "missing": "The file with your messages is gone from this computer. Restore it from a backup.",
    "damaged": "A file that holds your messages is damaged. Restore the folder from a backup.",
    "no_profile": "There is no account here yet.",
    "not_registered": "Your account isn’t finished yet. Quit Kingfisher and start it again to finish it.",
    "already_registered": "There is an account here already.",
    "unsafe_folder": "The folder in which Kingfisher’s programs meet is open to others. Give it one of your own.",
    "profile_in_use": "Another program has your messages open. Close it and try again.",
    "replaced": "Another connection of this device has taken over. Close the other program that uses your messages.",
    "copied": "This is a copy of an account, and the original is in use. Use the original.",
    "copied_elsewhere": "A copy of your messages tried to connect and was refused. If that wasn’t you, change the "
    "passphrase of this computer.",
    "not_a_device": "This device was removed. Sign in to use Kingfisher here again.",
    "unknown_device": "Your account has a device that wasn’t there before. If it isn’t yours, tell your people another "
    "way and make a new account.",
    "answer_lost": "The program that had your messages open ended. Look whether it was done before you try again.",
    "taken": "Somebody has this number or e-mail already. Use another.",
    "no_code": "No code is on its way. Ask for a new one.",
    "code_expired": "That code has expired. Ask for a new one.",
    "code_spent": "That code was wrong too often. Ask for a new one.",
    "closed": "This relay takes new people by invite only. Ask whoever runs it for a link.",
    "no_relay": "No relay is known for this account. Use an invite.",
    "unknown_person": "Nobody is known here under this address. Check it and try again.",
    "no_such_setting": "There is no such setting in this version.",
    "not_on_kingfisher": "This address isn’t on Kingfisher.",
    "unreachable": "Can’t reach the relay. Check the network and try again.",
    "offline": "You’re offline. Check the network and try again.",
}
# No codes: they are in the details that can be copied.
_DISTRUSTED: Final = "What came from the relay can’t be trusted, so it wasn’t used. Tell whoever runs it."
_MISTAKE: Final = "Kingfisher made a mistake. Nothing is lost; try again."
_UNKNOWN: Final = "It didn’t work. Try again."

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
    """The sentence for a code; it names none."""
    known = code.partition(" ")[0]
    special = _IN_A_WINDOW.get(known) or _without_code(known)
    return _say(special) if special else sentences.for_code(code)


def _without_code(code: str) -> str:
    """In place of the sentences of the command line that name a code; empty for all others."""
    if code in sentences.DISTRUSTED:
        return _DISTRUSTED
    if code in sentences.MISTAKES:
        return _MISTAKE
    return "" if code in sentences.SENTENCES else _UNKNOWN


def sentence(error: BaseException) -> str:
    """What to tell the user about an error: what happened, then what to do."""
    if not isinstance(error, errors.KingfisherError):
        return _say("Something went wrong. Nothing was lost; try again.")
    if isinstance(error, errors.Broken) and error.code not in sentences.DAMAGE:
        return _say(_MISTAKE)
    special = _IN_A_WINDOW.get(error.code) or _without_code(error.code)
    return _say(special) if special else sentences.of(error)


def details(error: BaseException) -> str:
    """What whoever is asked for help wants to know of an error without a cause in words; empty where there is one."""
    if not isinstance(error, errors.KingfisherError):
        return type(error).__name__
    ours = isinstance(error, errors.Broken) and error.code not in sentences.DAMAGE
    return str(error) if ours or _without_code(error.code) else ""
