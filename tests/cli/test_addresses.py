"""The command about one's own addresses, from asking for a code to giving an address back: lines and exit codes."""

from pathlib import Path

from app.commands.session import Session
from tests.cli.test_texts import run
from tests.parts import people, proving, relay

ALICE, NUMBER = "alice@example.com", "+12025550101"


async def test_from_a_code_to_giving_the_address_back(tmp_path: Path) -> None:
    async with proving.relay(tmp_path) as proves:
        alice = await people.join(tmp_path / "alice", proves.inside.url, ALICE)
        async with alice.online() as present:
            session = Session(present.messenger)
            code, paper = await run(session, "addresses", "add", NUMBER)
            assert (code, paper.lines[0]["state"], paper.lines[0]["why"]) == (0, "waiting", "code")
            code, paper = await run(session, "addresses", "verify", NUMBER, "000000")
            assert (code, paper.lines[0]["tries_left"]) == (1, 4)
            assert "did not match" in paper.said[0]
            assert (await run(session, "addresses", "verify", NUMBER, "12"))[0] == 1
            code, paper = await run(session, "addresses", "verify", NUMBER, await proves.code(NUMBER))
            assert (code, paper.lines[0]["state"], paper.lines[0]["why"]) == (0, "active", "proved")
            code, paper = await run(session, "addresses", "start-from", NUMBER)
            assert (code, paper.lines[0]["starts_conversations"]) == (0, True)
            code, paper = await run(session, "addresses")
            assert [each["address"] for each in paper.lines] == [ALICE, NUMBER]
            code, paper = await run(session, "addresses", "remove", ALICE)
            assert (code, paper.lines) == (0, [{"address": ALICE, "state": "removed"}])
            assert (await run(session, "addresses", "remove", ALICE))[0] == 1
            assert (await run(session, "addresses", "refuse", NUMBER))[0] == 1


async def test_a_move_is_not_done_yet_and_words_in_the_wrong_number_are_usage(tmp_path: Path) -> None:
    async with proving.relay(tmp_path) as proves:
        alice = await people.join(tmp_path / "alice", proves.inside.url, ALICE)
        bob = await people.join(tmp_path / "bob", proves.inside.url, "bob@example.com")
        async with bob.online() as other, alice.online() as present:
            await proves.prove(other.messenger, NUMBER)
            session = Session(present.messenger)
            assert (await run(session, "addresses", "add", NUMBER))[0] == 0
            code, paper = await run(session, "addresses", "verify", NUMBER, await proves.code(NUMBER, 2))
            assert (code, paper.lines[0]["state"], paper.lines[0]["why"]) == (3, "waiting", "coming")
            for words in (("add",), ("verify", NUMBER), ("list", NUMBER), ("remove", NUMBER, "1"), ("lend", NUMBER)):
                assert (await run(session, "addresses", *words))[0] == 2, words


async def test_a_relay_that_sends_no_codes_takes_none(tmp_path: Path) -> None:
    async with relay.inside(tmp_path / "relay") as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        async with alice.online() as present:
            session = Session(present.messenger)
            code, paper = await run(session, "addresses")
            assert (code, [each["address"] for each in paper.lines]) == (0, [ALICE])
            code, paper = await run(session, "addresses", "add", NUMBER)
            assert (code, paper.lines) == (1, [])
            assert "sends no codes" in paper.said[0]
