"""Says on the local network where the relay is, so that clients find it when its addresses have changed (zeroconf)."""

import logging
import socket
from collections.abc import Sequence
from typing import Any, Final, cast

import ifaddr
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

SERVICE: Final = "_kingfisher._tcp.local."
_ELSEWHERE: Final = "198.51.100.1"  # reserved for documentation (RFC 5737): nobody's, but beyond the local network
ID: Final = "id"  # key of the TXT record: the relay id in hex; Hello proves it

log = logging.getLogger(__name__)


def own_addresses() -> list[str]:
    """The addresses of this machine's interfaces, without loopback and link-local ones.

    The one that leads out of the local network comes first: others may be those of containers and virtual machines.
    """
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for address in adapter.ips:
            text = address.ip if isinstance(address.ip, str) else address.ip[0]
            if not text.startswith(("127.", "169.254.", "fe80", "::1")):
                found.append(text)
    first = _outward()
    return sorted(dict.fromkeys(found), key=lambda text: text != first)


def _outward() -> str:
    """The address this machine would use towards the internet, "" without a way there; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            towards.connect((_ELSEWHERE, 9))
        except OSError:
            return ""
        return towards.getsockname()[0]


class Announcement:
    """One announced service; `stop` takes it back."""

    def __init__(self, relay: bytes, port: int, addresses: Sequence[str]) -> None:
        self.info = ServiceInfo(
            SERVICE,
            f"kingfisher-{relay.hex()[:16]}.{SERVICE}",
            port=port,
            properties={ID: relay.hex()},
            parsed_addresses=list(addresses),
            server=f"{socket.gethostname().partition('.')[0]}.local.",
        )
        self._zeroconf: AsyncZeroconf | None = None

    async def start(self) -> None:
        """Announce; a network without multicast is no reason not to serve."""
        try:
            self._zeroconf = AsyncZeroconf()
            announcing = cast(Any, self._zeroconf)  # its stubs do not say what registering answers
            await announcing.async_register_service(self.info, allow_name_change=True)
        except OSError as error:
            log.warning("not announced on the local network: %s", type(error).__name__)

    async def stop(self) -> None:
        if self._zeroconf is not None:
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()
            self._zeroconf = None
