"""What the relay allows: sizes of mailboxes and rates. Whoever is refused is told which limit it was.

A refusal is an ``AgainLater`` whose detail is the limit's name.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

from app.common import errors
from app.protocol import limits

MOST: Final = 2**40  # no setting is as large
UNKNOWN_ADDRESSES: Final = 10_000  # network addresses whose rates are remembered


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of ``[limits]``; the defaults are the protocol's."""

    mailbox_entries: int = limits.MAILBOX_ENTRIES
    mailbox_bytes: int = limits.MAILBOX_BYTES
    contact_entries: int = limits.CONTACT_ENTRIES
    stranger_entries: int = limits.STRANGER_ENTRIES
    stranger_bytes: int = limits.STRANGER_BYTES
    strangers_entries: int = limits.STRANGERS_ENTRIES
    quiet_reserve: int = limits.QUIET_RESERVE
    submits_a_second: int = limits.SUBMITS_A_SECOND
    submits_burst: int = limits.SUBMITS_BURST
    ephemerals_a_second: int = limits.EPHEMERALS_A_SECOND
    requests_a_second: int = limits.REQUESTS_A_SECOND
    lookups_a_day: int = limits.LOOKUPS_A_DAY
    lookups_from_network: int = limits.LOOKUPS_FROM_NETWORK
    lookups_in_all: int = limits.LOOKUPS_IN_ALL
    claims_an_hour: int = limits.CLAIMS_AN_HOUR
    logins_a_minute: int = limits.LOGINS_A_MINUTE
    registrations_an_hour: int = limits.REGISTRATIONS_AN_HOUR
    invites_a_day: int = limits.INVITES_A_DAY  # 0: only the owner invites
    connections: int = 20_000
    relations: int = 20_000
    chain_bytes: int = limits.MIB
    spare_loopback: bool = True  # no rates by network address for loopback, where a proxy or a test sits

    @classmethod
    def read(cls, table: dict[str, Any]) -> "Limits":
        """From a table of the configuration file; GiveUp ``bad_config`` for a name or a value that is none."""
        usual = {field.name: getattr(cls(), field.name) for field in fields(cls)}
        for name, value in table.items():
            if type(value) is not type(usual.get(name)) or not 0 <= value < MOST:
                raise errors.GiveUp("bad_config", f"limits.{name}")
        return cls(**table)

    def announced(self) -> dict[str, int]:
        """What Welcome says of them."""
        return {field.name: int(getattr(self, field.name)) for field in fields(self) if field.name in _ANNOUNCED}


_ANNOUNCED: Final = frozenset(
    {
        "mailbox_entries",
        "mailbox_bytes",
        "contact_entries",
        "stranger_entries",
        "stranger_bytes",
        "strangers_entries",
        "submits_a_second",
        "submits_burst",
        "ephemerals_a_second",
        "lookups_a_day",
        "claims_an_hour",
        "invites_a_day",
    }
)


class Bucket:
    """A token bucket: ``burst`` at once, ``per_second`` in the long run."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, per_second: float, burst: float) -> None:
        self._rate = per_second / 1000
        self._burst = burst
        self._left = burst
        self._at = 0

    def take(self, now: int) -> int:
        """0 when there was one left, else the milliseconds until there will be."""
        passed = now - self._at
        if passed > 0:
            left = self._left + passed * self._rate
            self._left = left if left < self._burst else self._burst
            self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return int((1 - self._left) / self._rate) + 1 if self._rate else limits.HOUR

    def full(self, now: int) -> bool:
        """Whether it holds as much as a new one, so that it can be forgotten."""
        return self._left + (now - self._at) * self._rate >= self._burst


def refuse(limit: str, wait: int) -> errors.AgainLater:
    """The error for a rate that was exceeded; ``wait`` in milliseconds."""
    return errors.AgainLater("rate_limited", limit, retry_after=wait / 1000)


class Rates:
    """Buckets by key, such as a network address; the full ones are forgotten."""

    def __init__(self, limit: str, count: int, seconds: int) -> None:
        self._limit = limit
        self._count = count
        self._seconds = seconds
        self._buckets: dict[object, Bucket] = {}

    def take(self, key: object, now: int) -> None:
        """Count one for this key; raises AgainLater ``rate_limited`` with the limit's name."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= UNKNOWN_ADDRESSES:
                self.forget(now)
            bucket = self._buckets[key] = Bucket(self._count / self._seconds, self._count)
        wait = bucket.take(now)
        if wait:
            raise refuse(self._limit, wait)

    def forget(self, now: int) -> None:
        """Drop the buckets that are full again; all of them if that does not help."""
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.full(now)}
        if len(self._buckets) >= UNKNOWN_ADDRESSES:
            self._buckets.clear()

    def __len__(self) -> int:
        return len(self._buckets)
