"""The documents say the limits there are, and each that a relay's owner may set has a test that meets it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.protocol import limits
from app.relay.limits import Limits
from tests.house.tree import ROOT

RELAY = Limits()
KIB, MIB = limits.KIB, limits.MIB
SETTINGS = [field.name for field in fields(Limits)]
MET_IN = ("test_limits.py", "test_people.py")  # below tests/relay

# What stands in section 7 of docs/protocol.md, cell by cell.
SUBMITS = "submits of an account, and Withdraws of what never came"
TABLE = {
    "WebSocket message": f"{limits.FRAME // MIB} MiB, {limits.FRAMES:,} frames",
    "content": f"{limits.CONTENT // KIB} KiB",
    "envelope (on the wire)": f"{limits.ENVELOPE // KIB} KiB",
    "envelopes in a Submit": f"{limits.ENVELOPES:,}",
    "ephemeral": f"{limits.EPHEMERAL} bytes",
    "HTTP body": f"{limits.REQUEST // MIB} MiB; {limits.OPEN_REQUEST // KIB} KiB where no token is needed",
    "signed list": f"{limits.LIST // KIB} KiB, {limits.DEVICES} devices",
    "chain": f"{limits.CHAIN:,} lists, {RELAY.chain_bytes // MIB} MiB at the relay",
    "prekeys put at once": f"{limits.ONE_TIME_KEYS} `otk`, {limits.PQ_KEYS} `pq`",
    "prekeys stored": "twice that",
    "a prekey's life": f"{limits.PREKEY_LIFE // limits.DAY} days",
    "text and other bodies": f"{limits.BODY // KIB} KiB",
    "nesting of a payload": f"{limits.NESTING}, {limits.VALUES:,} values",
    "reactions of one sender": f"{limits.REACTIONS} on a message",
    "a reaction": f"{limits.REACTION} bytes",
    "annotations of one sender that wait for their message": f"{limits.PARKED}",
    "an MMS to a phone": f"{limits.MMS // MIB} MiB, {limits.MMS_PIECES} pieces",
    "a text or MMS from a phone, sealed": f"{limits.TEXT_SEALED // MIB} MiB, {limits.TEXT_MEDIA} pieces",
    "one mailbox": f"{RELAY.mailbox_entries:,} entries, {RELAY.mailbox_bytes // MIB} MiB",
    "… of it kept for receipts and own devices": f"{RELAY.quiet_reserve:,} entries",
    "from one contact": f"{RELAY.contact_entries:,} entries",
    "from one stranger": f"{RELAY.stranger_entries} entries, {RELAY.stranger_bytes // MIB} MiB",
    "from all strangers": f"{RELAY.strangers_entries} entries",
    "handed over, not acknowledged": f"{limits.CREDITS} entries, {limits.CREDIT_BYTES // MIB} MiB",
    "entries kept": f"{limits.RETENTION // limits.DAY} days",
    SUBMITS: f"{RELAY.submits_a_second} a second, {RELAY.submits_burst:,} at once",
    "ephemerals of an account": f"{RELAY.ephemerals_a_second} a second",
    "lookups of one account": f"{RELAY.requests_a_second} a second",
    "… of addresses new to it": f"{RELAY.lookups_a_day} a day",
    "… of these from a network": f"{RELAY.lookups_from_network:,} a day",
    "… of these at the whole relay": f"{RELAY.lookups_in_all:,} a day",
    "prekey claims of one device": f"{RELAY.claims_an_hour} an hour for each asking account",
    "logins from a network": f"{RELAY.logins_a_minute} a minute",
    "registrations from a network": f"{RELAY.registrations_an_hour} an hour",
    "connections": f"{RELAY.connections:,}",
    "relations of an account": f"{RELAY.relations:,}",
}


def rows(document: Path, start: str, end: str) -> list[list[str]]:
    """The cells of the tables between two lines."""
    text = document.read_text(encoding="utf-8").partition(start)[2].partition(end)[0]
    lines = [line.strip("|\n ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines]


def test_the_table_of_the_protocol_is_what_is_enforced() -> None:
    cells = [cell for row in rows(ROOT / "docs/protocol.md", "## 7. Limits", "\n## 8") for cell in row][4:]
    assert dict(zip(cells[::2], cells[1::2], strict=True)) == TABLE


def said(value: int) -> str:
    """A default as the settings' table has it."""
    if value is True or value is False:
        return f"`{str(value).lower()}`"
    return f"{value // MIB} MiB" if value >= MIB and not value % MIB else f"{value:,}"


def test_each_setting_is_explained_with_its_default() -> None:
    found: dict[str, str] = {}
    for row in rows(ROOT / "docs/running-a-relay.md", "`[limits]`, and what", "Byte values"):
        names = re.findall(r"`([a-z_]+)`", row[0])
        if names:
            found.update(zip(names, row[1].split(", "), strict=True))
    assert found == {name: said(getattr(RELAY, name)) for name in SETTINGS}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_met_by_a_test(name: str) -> None:
    texts = [(ROOT / "tests/relay" / file).read_text(encoding="utf-8") for file in MET_IN]
    assert any(re.search(rf"\b{name}=", text) for text in texts) or any(f'"{name}")' in text for text in texts)
