"""Marked words, names, addresses and keys are nowhere but where they must be; see story.py for what is played."""

import asyncio
import functools
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.protocol import frames, limits
from tests.secrecy import finder, story
from tests.secrecy.finder import Family
from tests.secrecy.story import Evidence

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the memory of a process as a file")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The story, played once."""
    return asyncio.run(story.play(tmp_path_factory.mktemp("secrecy")))


@functools.cache
def rows(database: Path) -> list[tuple[str, str, bytes]]:
    """Every value in a plain database with its table and column, the tables of the database itself included."""
    values: list[tuple[str, str, bytes]] = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            read = connection.execute(f'SELECT * FROM "{table}"')
            columns = [column for column, *_ in read.description]
            for row in read:
                for column, value in zip(columns, row, strict=True):
                    values.append((table, column, value if isinstance(value, bytes) else str(value).encode()))
    return values


def traces(family: Family, files: dict[Path, bytes]) -> dict[str, list[str]]:
    return {path.name: trace for path, data in files.items() if (trace := family.traces(data))}


def test_the_story_was_told(found: Evidence) -> None:
    """Otherwise nothing would be found for want of anything to find."""
    assert len(found.said.words) >= 20
    kinds = {type(frame) for read in found.wire for frame in read.frames()}
    assert kinds >= {frames.Submit, frames.Deliver, frames.Lookup, frames.Found, frames.SendEphemeral, frames.Relation}
    assert len(found.memories) == 3 and all(len(memory) > 10_000_000 for memory in found.memories)
    assert any(path.name.endswith("-wal") and data for path, data in found.relay_files[0].items())
    assert any(path.name.endswith("-wal") and data for path, data in found.profiles["alice"][0].items())
    assert set(found.profiles) == {"alice", "bob", "carol", "dave"}
    assert {keys.ids["account"] for keys in found.keys.values() if keys.ids["account"] in found.memories[-1]}


def test_nothing_that_was_said_is_in_a_file_of_the_relay(found: Evidence) -> None:
    for files in found.relay_files:
        assert traces(found.said, files) == {}
    assert found.said.traces(found.relay_talk) == []


def test_nothing_that_was_said_is_in_the_relays_memory(found: Evidence) -> None:
    for memory in found.memories:
        assert found.said.traces(memory) == []


def test_nothing_that_was_said_is_on_the_wire(found: Evidence) -> None:
    assert found.said.traces(found.raw_wire) == []
    for read in found.wire:
        assert found.said.traces(read.clear) == []


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dave"])
def test_nothing_is_in_a_profile_in_the_clear(found: Evidence, who: str) -> None:
    for files in found.profiles[who]:
        assert traces(found.said, files) == {}
        assert traces(found.addresses, files) == {}
    assert found.said.traces(b"\n".join(finder.names_under(found.folder / who))) == []


def test_a_profile_has_its_log_and_settings(found: Evidence) -> None:
    """So that the searches above had something to look at."""
    last = {path.name: data for path, data in found.profiles["carol"][-1].items()}
    assert {"store.db", "keyslots", "settings.json", "lock"} <= set(last)
    assert b"dark" in last["settings.json"]
    (log,) = [data for path, data in found.profiles["alice"][-1].items() if path.name == "kingfisher.log"]
    assert b"<email> is <id>" in log


def test_addresses_are_in_one_column_of_the_relays_database_alone(found: Evidence) -> None:
    values = rows(found.relay / "relay.db")
    holding = {(table, column) for table, column, value in values if found.addresses.traces(value)}
    assert holding == {("address", "address")}
    kept = {value.decode() for table, column, value in values if (table, column) == ("address", "address")}
    assert kept == {found.address(who) for who in ("alice", "bob", "carol", "dave")}
    assert any(table == "lookup" for table, _, _ in values)  # who asked for whom is there only as a keyed hash


def test_addresses_are_in_no_other_file_of_the_relay(found: Evidence) -> None:
    for files in found.relay_files:
        assert set(traces(found.addresses, files)) <= {"relay.db", "relay.db-wal"}


