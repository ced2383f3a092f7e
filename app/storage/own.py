"""The one row about this installation's own account and device."""

import secrets
from typing import ClassVar

from app.common import errors
from app.common.discreet import Discreet
from app.storage.record import Record
from app.storage.transaction import Tx, View


class Own(Discreet, frozen=True):
    """Who we are. ``keys`` is the device's key state and ``relay_urls`` a list, both as opaque bytes.

    ``recovery_code`` is None once its owner has confirmed it. ``joined_by`` is the inviter's account or empty.
    """

    _hidden: ClassVar = ("device_seed", "recovery_code", "keys")

    account: bytes
    root_public: bytes
    device: bytes
    device_seed: bytes
    name: str = ""
    address: str = ""
    relay: bytes = b""
    relay_urls: bytes = b""
    relay_key: bytes = b""
    recovery_code: str | None = None
    registered: bool = False
    rich: str = "on"
    start_counter: int = 0
    start_random: bytes = b""
    keys: bytes = b""
    chain: bytes = b""
    freshness: bytes = b""
    clock_offset: int = 0
    joined_by: bytes = b""
    created: int = 0


_RECORD = Record(Own)


def load(view: View) -> Own | None:
    return _RECORD.of(view.row(f"SELECT {_RECORD.columns} FROM own WHERE id = 1"))


def create(tx: Tx, own: Own) -> None:
    """Write the row, once and for all: raises Broken ``constraint`` over an account that is there."""
    tx.run(f"INSERT INTO own (id, {_RECORD.columns}) VALUES (1, {_RECORD.marks})", _RECORD.values(own))


def start(tx: Tx) -> tuple[int, bytes]:
    """Count this start: the new counter and its 16 fresh random bytes, to be committed before the first login."""
    random = secrets.token_bytes(16)
    counter = tx.value(
        "UPDATE own SET start_counter = start_counter + 1, start_random = ? RETURNING start_counter", (random,)
    )
    if counter is None:
        raise errors.Broken("no_account", "start before create")
    return int(counter), random


def confirm_code(tx: Tx) -> None:
    """Erase the recovery code: its owner has it now."""
    tx.run("UPDATE own SET recovery_code = NULL")


def set_registered(tx: Tx, address: str) -> None:
    tx.run("UPDATE own SET registered = 1, address = ?", (address,))


def set_name(tx: Tx, name: str) -> None:
    tx.run("UPDATE own SET name = ?", (name,))


def name(view: View) -> str:
    """What messages call their sender; empty before there is an account."""
    return str(view.value("SELECT name FROM own WHERE id = 1") or "")


def address(view: View) -> str:
    """What messages call their sender's address: where new conversations start from."""
    return str(view.value("SELECT address FROM own WHERE id = 1") or "")


def start_from(tx: Tx, address: str) -> None:
    """Another address of the account that messages name from now on."""
    tx.run("UPDATE own SET address = ?", (address,))


def set_relay(tx: Tx, relay: bytes, urls: bytes, key: bytes) -> None:
    tx.run("UPDATE own SET relay = ?, relay_urls = ?, relay_key = ?", (relay, urls, key))


def add_relay(tx: Tx, relay: bytes, urls: bytes, key: bytes) -> None:
    """The relay's newest addresses and its key; only for the relay this account is with."""
    tx.run("UPDATE own SET relay_urls = ?, relay_key = ? WHERE relay = ?", (urls, key, relay))


def set_rich(tx: Tx, rich: str) -> None:
    tx.run("UPDATE own SET rich = ?", (rich,))


def set_clock_offset(tx: Tx, milliseconds: int) -> None:
    tx.run("UPDATE own SET clock_offset = ?", (milliseconds,))


def save_keys(tx: Tx, keys: bytes) -> None:
    tx.run("UPDATE own SET keys = ?", (keys,))


def save_chain(tx: Tx, chain: bytes, freshness: bytes) -> None:
    """The own device list chain and its newest freshness statement, as received or made."""
    tx.run("UPDATE own SET chain = ?, freshness = ?", (chain, freshness))


def replace_device(tx: Tx, made: Own) -> None:
    """Another device key, list and prekeys for an account that is registered nowhere yet."""
    tx.run(
        "UPDATE own SET device = ?, device_seed = ?, keys = ?, chain = ?, freshness = ? WHERE registered = 0",
        (made.device, made.device_seed, made.keys, made.chain, made.freshness),
    )
