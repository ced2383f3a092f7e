"""Whether a gateway over HTTP is there: asked again and again, and told where that has changed."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from app.common import clock
from app.relay.texts import asking, base
from app.relay.texts.base import LinkState

PAUSE: Final = 60.0  # seconds between two looks at one that is there

Look = Callable[[], Awaitable[tuple[LinkState, str]]]


class Looking:
    """The link of the gateway called ``name``; ``session`` and ``sink`` are there while it runs."""

    def __init__(self, name: str, retry: tuple[float, float], time: clock.Clock) -> None:
        """``retry`` is the first and the longest wait in seconds while it is away."""
        self._name = name
        self._retry = retry
        self._clock = time
        self._state: LinkState | None = None
        self.session: aiohttp.ClientSession | None = None
        self.sink: base.Sink | None = None

    @property
    def bound(self) -> bool:
        """Whether it was there, and let us in, when it was last asked."""
        return self._state is LinkState.BOUND

    async def run(self, sink: base.Sink, look: Look) -> None:
        """Until cancelled; ``look`` says how it stands, or raises as ``asking.ask``."""
        again = clock.Backoff(*self._retry)
        async with asking.session() as session:
            self.session, self.sink = session, sink
            try:
                while True:
                    await self.tell(*await _stand(look))
                    if self.bound:
                        again.reset()
                    await self._clock.sleep(PAUSE if self.bound else again.next())
            finally:
                self.session, self.sink, self._state = None, None, None

    async def tell(self, state: LinkState, detail: str) -> None:
        """How it stands by now, however that was noticed."""
        if state is not self._state and self.sink is not None:
            self._state = state
            await self.sink.link_state(self._name, state, detail)


async def _stand(look: Look) -> tuple[LinkState, str]:
    try:
        return await look()
    except (base.NotSent, base.OutcomeUnknown) as error:
        return LinkState.DOWN, error.detail
    except base.Throttled:
        return LinkState.DOWN, "HTTP 429"
