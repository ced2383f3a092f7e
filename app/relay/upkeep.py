"""What the relay does by the clock: tokens, silent connections, thirty days, boot ids, room on the disk."""

import logging
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.common import ids
from app.common.clock import Clock
from app.protocol import frames, limits
from app.relay.accounts import Accounts
from app.relay.hub import Hub
from app.relay.mailbox import Post
from app.relay.store.base import Row, Store
from app.relay.store.lifetime import Boot
from app.relay.telemetry import Telemetry

TICK: Final = 1.0  # seconds
SWEEP: Final = 600_000  # milliseconds between two sweeps
SWEEP_ROWS: Final = 500
BOOT_LIFE: Final = 7 * limits.DAY  # a new boot id as often; each counts for thirty days
ROOM: Final = 64 * limits.MIB  # below this nothing new is taken

log = logging.getLogger(__name__)


class Upkeep:
    """The relay's one periodic task."""

    def __init__(
        self, store: Store, accounts: Accounts, hub: Hub, post: Post, counts: Telemetry, folder: Path, clock: Clock
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._hub = hub
        self._post = post
        self._counts = counts
        self._folder = folder
        self._clock = clock
        self._swept = 0
        self.full = False

    @property
    def boot(self) -> bytes:
        """The newest boot id."""
        return self._post.boots[-1].boot

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.turn()
            await self._clock.sleep(TICK)

    async def turn(self) -> None:
        """Everything that is due."""
        now = self._clock.now()
        self._hub.tick(now)
        self._accounts.forget_idle(now)
        self.full = shutil.disk_usage(self._folder).free < ROOM
        if now - self._swept >= SWEEP:
            self._swept = now
            await self._renew_boot(now)
            await self.sweep(now)

    async def _renew_boot(self, now: int) -> None:
        newest, oldest = self._post.boots[-1], now - limits.RETENTION
        if now - newest.began >= BOOT_LIFE:
            boot = Boot(ids.random_id(), now, self._post.next, newest.run)
            await self._store.lifetime.add_boot(boot, oldest)
            self._post.set_boots([*(known for known in self._post.boots if known.began >= oldest), boot])

    async def sweep(self, now: int) -> None:
        """Forget what is thirty days old, and tell the senders; records stay a day longer."""
        while rows := await self._store.mail.sweep_mail(now - limits.RETENTION, SWEEP_ROWS):
            self._counts.expired += len(rows)
            self._forget(rows, now)
        await self._store.mail.sweep_records(now - limits.OUTCOMES)
        await self._store.prekeys.sweep_prekeys(now)
        self._store.directory.sweep_lookups(now - limits.DAY)
        self._store.directory.sweep_invites(now - limits.RETENTION)  # Joined tells of them for as long

    def _forget(self, rows: Sequence[Row], now: int) -> None:
        """Those of whom no device of the account fetched anything are told of, now or at their next login."""
        submits: dict[tuple[bytes, bytes], list[Row]] = defaultdict(list)
        told: dict[bytes, list[bytes]] = defaultdict(list)
        for row in rows:
            body = frames.decode_entry(row.body)
            if isinstance(body, frames.Deliver):  # nobody waits for word of a text from a phone
                submits[body.device, body.submit].append(row)
        for (device_id, submit), found in submits.items():
            device = self._accounts.device(device_id, now)
            if device is None:
                continue
            record = self._store.mail.known(device.number, submit)
            if record is not None and record.count == len(found):
                self._store.mail.add_expired(device.number, submit, now)
                told[device_id].append(submit)
        for device_id, submitted in told.items():
            device = self._accounts.device(device_id, now)
            if device is not None and device.session is not None:
                device.session.tell(frames.Expired(tuple(submitted)))
        self._accounts.expire(rows)
