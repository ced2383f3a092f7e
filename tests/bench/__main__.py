"""Benches: python -m tests.bench [NAME...] [--seconds N] [--runs N]; one table at the end. Linux, idle machine."""

import argparse
import functools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    bubbles,
    calm,
    hostile,
    keeping,
    load,
    meter,
    relaying,
    report,
    sealing,
    sidebar,
    starting,
    waiting,
)
from tests.bench.report import Row

Bench = Callable[[argparse.Namespace], list[Row]]


def _say(line: str) -> None:
    print(line, flush=True)


def _compare(regime: load.Regime, options: argparse.Namespace) -> list[Row]:
    return relaying.compare(regime, options.seconds, options.runs, _say)


def _idle(options: argparse.Namespace) -> list[Row]:
    return relaying.idle(options.runs, _say)


def _envelope(options: argparse.Namespace) -> list[Row]:
    return sealing.envelopes(_say)


def _search(options: argparse.Namespace) -> list[Row]:
    return keeping.find(options.messages, _say)


def _sidebar(options: argparse.Namespace) -> list[Row]:
    return sidebar.open_list(options.conversations, _say)


def _bubbles(options: argparse.Namespace) -> list[Row]:
    return bubbles.view(options.messages, _say)


def _waiting(options: argparse.Namespace) -> list[Row]:
    return waiting.drain(options.waiting, _say)


def _calm(options: argparse.Namespace) -> list[Row]:
    return calm.drain(options.waiting, _say)


def _hostile(options: argparse.Namespace) -> list[Row]:
    return hostile.window(_say)


def _start(options: argparse.Namespace) -> list[Row]:
    return starting.start(options.runs, _say)


BENCHES: dict[str, Bench] = {
    "light": functools.partial(_compare, load.LIGHT),
    "w1": functools.partial(_compare, load.NARROW),
    "w32": functools.partial(_compare, load.WIDE),
    "idle": _idle,
    "envelope": _envelope,
    "waiting": _waiting,
    "search": _search,
    "start": _start,
    "bubbles": _bubbles,
    "calm": _calm,
    "hostile": _hostile,
    "sidebar": _sidebar,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all when none is named")
    parser.add_argument("--seconds", type=float, default=30, help="of each run under load (30)")
    parser.add_argument("--runs", type=int, default=3, help="of each server; the median counts (3)")
    parser.add_argument("--messages", type=int, default=1_000_000, help="in the store that is searched (1,000,000)")
    parser.add_argument("--conversations", type=int, default=10_000, help="in the sidebar (10,000)")
    parser.add_argument("--waiting", type=int, default=20_000, help="messages for somebody who was away (20,000)")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    meter.many_files()
    watch = meter.Meter(0)
    time.sleep(2)
    _say(f"{os.cpu_count()} cores; before the start {report.load_note(watch.stop(1).others)}")
    with tempfile.TemporaryDirectory() as folder:
        _say(f"a commit to this disk takes at least {meter.sync_time(Path(folder)):.2f} ms")
    rows = [row for name in BENCHES if name in options.names or not options.names for row in BENCHES[name](options)]
    print("\n" + report.table(rows))
    return 1 if any(row.fault for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
