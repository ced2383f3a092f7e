"""Which numbers may be sent a text, by what is known of numbering plans."""

from collections.abc import Collection
from typing import Final

from app.relay.texts import base
from app.relay.texts.base import Reason

_NEIGHBOURS: Final = 4  # last digits in which neighbouring numbers differ


def check(number: str, regions: Collection[str], closed: Collection[str]) -> None:
    """Raise base.Refused: text_bad_number for what is no subscriber's E.164 number, text_region_off elsewhere.

    ``regions`` (ISO 3166) are those the operator sends to, ``closed`` prefixes in E.164 that are shut all the same. A
    number that is possible but not assigned as far as anybody knows passes: plans grow faster than tables.
    """
    import phonenumbers  # here: a relay without a gateway never needs it
    from phonenumbers import PhoneNumberType, shortnumberinfo

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise base.Refused(Reason.BAD_NUMBER) from None
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number or parsed.extension:
        raise base.Refused(Reason.BAD_NUMBER)
    if not phonenumbers.is_possible_number(parsed) or shortnumberinfo.is_possible_short_number(parsed):
        raise base.Refused(Reason.BAD_NUMBER)
    dear = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN)
    if phonenumbers.number_type(parsed) in dear:
        raise base.Refused(Reason.BAD_NUMBER)
    if region_of(number) not in regions or number.startswith(tuple(closed)):
        raise base.Refused(Reason.REGION_OFF)


def region_of(number: str) -> str:
    """Where an E.164 number is (ISO 3166); the main region of its country code where nobody knows better."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    known: str | None = phonenumbers.region_code_for_number(parsed)
    return known or phonenumbers.region_code_for_country_code(parsed.country_code or 0)


def prefix_of(number: str) -> str:
    """What neighbouring numbers have in common."""
    return number[:-_NEIGHBOURS]
