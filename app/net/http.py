"""The relay over HTTPS: registration, lists, freshness and prekeys; every connection's certificate is held to Hello."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from app.common import errors
from app.net import handshake, later
from app.protocol import codes, limits, proofs, requests
from app.protocol.signed import Signed

if TYPE_CHECKING:
    from app.net.exchange import Exchange

T = TypeVar("T", bound=requests.Body)


class RelayHttp:
    """Requests to wherever ``reach`` says the relay is; its answers raise what codes.error gives.

    Besides that errors.AgainLater (``offline``, ``unreachable``) and errors.Untrusted (``wrong_certificate``).
    Repeating any request is safe: the relay knows it again, or pops one more prekey, or makes one more invite.
    """

    def __init__(self, reach: Callable[[], handshake.Reach | None]) -> None:
        self._reach = reach
        self._exchange: Exchange | None = None

    async def close(self) -> None:
        """Close the kept connections."""
        if self._exchange is not None:
            await self._exchange.close()

    async def register(self, body: requests.Register) -> requests.Registered:
        """Make an account; needs no token."""
        return await self._ask("POST", limits.ACCOUNTS_PATH, body, requests.Registered)

    async def invite(self) -> requests.Invited:
        """Have an invite made that names the own account; GiveUp ``no_invites``, AgainLater ``rate_limited``."""
        return requests.decode(await self._send("POST", limits.INVITES_PATH, None), requests.Invited)

    async def put_list(self, body: requests.PutList) -> None:
        """Append to the own chain."""
        await self._send("PUT", limits.LISTS_PATH, body)

    async def put_freshness(self, item: Signed) -> None:
        """Say anew that the own list is the newest."""
        await self._send("PUT", limits.FRESHNESS_PATH, requests.PutFreshness(item))

    async def put_found_by(self, *, everyone: bool) -> None:
        """Say who finds the account by its address: everybody, or only whom it has accepted."""
        await self._send("PUT", limits.FOUND_BY_PATH, requests.PutFoundBy(everyone))

    async def put_prekeys(self, body: requests.PutPrekeys) -> requests.PrekeyCounts:
        """Publish prekeys; the answer counts what the relay holds now."""
        return await self._ask("PUT", limits.PREKEYS_PATH, body, requests.PrekeyCounts)

    async def claim(self, account: bytes, devices: Sequence[bytes]) -> requests.Claimed:
        """Take a bundle for each device; every one-time key in it is gone from the relay."""
        return await self._ask("POST", limits.CLAIM_PATH, requests.Claim(account, tuple(devices)), requests.Claimed)

    async def start_address(self, address: str) -> None:
        """Have a code sent there; GiveUp ``not_checked``, ``bad_address``, AgainLater ``rate_limited``."""
        await self._send("POST", limits.START_PATH, proofs.Start(address))

    async def prove_address(self, address: str, code: str) -> proofs.Proved:
        """Hand in the six digits that came."""
        return await self._ask("POST", limits.PROVE_PATH, proofs.Prove(address, code), proofs.Proved)

    async def withdraw_address(self, body: proofs.Withdraw) -> None:
        """Take an address away from the own account."""
        await self._send("POST", limits.WITHDRAW_PATH, body)

    async def answer_address(self, body: proofs.Answer) -> None:
        """Refuse that an address of ours moves, or hand it over; GiveUp ``proof_old``, ``not_found``."""
        await self._send("POST", limits.ANSWER_PATH, body)

    async def health(self) -> bool:
        """Whether the relay says it is well."""
        try:
            await self._send("GET", limits.HEALTH_PATH, None)
        except errors.KingfisherError:
            return False
        return True

    async def _ask(self, method: str, path: str, body: requests.Body, kind: type[T]) -> T:
        return requests.decode(await self._send(method, path, body), kind)

    async def _send(self, method: str, path: str, body: requests.Body | None) -> bytes:
        reach = self._reach()
        if reach is None:
            raise errors.AgainLater("offline")
        if self._exchange is None:
            self._exchange = await _new_exchange()
        data = requests.encode(body) if body is not None else None
        status, answer = await self._exchange.ask(reach, method, path, data)
        if status // 100 != 2:
            raise _failure(status, answer)
        return answer


async def _new_exchange() -> "Exchange":
    await later.read("app.net.exchange")
    from app.net import exchange

    return exchange.Exchange()


def _failure(status: int, data: bytes) -> errors.KingfisherError:
    """The relay's own code; whatever else sits on the way and answers is never a reason to give up."""
    try:
        failure = requests.decode(data, requests.Failure)
    except errors.Malformed:
        return errors.AgainLater("unreachable", f"status {status}")
    return codes.error(failure.code, failure.limit, failure.retry_after)