def test_addresses_are_on_the_wire_only_to_register_and_to_look_up(found: Evidence) -> None:
    """And in what the relay says to a device about its own account's addresses, and about nobody else's."""
    holding: set[str] = set()
    for read in found.wire:
        for request in (*read.requests, *read.answers):
            assert not found.addresses.traces(request.head)
            if found.addresses.traces(request.body):
                holding.add(request.line)
        holding |= {type(frame).__name__ for frame in read.frames() if found.addresses.traces(frames.encode_one(frame))}
        told = [frame for frame in read.frames() if isinstance(frame, frames.OwnAddresses)]
        assert len({held.address for frame in told for held in frame.held}) <= 1  # everybody here has one
    assert holding == {f"POST {limits.ACCOUNTS_PATH} HTTP/1.1", "Lookup", "OwnAddresses"}


def test_the_relay_speaks_of_nobody(found: Evidence) -> None:
    """Neither log nor metrics hold an address or an id, in any form."""
    assert b"kingfisher_accepted_total" in found.metrics
    assert b"as talkative as it can be" in found.relay_talk
    for talk in (found.relay_talk, found.metrics):
        assert found.addresses.traces(talk) == []
        for keys in found.keys.values():
            assert finder.keys_in(talk, keys.ids) == []


def test_the_clients_log_names_nobody(found: Evidence) -> None:
    everybody = {f"{who}'s {name}": value for who, keys in found.keys.items() for name, value in keys.ids.items()}
    for who in ("alice", "carol"):
        for files in found.profiles[who]:
            logs = b"".join(data for path, data in files.items() if path.parent.name == "log")
            assert finder.keys_in(logs, everybody) == []


def test_keys_are_in_no_file_of_a_profile(found: Evidence) -> None:
    for who in ("alice", "bob", "carol", "dave"):
        for files in found.profiles[who]:
            for path, data in files.items():
                for keys in found.keys.values():
                    assert (path.name, finder.keys_in(data, keys.keys)) == (path.name, [])
                    assert (path.name, finder.pieces_in(data, keys.states)) == (path.name, [])


def test_keys_never_leave_the_client(found: Evidence) -> None:
    """Not on the wire, not in the relay's files, not in its memory."""
    wire = b"\0".join((found.raw_wire, *(read.clear for read in found.wire)))
    relay = b"\0".join(data for files in found.relay_files for data in files.values())
    for keys in found.keys.values():
        assert {"profile key", "device seed", "post-quantum seed 0"} <= set(keys.keys)
        assert finder.keys_in(wire, keys.keys) == []
        assert finder.keys_in(relay, keys.keys) == []
    everything = {f"{who}'s {name}": key for who, keys in found.keys.items() for name, key in keys.keys.items()}
    for memory in found.memories:
        assert finder.pieces_in(memory, everything) == []


def test_the_relays_own_keys_are_in_its_folder_alone(found: Evidence) -> None:
    secret = next(value for table, _, value in rows(found.relay / "relay.db") if table == "meta" and len(value) == 32)
    keys = {"relay seed": found.relay_seed, "secret for addresses": secret}
    last = found.relay_files[-1]
    assert [path.name for path, data in last.items() if finder.keys_in(data, {"seed": found.relay_seed})] == [
        "relay.key"
    ]
    assert [path.name for path, data in last.items() if finder.keys_in(data, {"secret": secret})] == ["relay.db"]
    outside = [found.raw_wire, found.relay_talk, found.metrics, *(read.clear for read in found.wire)]
    outside += [data for snapshots in found.profiles.values() for files in snapshots for data in files.values()]
    assert [finder.keys_in(data, keys) for data in outside if finder.keys_in(data, keys)] == []


@pytest.mark.parametrize("whose", ["relay", "alice", "bob", "carol", "dave"])
def test_folders_and_files_are_for_their_owner_alone(found: Evidence, whose: str) -> None:
    root = found.folder / whose
    for path in (root, *root.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert (path.name, oct(mode & 0o077)) == (path.name, "0o0")


@pytest.mark.parametrize("program", ["messenger", "relay"])
def test_processes_show_no_secret_and_leave_no_core_dump(found: Evidence, program: str) -> None:
    process = found.processes[program]
    assert b"--profile" in process.words or b"--data" in process.words
    for shown in (process.words, process.environment):
        assert found.said.traces(shown) == []
        assert found.addresses.traces(shown) == []
        for keys in found.keys.values():
            assert finder.keys_in(shown, keys.keys) == []
    (cores,) = [line.split() for line in process.limits.splitlines() if line.startswith("Max core file size")]
    assert cores[4:6] == ["0", "0"]
