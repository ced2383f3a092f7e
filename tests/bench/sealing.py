"""What the cryptography of one message costs: an envelope for one device, its content, and the way back."""

import gc
import itertools
import statistics
import time
from collections.abc import Callable

from app.common import ids
from app.crypto import envelope
from app.crypto.parties import Lists
from tests.bench.report import Row
from tests.crypto import duo

GOAL = 80.0  # microseconds
ROUNDS = 5
COUNT = 400  # envelopes in a round
TEXT = bytes(1_000)


def envelopes(say: Callable[[str], None]) -> list[Row]:
    """Seal and open between two devices that know each other, both epochs running; median of the rounds' means."""
    alice, bob = duo.meet()
    rounds = [_round(alice, bob) for _ in range(ROUNDS)]
    content, seal, opening = (statistics.median(times) for times in zip(*rounds, strict=True))
    say(f"envelope: {len(TEXT)} bytes of content {content:.1f} us, seal {seal:.1f} us, open both {opening:.1f} us")
    return [
        Row("seal one device's envelope", f"{seal:.1f} us", value=seal, goal=GOAL),
        Row("open one device's envelope", f"{opening:.1f} us", value=opening, goal=GOAL),
    ]


def _round(alice: duo.Device, bob: duo.Device) -> tuple[float, float, float]:
    """Microseconds for a content, for sealing its key to a device, and for opening both."""
    bob.open(alice, alice.seal(bob))  # an answer now and then, so that epochs are confirmed as between people
    alice.open(bob, bob.seal(alice))
    numbers = [ids.random_id() for _ in range(COUNT)]
    lists = Lists(alice.list, bob.list)
    gc.collect()
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = time.thread_time()
        contents = [envelope.seal_content(TEXT, alice.party, number) for number in numbers]
        after_contents = time.thread_time()
        pair, sealed = alice.pair(bob), list[bytes]()
        for content in contents:
            now = alice.time.now()
            bundle = bob.bundle() if pair.need(now).name == "REQUIRED" else None
            done = envelope.seal(pair, alice.keys, content, lists, now=now, sign=alice.sign, bundle=bundle)
            pair = done.pair
            sealed.append(done.envelope)
        after_seals = time.thread_time()
        alice.pairs[bob.party] = pair
        theirs, keys = bob.pair(alice), bob.keys
        for content, one in zip(contents, sealed, strict=True):
            opened = envelope.open(theirs, keys, one, content.ciphertext, now=bob.time.now(), check=alice.check)
            theirs, keys = opened.pair, opened.own
        after_opens = time.thread_time()
        bob.pairs[alice.party], bob.keys = theirs, keys
    finally:
        if collecting:
            gc.enable()
    marks = (started, after_contents, after_seals, after_opens)
    first, second, third = ((end - begin) / COUNT * 1e6 for begin, end in itertools.pairwise(marks))
    return first, second, third
