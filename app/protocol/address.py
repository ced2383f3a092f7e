"""Addresses: phone numbers and e-mail addresses in their one normal form."""

import re
from enum import StrEnum

import idna
import msgspec

from app.common import errors
from app.protocol import limits

_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~\-]+)*")


class Kind(StrEnum):
    """What an address is."""

    PHONE = "phone"
    EMAIL = "email"


class Address(msgspec.Struct, frozen=True):
    """A normalised address: ``+`` and digits (E.164), or a lower-case e-mail address with an ASCII domain."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return self.text


def parse(text: str, region: str | None = None) -> Address:
    """Normalise what a person typed; ``region`` (ISO 3166, two letters) is for numbers without a country code.

    Raises errors.Malformed (``bad_address``).
    """
    text = text.strip()
    if not text or len(text) > limits.ADDRESS or not text.isprintable():
        raise errors.Malformed("bad_address")
    return _email(text) if "@" in text else _phone(text, region)


def regions() -> frozenset[str]:
    """The regions ``parse`` knows: two letters each (ISO 3166)."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def normal(text: str) -> Address:
    """Take only an address that is already in its normal form (what comes over the wire); else ``bad_address``."""
    address = parse(text)
    if address.text != text:
        raise errors.Malformed("bad_address")
    return address


def _email(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    local = local.lower()
    if len(local) > 64 or not _LOCAL_PART.fullmatch(local):
        raise errors.Malformed("bad_address")
    try:
        ascii_domain = idna.encode(domain.lower(), uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError as error:
        raise errors.Malformed("bad_address") from error
    if "." not in ascii_domain or len(local) + 1 + len(ascii_domain) > limits.ADDRESS:
        raise errors.Malformed("bad_address")
    return Address(Kind.EMAIL, f"{local}@{ascii_domain}")


def _phone(text: str, region: str | None) -> Address:
    import phonenumbers  # 20 ms of import that an e-mail address never needs

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise errors.Malformed("bad_address") from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise errors.Malformed("bad_address")
    return Address(Kind.PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def spaced(text: str) -> str:
    """A number of that form with the spaces people write in it; anything else as it is."""
    if not text.startswith("+"):
        return text
    import phonenumbers

    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
