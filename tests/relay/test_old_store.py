"""A store that an earlier relay wrote is brought up to date and loses nothing."""

from dataclasses import replace
from pathlib import Path

import apsw

from app.relay.store.sqlite import engine, schema
from app.relay.store.texts import Handed, Piece

BEFORE_PICTURES, BEFORE_COUNTS, BEFORE_HIDING = 3, 5, 6
TEXT = (
    "INSERT INTO text VALUES "
    "(1, x'aa', 7, x'bb', '+12025550100', '+12025550123', 'north', 'gsm', 1, 1, 5, 6, 'words', 3, 0, x'', 0)"
)


async def test_texts_from_before_there_were_pictures(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / engine.FILE))
    for step in schema._STEPS[:BEFORE_PICTURES]:
        connection.execute(step)
    connection.execute(TEXT)
    connection.execute("INSERT INTO text_item (text, sequence, gateway) VALUES (1, 1, 'north')")
    connection.execute(f"PRAGMA user_version = {BEFORE_PICTURES}")
    connection.close()
    failures: list[BaseException] = []
    store = engine.open_store(tmp_path, failures.append)
    (text,) = store.texts.out.unfinished()
    assert (text.text, text.mms, text.reference, text.number) == ("words", 0, 3, 1)
    assert store.texts.out.items(1)[0].handed is Handed.WAITING
    assert store.texts.media.pieces(1) == []
    picture = replace(text, submit=b"c", mms=1)
    added = await store.texts.out.add(picture, [Piece("image/gif", "", b"g", "token")])
    assert added is not None and added.mms == 1
    assert [piece.octets for piece in store.texts.media.pieces(added.number)] == [b"g"]
    await store.lifetime.close(None)
    assert failures == []


async def test_texts_from_phones_from_before_they_were_counted(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / engine.FILE))
    for step in schema._STEPS[:BEFORE_COUNTS]:
        connection.execute(step)
    connection.execute("INSERT INTO text_set VALUES (1, x'aa', x'bb', 'north', '+1', '+2', 1, 5, 0, x'', 0)")
    connection.execute("INSERT INTO text_part VALUES (1, 1, x'61', x'cc', 'gsm')")
    connection.execute(f"PRAGMA user_version = {BEFORE_COUNTS}")
    connection.close()
    failures: list[BaseException] = []
    store = engine.open_store(tmp_path, failures.append)
    assert store.texts.incoming.open_sets() == [1]
    found = store.texts.incoming.part_set(1)
    assert found is not None and (found.segments, found.parts) == (0, ((1, b"a", "gsm"),))
    await store.lifetime.close(None)
    assert failures == []


async def test_accounts_from_before_they_could_hide(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / engine.FILE))
    for step in schema._STEPS[:BEFORE_HIDING]:
        connection.execute(step)
    connection.execute("INSERT INTO account (account, root_public, freshness, created) VALUES (x'aa', x'bb', x'cc', 5)")
    connection.execute("INSERT INTO list VALUES (1, 1, x'dd', x'ee')")
    connection.execute(f"PRAGMA user_version = {BEFORE_HIDING}")
    connection.close()
    failures: list[BaseException] = []
    store = engine.open_store(tmp_path, failures.append)
    account = store.directory.account(b"\xaa")
    assert account is not None and (account.number, account.head, account.hidden) == (1, b"\xee", False)
    await store.addresses.put_hidden(1, hidden=True)
    account = store.directory.account(b"\xaa")
    assert account is not None and account.hidden
    await store.lifetime.close(None)
    assert failures == []
