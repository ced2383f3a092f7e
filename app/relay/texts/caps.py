"""How many texts may leave, and for how much money: the settings of ``[texts]``, and where they are applied."""

import re
from dataclasses import dataclass, field, fields
from typing import Any, Final, cast

from app.common import errors
from app.protocol import limits
from app.relay.limits import MOST, refuse
from app.relay.store.texts import Counts

_SOON: Final = limits.MINUTE  # a guess when a limit of a minute has room again
_LATER: Final = limits.HOUR
_CURRENCY: Final = re.compile("(?:[A-Z]{3})?")


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings; counts are segments unless they say otherwise. Money is in millionths of ``texts_currency``.

    An MMS counts as one segment, and against limits of its own besides.

    ``regions`` (ISO 3166) are those that may be texted, none: those of the gateways' own numbers; ``closed_prefixes``
    (E.164) are shut within them. ``text_price`` is taken for a segment whose price the gateway does not say in that
    currency (ISO 4217), ``mms_price`` for an MMS; where none is set, each currency is limited by itself.
    """

    texts_a_minute: int = 30
    texts_a_day: int = 300
    new_numbers_a_day: int = 30
    to_one_number: int = 30  # texts to one number a day, whoever sends them
    to_one_number_pause: int = 2_000  # milliseconds between two of them
    texts_to_prefix_a_day: int = 100  # texts to numbers that differ in their last four digits only
    texts_money_a_day: int = 50_000_000  # all accounts
    texts_currency: str = ""
    text_price: int = 10_000
    mms_a_day: int = 50
    mms_waiting: int = 16 * limits.MIB  # octets of one account's MMS that are kept until their gateway has them
    mms_price: int = 40_000
    regions: tuple[str, ...] = ()
    closed_prefixes: tuple[str, ...] = ()
    stop_answer: str = field(default="You will get no more messages from this number. Reply START to get them again.")
    start_answer: str = field(default="You will get messages from this number again. Reply STOP to end them.")
    help_answer: str = field(default="People write to you from this number through Kingfisher. Reply STOP to end it.")

    @classmethod
    def read(cls, table: dict[str, Any]) -> "Rules":
        """From a table of the configuration file; GiveUp ``bad_config`` for a name or a value that is none."""
        usual = {field.name: getattr(cls(), field.name) for field in fields(cls)}
        found: dict[str, Any] = {}
        for name, value in table.items():
            match usual.get(name), value:
                case int(), int() if type(value) is int and 0 <= value < MOST:
                    found[name] = value
                case str(), str() if len(value) <= limits.TEXT:
                    found[name] = value
                case tuple(), list() if all(isinstance(item, str) for item in cast(list[Any], value)):
                    found[name] = tuple(cast(list[str], value))
                case _:
                    raise errors.GiveUp("bad_config", f"texts.{name}")
        if not _CURRENCY.fullmatch(found.get("texts_currency", "")):
            raise errors.GiveUp("bad_config", "texts.texts_currency")
        return cls(**found)


def check(rules: Rules, counts: Counts, segments: int, *, new: bool, now: int, mms_octets: int = 0) -> None:
    """Raise AgainLater ``rate_limited`` with the name of the first limit that one more text would pass.

    ``counts`` are of before; ``new``: the account never wrote to this number. ``mms_octets`` 0: it is no MMS.
    """
    if counts.minute + segments > rules.texts_a_minute:
        raise refuse("texts_a_minute", _SOON)
    if counts.day + segments > rules.texts_a_day:
        raise refuse("texts_a_day", _LATER)
    if new and counts.new_numbers >= rules.new_numbers_a_day:
        raise refuse("new_numbers_a_day", _LATER)
    if counts.to_number >= rules.to_one_number:
        raise refuse("to_one_number", _LATER)
    if counts.last > now - rules.to_one_number_pause:
        raise refuse("to_one_number", counts.last + rules.to_one_number_pause - now)
    if counts.to_prefix >= rules.texts_to_prefix_a_day:
        raise refuse("texts_to_prefix_a_day", _LATER)
    if mms_octets and counts.mms >= rules.mms_a_day:
        raise refuse("mms_a_day", _LATER)
    if mms_octets and counts.mms_waiting + mms_octets > rules.mms_waiting:
        raise refuse("mms_waiting", _SOON)


def check_money(rules: Rules, spent: int, price: int) -> None:
    """The same for what all accounts have ``spent`` and what one more costs, in millionths."""
    if spent + price > rules.texts_money_a_day:
        raise refuse("texts_money_a_day", _LATER)
