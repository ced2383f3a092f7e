"""Two people at two command lines: from the registration to a message that was read, and everything printed of it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from app.commands import dispatch, texts
from app.commands.session import Session
from app.domain.delivery import Status
from app.relay.limits import Limits
from app.storage import notices, own
from app.storage.transaction import Tx
from tests.parts import command_line, people
from tests.parts import relay as relays
from tests.parts.command_line import CommandLine
from tests.parts.relay import Relay

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NAMES = ["id", "conversation", "direction", "from", "kind", "text", "status", "reason", "bearer", "sent_at"]


class Heard:
    """What a command printed."""

    def __init__(self, *, patient: bool = False) -> None:
        self.lines: list[dict[str, Any]] = []
        self._patient = patient  # whether a sentence is no surprise

    def line(self, value: dict[str, Any]) -> None:
        self.lines.append(value)

    def say(self, sentence: str) -> None:
        assert self._patient, sentence

    async def drain(self) -> None:
        pass


async def test_from_registration_to_a_read_message(relay: Relay, tmp_path: Path) -> None:
    alice, bob = CommandLine(tmp_path / "alice"), CommandLine(tmp_path / "bob")
    a = (await alice.run("register", "Alice@Example.com", "--relay", relay.url, "--name", "Alice")).line
    b = (await bob.run("register", "+1 202 555 0123", "--relay", relay.url)).line
    assert list(a) == ["address", "account", "device", "recovery_code"]
    assert (a["address"], b["address"]) == ("alice@example.com", "+12025550123")
    assert re.fullmatch(r"[0-9a-f]{64}", a["account"])
    assert re.fullmatch(r"[0-9a-f]{32}", a["device"])
    assert re.fullmatch(r"\d{5}( \d{5}){11}", a["recovery_code"])

    alice.quicken()
    bob.quicken()

    # Bob was never online since: his prekeys were there when his command ended.
    sent = (await alice.run("send", "+12025550123", "Hello Bob")).line
    assert list(sent) == ["id", "status", "bearer", "recipients"]
    assert sent["recipients"] == [{"address": "+12025550123", "status": "sent", "reason": None}]
    heard = (await bob.run("listen", "--count", "1", "--timeout", "30")).line
    assert list(heard) == ["id", "conversation", "from", "kind", "text", "sent_at", "bearer"]
    assert (heard["id"], heard["text"], heard["kind"], heard["bearer"]) == (sent["id"], "Hello Bob", "text", "rich")
    assert heard["from"] == "alice@example.com"
    assert MOMENT.fullmatch(heard["sent_at"])

    # Bob accepts her by answering; then she learns that hers was delivered, and both were read.
    async with asyncio.TaskGroup() as both:
        waiting = both.create_task(alice.run("listen", "--count", "1", "--timeout", "30", "--mark-read"))
        answer = both.create_task(bob.run("send", "alice@example.com", "Hello Alice", "--wait", "read"))
    assert waiting.result().line["text"] == "Hello Alice"
    assert answer.result().line["status"] == "read"
    listed = await alice.run("messages", "+12025550123")
    assert [list(line) for line in listed.lines] == [NAMES, NAMES]
    assert [(line["direction"], line["status"], line["text"]) for line in listed.lines] == [
        ("out", "delivered", "Hello Bob"),
        ("in", None, "Hello Alice"),
    ]
    assert (await alice.run("status", sent["id"])).line == listed.lines[0]


@pytest.mark.long
async def test_who_may_register(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    other = CommandLine(tmp_path / "other")
    again = await alice.run("register", "alice@example.com", "--relay", relay.url)
    taken = await other.run("register", "alice@example.com", "--relay", relay.url)
    assert (again.code, again.lines) == (1, [])
    assert again.said == ["This profile has an account already; use another profile for another account."]
    assert (taken.code, taken.lines) == (1, [])
    assert taken.said == ["This address has an account already; use another address, or the profile that has it."]
    unfinished = await other.run("messages")
    assert unfinished.said == [
        "The registration in this profile was begun but not finished; repeat the command register."
    ]
    # The profile that was refused is not lost: another address will do, and the code is the same account's.
    made = (await other.run("register", "other@example.com", "--relay", relay.url)).line
    assert made["address"] == "other@example.com"


async def test_an_address_that_is_not_on_kingfisher(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    lost = await alice.run("send", "nobody@example.com", "Anybody?")
    assert (lost.code, lost.said) == (1, ["This address is not on Kingfisher; invite them."])
    assert lost.lines[0]["status"] == "failed"
    to = {"address": "nobody@example.com", "status": "failed", "reason": "not_on_kingfisher"}
    assert lost.lines[0]["recipients"] == [to]
    stored = (await alice.run("status", lost.lines[0]["id"])).line
    assert (stored["status"], stored["reason"]) == ("failed", "not_on_kingfisher")
    assert (await alice.run("lookup", "nobody@example.com")).line["rich"] is False


async def test_a_look_up_that_meets_a_limit_says_which(tmp_path: Path) -> None:
    async with relays.inside(tmp_path / "relay", caps=Limits(lookups_a_day=1)) as inside:
        alice = await command_line.join(tmp_path / "alice", inside.url, "alice@example.com")
        assert (await alice.run("lookup", "bob@example.com")).said == []
        met = await alice.run("lookup", "carol@example.com")
    assert met.line == {"address": "carol@example.com", "rich": None, "devices": 0}
    (said,) = met.said
    assert said.startswith("The relay allows only so many requests; try again later (the limit is: lookups a day)")


@pytest.mark.long
async def test_a_blocked_sender_learns_nothing(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    carol = await command_line.join(tmp_path / "carol", relay.url, "carol@example.com")
    blocked = (await bob.run("block", "alice@example.com")).line
    assert blocked == {"address": "alice@example.com", "relation": "blocked"}
    accepted = (await bob.run("accept", "carol@example.com")).line
    assert accepted == {"address": "carol@example.com", "relation": "accepted"}
    assert (await alice.run("send", "bob@example.com", "Buy this!")).line["status"] == "sent"
    # Carol's message behind hers shows that Bob's mailbox was read to there.
    async with asyncio.TaskGroup() as both:
        heard = both.create_task(bob.run("listen", "--count", "1", "--timeout", "30"))
        sent = both.create_task(carol.run("send", "bob@example.com", "Hello", "--wait", "delivered"))
    assert heard.result().line["text"] == "Hello"
    assert sent.result().line["status"] == "delivered"
    assert [line["text"] for line in (await bob.run("messages")).lines] == ["Hello"]
    unsure = await alice.run("send", "bob@example.com", "Really!", "--wait", "delivered", "--timeout", "1")
    assert (unsure.code, unsure.lines[0]["status"]) == (3, "sent")


@pytest.mark.long
async def test_offline(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    await relay.stop()
    queued = await alice.run("send", "bob@example.com", "first", "--timeout", "0.5")
    assert (queued.code, queued.lines[0]["status"]) == (3, "queued")
    assert queued.said == [
        "The relay cannot be reached; the message stays queued and any later send or listen takes it along."
    ]
    assert (await alice.run("lookup", "bob@example.com")).line == {
        "address": "bob@example.com",
        "rich": None,
        "devices": 0,
    }
    assert (await alice.run("messages")).line["status"] == "queued"
    assert (await alice.run("search", "fir")).line["text"] == "first"
    await relay.start()
    assert (await alice.run("send", "bob@example.com", "second")).line["status"] == "sent"
    heard = await bob.run("listen", "--count", "2", "--timeout", "30")
    assert (heard.code, [line["text"] for line in heard.lines]) == (0, ["first", "second"])
    late = await bob.run("listen", "--count", "1", "--timeout", "0.5")
    assert (late.code, late.said) == (3, ["Only 0 of 1 messages came in time."])


@pytest.mark.parametrize("more", [(), ("--yes",), ("--bearer", "text")])
@pytest.mark.parametrize("silent", ["ready", "agreed"])
async def test_a_relay_that_says_nothing_is_waited_for_no_longer_than_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Relay, silent: str, more: tuple[str, ...]
) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with alice.awake() as present:
        monkeypatch.setattr(texts, silent, never)
        session, heard = Session(present.messenger), Heard(patient=True)
        words = ["send", "+12025550199", "kept", "--timeout", "0.2", *more]
        assert await dispatch.run(session, words, heard) in (1, 3)
        assert [line["status"] for line in heard.lines] in (["queued"], ["failed"])
        kept = Heard()
        assert await dispatch.run(session, ["messages"], kept) == 0
        assert [line["text"] for line in kept.lines] == ["kept"]


@pytest.mark.long
async def test_by_invite(tmp_path: Path) -> None:
    async with relays.process(tmp_path / "relay", open_registration=False) as relay:
        link = await relay.invite()
        alice, bob = CommandLine(tmp_path / "alice"), CommandLine(tmp_path / "bob")
        closed = await alice.run("register", "alice@example.com", "--relay", relay.url)
        assert (closed.code, closed.lines) == (1, [])
        assert "--invite" in closed.said[0]
        made = (await alice.run("register", "alice@example.com", "--invite", link)).line
        assert made["address"] == "alice@example.com"
        used = await bob.run("register", "bob@example.com", "--invite", link)
        assert (used.code, used.said) == (1, ["This invite was used already; ask for a new one."])


@pytest.mark.long
async def test_reading_commands(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    carol = await command_line.join(tmp_path / "carol", relay.url, "carol@example.com")
    host = await alice.holds("listen", "--timeout", "60")
    texts = ["one kingfisher", "two herons", "three kingfishers"]
    for to, text in zip((bob, carol, bob), texts, strict=True):
        assert (await alice.run("send", to.address, text)).line["status"] == "sent"
    everything = await alice.run("messages")
    assert [line["text"] for line in everything.lines] == texts
    assert (await alice.run("messages", "--limit", "2")).lines == everything.lines[1:]
    assert (await alice.run("messages", "bob@example.com", "--limit", "1")).lines == everything.lines[2:]
    found = await alice.run("search", "kingfisher")
    assert [line["text"] for line in found.lines] == ["three kingfishers", "one kingfisher"]
    assert (await alice.run("search", "ostrich")).lines == []
    talks = await alice.run("conversations")
    assert [line["address"] for line in talks.lines] == ["bob@example.com", "carol@example.com"]
    exported = (await alice.run("export")).lines
    kinds = [line.pop("type") for line in exported]
    assert kinds == ["conversation", "message", "message", "conversation", "message"]
    assert [exported[0], exported[3]] == talks.lines
    assert [exported[1], exported[4], exported[2]] == everything.lines
    number = (await alice.run("safety-number", "bob@example.com")).line
    assert re.fullmatch(r"\d{60}", number["number"])
    assert (await bob.run("safety-number", "alice@example.com")).line["number"] == number["number"]
    host.process.terminate()
    assert (await host.ended()).code == 0


async def test_notices_are_printed_until_they_are_settled(relay: Relay, tmp_path: Path) -> None:
    """Of somebody nobody knows, and an alarm about an account whose address is not checked."""
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    mallory = b"M" * 32
    async with alice.awake() as present:

        def tell(tx: Tx) -> None:
            for _ in range(3):
                notices.add(tx, "refused", "replayed", account=mallory, device=b"d" * 16)
            notices.add(tx, "list", "list_forked", account=present.messenger.me.account, alarm=True)
            notices.add(tx, "refused", "not_taken")

        await present.messenger.database.write(tell)
        session, heard = Session(present.messenger), Heard()
        assert await dispatch.run(session, ["notices", "--settle"], heard) == 0
        at = [line.pop("at") for line in heard.lines]
        assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT.*Z", each) for each in at)
        numbers = [line.pop("notice") for line in heard.lines]
        assert numbers == sorted(numbers)
        refused = {"kind": "refused", "alarm": False}
        assert heard.lines == [
            refused | {"code": "replayed", "from": mallory.hex(), "device": (b"d" * 16).hex(), "times": 3},
            {"kind": "list", "code": "list_forked", "alarm": True, "from": "alice@example.com", "device": None}
            | {"times": 1},
            refused | {"code": "not_taken", "from": None, "device": None, "times": 1},
        ]
        again = Heard()
        assert await dispatch.run(session, ["notices"], again) == 0
        assert again.lines == []


@pytest.mark.long
async def test_a_claimed_address_is_no_name(relay: Relay, tmp_path: Path) -> None:
    """Mallory says she is Alice: she is printed by her account, and accepting Alice does not accept her."""
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    mallory = await people.join(tmp_path / "mallory", relay.url, "mallory@example.com")
    async with mallory.online() as present:
        await present.messenger.database.write(lambda tx: own.start_from(tx, "alice@example.com"))
        await present.status(await present.write("bob@example.com", "I am Alice"), Status.SENT)
        account = present.messenger.me.account.hex()
    heard = (await bob.run("listen", "--count", "1", "--timeout", "30")).line
    assert (heard["from"], heard["text"]) == (account, "I am Alice")
    assert (await bob.run("accept", "alice@example.com")).code == 0
    talks = (await bob.run("conversations")).lines
    found = {(line["address"], line["account"] == account, line["relation"]) for line in talks}
    assert found == {(None, True, "stranger"), ("alice@example.com", False, "accepted")}
    assert (await alice.run("send", "bob@example.com", "I am")).line["status"] == "sent"
    assert (await bob.run("listen", "--count", "1", "--timeout", "30")).line["from"] == "alice@example.com"


@pytest.mark.long
async def test_an_address_that_moved_is_written_to_after_a_yes(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    assert (await alice.run("send", "bob@example.com", "to Bob")).line["status"] == "sent"
    assert (await bob.run("settings", "rich_messaging", "off")).code == 0
    assert (await bob.run("addresses", "remove", "bob@example.com")).code == 0
    await command_line.join(tmp_path / "other", relay.url, "bob@example.com")
    outcome = await alice.run("send", "bob@example.com", "to whoever this is")
    assert outcome.code == 1
    assert outcome.lines[0]["recipients"][0]["reason"] == "other_account"
    assert outcome.said == ["This address belongs to another account by now; begin a new conversation."]
    assert (await alice.run("send", "bob@example.com", "to whoever this is", "--yes")).line["status"] == "sent"
    assert (await alice.run("send", "bob@example.com", "once more")).line["status"] == "sent"
    assert len((await alice.run("conversations")).lines) == 2
