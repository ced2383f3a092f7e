"""What the relay says of itself: counters for Prometheus, health, and log lines that hold no people."""

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

NAMES: Final = {
    "accepted": "Submits accepted",
    "delivered": "Entries handed to devices",
    "acknowledged": "Entries acknowledged by devices",
    "ephemerals": "Ephemerals passed on",
    "lookups": "Lookups answered",
    "unknown_frames": "Frames with an unknown tag, skipped",
    "malformed_frames": "Frames that could not be read",
    "stray_acks": "Acknowledgements of entries not handed over on that connection",
    "slow_readers": "Connections cut because their device read too slowly",
    "expired": "Entries erased after thirty days",
    "logins": "Logins",
    "codes_sent": "Codes sent to addresses",
    "codes_entered": "Codes entered rightly; far fewer than were sent: somebody has them sent for the sake of it",
    "codes_unanswered": "Prefixes of a day whose codes are hardly ever entered",
    "codes_in_a_row": "Prefixes of a day whose codes go to numbers that follow each other, and are not entered",
}


class Telemetry(Collector):
    """Plain numbers, counted on the message path without a lock and read only when somebody asks."""

    def __init__(self, gauges: dict[str, Callable[[], float]]) -> None:
        self.accepted = 0
        self.delivered = 0
        self.acknowledged = 0
        self.ephemerals = 0
        self.lookups = 0
        self.unknown_frames = 0
        self.malformed_frames = 0
        self.stray_acks = 0
        self.slow_readers = 0
        self.expired = 0
        self.logins = 0
        self.codes_sent = 0
        self.codes_entered = 0
        self.codes_unanswered = 0
        self.codes_in_a_row = 0
        self.refused: Counter[str] = Counter()  # by code: a few words of ours, never something a client sent
        self._gauges = gauges
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def collect(self) -> Iterable[Metric]:
        for name, text in NAMES.items():
            yield CounterMetricFamily(f"kingfisher_{name}", text, value=getattr(self, name))
        refused = CounterMetricFamily("kingfisher_refused", "Refusals by code", labels=["code"])
        for code, count in self.refused.items():
            refused.add_metric([code], count)
        yield refused
        for name, value in self._gauges.items():
            yield GaugeMetricFamily(f"kingfisher_{name}", name.replace("_", " ").capitalize(), value=value())

    def text(self) -> bytes:
        """The page Prometheus reads."""
        return generate_latest(self._registry)


def set_up_logging(level: int = logging.INFO) -> None:
    """Lines on stderr: time, level, words. Nobody in the relay logs an address, an account or an id of a person."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for talkative in ("aiohttp.access", "aiohttp.server", "asyncio", "zeroconf"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
