"""Migrations: forward only, each from a stored old database, and tables as strict as they should be."""

from pathlib import Path

import apsw
import pytest

from app.common import errors
from app.common.clock import SystemClock
from app.storage import cipher, schema
from app.storage.database import Database
from tests.storage.conftest import KEY

OLD = Path(__file__).parent / "old"  # v1, v2, ...: a small database of each version but the newest, under KEY


def _stored(version: int) -> Path:
    return OLD / f"v{version}"


def test_every_old_version_has_a_stored_database() -> None:
    expected = {_stored(version) for version in range(1, len(schema.MIGRATIONS))}
    assert set(OLD.glob("v*")) == expected


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
async def test_an_older_database_becomes_the_same_as_a_new_one(profile: Path, version: int) -> None:
    path = profile / "store"
    if _stored(version).exists():
        path.write_bytes(_stored(version).read_bytes())
    else:
        connection = cipher.open_database(path, KEY)
        schema.migrate(connection, schema.MIGRATIONS[:version])
        connection.close()
    database = await Database.open(path, KEY, SystemClock(), lambda notes: None)
    tables = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
    found = await database.read(lambda view: view.rows(tables))
    new = await Database.open(profile / "new", KEY, SystemClock(), lambda notes: None)
    assert found == await new.read(lambda view: view.rows(tables))
    assert await database.check() == []
    await database.close()
    await new.close()


def test_a_step_that_fails_leaves_the_version_before(profile: Path) -> None:
    connection = cipher.open_database(profile / "store", KEY)
    good = "CREATE TABLE one (a INTEGER NOT NULL) STRICT;"
    with pytest.raises(apsw.SQLError):
        schema.migrate(connection, (good, "CREATE TABLE two (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"))
    assert connection.pragma("user_version") == 1
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("one",)]
    schema.migrate(connection, (good, "CREATE TABLE two (a INTEGER) STRICT;"))
    assert connection.pragma("user_version") == 2
    connection.close()


async def test_a_newer_database_is_refused_untouched(profile: Path) -> None:
    connection = cipher.open_database(profile / "store", KEY)
    connection.pragma("user_version", len(schema.MIGRATIONS) + 1)
    connection.close()
    with pytest.raises(errors.GiveUp) as raised:
        await Database.open(profile / "store", KEY, SystemClock(), lambda notes: None)
    assert raised.value.code == "newer_version"


async def test_tables_are_strict_and_integer_ids_are_never_used_again(database: Database) -> None:
    loose = "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
    assert await database.read(lambda view: view.rows(loose)) == []
    tables = await database.read(lambda view: view.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    own_id = "id INTEGER PRIMARY KEY CHECK (id = 1)"
    reused = [n for n, sql in tables if "INTEGER PRIMARY KEY" in sql.replace(own_id, "") and "AUTOINCREMENT" not in sql]
    assert [name for name in reused if not name.startswith("search_")] == []


async def test_the_database_is_set_up_as_promised(database: Database) -> None:
    def look(view):
        names = ("journal_mode", "synchronous", "foreign_keys", "temp_store", "cipher")
        return [view.value(f"PRAGMA {name}") for name in names]

    expected = ["wal", 2, 1, 2, "chacha20"]
    assert await database.read(look) == expected
    assert await database.write(look) == expected
