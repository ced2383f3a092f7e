"""Typing and the like: to the connected devices of an account that accepted the sender, kept by nobody."""

from app.common import errors
from app.protocol import frames, limits
from app.relay.accounts import Accounts, Device
from app.relay.limits import refuse
from app.relay.store.base import Ephemeral, Relation


class Ephemerals:
    """Passes ephemerals on."""

    def __init__(self, accounts: Accounts, ways: Ephemeral) -> None:
        self._accounts = accounts
        self._ways = ways

    def send(self, sender: Device, frame: frames.SendEphemeral, now: int) -> int:
        """How many devices got theirs; AgainLater ``rate_limited``, GiveUp ``too_large``.

        Nobody is told when the account did not accept the sender: that would say who accepted whom.
        """
        wait = sender.account.ephemerals.take(now)
        if wait:
            raise refuse("ephemerals_a_second", wait)
        if any(len(item.envelope) > limits.EPHEMERAL for item in frame.items):
            raise errors.GiveUp("too_large", "ephemeral")
        to = self._accounts.get(frame.to, now)
        if to is None or to.relation(sender.account.number) != Relation.ACCEPTED:
            return 0
        sent = 0
        for item in frame.items:
            device = to.devices.get(item.device)
            if device is not None:
                body = frames.DeliverEphemeral(sender.account.id, sender.id, item.envelope)
                sent += self._ways.publish(device.number, frames.encode_one(body))
        return sent
