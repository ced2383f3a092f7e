"""How many codes may leave: the settings of ``[codes]``, and where they are applied."""

from dataclasses import dataclass, fields
from typing import Any

from app.common import errors
from app.protocol import limits
from app.relay.limits import MOST, refuse
from app.relay.store.addresses import Sent

_LATER = limits.HOUR  # a guess when a limit of a day has room again


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings; all but ``codes_again`` (milliseconds between two codes to one address) count codes a day.

    A network is a /24 or a /48; a prefix is what phone numbers have in common that differ in the last four digits.
    The alarms are for the operator and stop nothing: of ``alarm_codes`` to a prefix one in ``alarm_one_in`` comes back
    at least, and no ``alarm_in_a_row`` go to numbers that follow each other; 0 is no alarm.
    """

    codes_again: int = limits.CODE_AGAIN
    codes_a_day: int = 5
    codes_from_account: int = 20
    codes_from_network: int = 40
    codes_to_prefix: int = 40
    codes_in_all: int = 2_000
    alarm_codes: int = 10
    alarm_one_in: int = 5
    alarm_in_a_row: int = 5

    @classmethod
    def read(cls, table: dict[str, Any]) -> "Rules":
        """From a table of the configuration file; GiveUp ``bad_config`` for a name or a value that is none."""
        known = {field.name for field in fields(cls)}
        for name, value in table.items():
            if name not in known or type(value) is not int or not 0 <= value < MOST:
                raise errors.GiveUp("bad_config", f"codes.{name[:64]}")
        return cls(**table)


def check(rules: Rules, sent: Sent, now: int) -> None:
    """Raise AgainLater ``rate_limited`` with the name of the first limit that one more code would pass."""
    if sent.last and sent.last + rules.codes_again > now:
        raise refuse("codes_again", sent.last + rules.codes_again - now)
    for limit, count, most in (
        ("codes_a_day", sent.to_address, rules.codes_a_day),
        ("codes_from_account", sent.from_account, rules.codes_from_account),
        ("codes_from_network", sent.from_network, rules.codes_from_network),
        ("codes_to_prefix", sent.to_prefix, rules.codes_to_prefix),
        ("codes_in_all", sent.in_all, rules.codes_in_all),
    ):
        if count >= most:
            raise refuse(limit, _LATER)
