"""`kingfisher-relay` with one gateway: the message centre whose port the environment names."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from app.common.clock import Clock
from app.relay import server, serving
from app.relay.texts import smpp
from app.relay.texts.smpp_link import Timing
from tests.parts import message_centre

PORT = "KINGFISHER_TEST_SMPP_PORT"
HOLD = "KINGFISHER_TEST_SMPP_HOLD"  # seconds it waits at least once the centre was busy
SOURCE = "+12025550100"


def gateway(port: int, time: Clock) -> smpp.SmppGateway:
    """A session with a message centre of tests."""
    hold = float(os.environ.get(HOLD, "0.001"))
    settings = smpp.Config(
        "north", "127.0.0.1", port, message_centre.USER, message_centre.PASSWORD, (SOURCE,),
        timing=Timing(reconnect=(0.01, 0.05), hold=(hold, 10 * hold)),
    )  # fmt: skip
    return smpp.SmppGateway(settings, time)


class Relay(serving.Relay):
    """The relay, whatever its configuration says."""

    def __init__(self, config: Any, store: Any, state: Any, clock: Clock, *_: Any) -> None:
        super().__init__(config, store, state, clock, (gateway(int(os.environ[PORT]), clock),))


def main(words: Sequence[str] | None = None) -> int:
    """Be that relay."""
    serving.Relay = Relay  # type: ignore[misc]
    return server.main(words)


if __name__ == "__main__":
    sys.exit(main())
