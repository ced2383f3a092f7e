"""Finds a known relay on the local network (zeroconf), once every known address has failed."""

import asyncio
import importlib
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from zeroconf import ServiceInfo

log = logging.getLogger(__name__)

SERVICE: Final = "_kingfisher._tcp.local."
ID: Final = "id"  # key of the TXT record
_PREFIX: Final = 16  # hex digits of the relay id that must be announced at least
_MOST: Final = 16  # answers looked at


async def find(relay: bytes, *, within: float = 3.0) -> tuple[str, ...]:
    """Addresses (https) that claim to be this relay; Hello decides whether they are.

    Empty when nobody answers within ``within`` seconds or the machine has no multicast.
    """
    # Not needed as long as a known address answers, and too long an import for the loop.
    await asyncio.to_thread(importlib.import_module, "zeroconf.asyncio")
    import zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    names: asyncio.Queue[str] = asyncio.Queue(_MOST)

    def appeared(name: str, state_change: zeroconf.ServiceStateChange, **_: Any) -> None:
        if state_change is not zeroconf.ServiceStateChange.Removed and not names.full():
            names.put_nowait(name)

    try:
        network = AsyncZeroconf()
    except OSError as error:
        log.info("no local discovery: %s", type(error).__name__)
        return ()
    browser = AsyncServiceBrowser(network.zeroconf, SERVICE, handlers=[appeared])
    try:
        async with asyncio.timeout(within):
            while True:
                info = AsyncServiceInfo(SERVICE, await names.get())
                if await info.async_request(network.zeroconf, within * 1000) and (urls := matching(info, relay)):
                    return urls
    except TimeoutError:
        return ()
    finally:
        try:
            await browser.async_cancel()
        finally:  # also when whoever waits for this is cancelled a second time
            await network.async_close()


def matching(info: "ServiceInfo", relay: bytes) -> tuple[str, ...]:
    """The addresses of an announcement if its id is the beginning of this relay's id, else none."""
    prefix = (info.properties.get(ID.encode()) or b"").decode("ascii", "replace").lower()
    if len(prefix) < _PREFIX or not relay.hex().startswith(prefix) or not info.port:
        return ()
    return tuple(
        f"https://[{host}]:{info.port}" if ":" in host else f"https://{host}:{info.port}"
        for host in info.parsed_addresses()[:_MOST]
    )
