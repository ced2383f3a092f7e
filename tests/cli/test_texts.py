"""The commands about texts, over one messenger in this process: forecast, send with and without a yes, why, plan."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import sentences
from app.commands import dispatch
from app.commands.session import Session
from app.relay.texts import base
from app.storage import messages
from tests.parts import people, texting
from tests.parts.texting import CAROL, Network
from tests.parts.waiting import until
from tests.stories.test_text_turns import kept_back, silence
from tests.stories.test_texts import alice, settled

ALICE, BOB = "+12025550101", "+12025550102"


@dataclass
class Paper:
    """What a command printed."""

    lines: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    said: list[str] = field(default_factory=list[str])

    def line(self, value: dict[str, Any]) -> None:
        self.lines.append(value)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    async def drain(self) -> None:
        return


async def run(session: Session, *words: str) -> tuple[int, Paper]:
    paper = Paper()
    return await dispatch.run(session, words, paper), paper


async def test_a_paid_text_from_its_forecast_to_why(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        sql = "UPDATE address SET standing = 'proved' WHERE address = ?"
        await inside.store.directory._writer.call(lambda connection: connection.execute(sql, (ALICE,)).fetchall())
        async with alice.online() as present:
            session = Session(present.messenger)
            code, paper = await run(session, "plan")
            assert (code, paper.lines[0]["kind"], paper.lines[0]["left"]) == (0, "unlimited", None)
            code, paper = await run(session, "plan", "kind=limited", "allowance=1", "price=12", "currency=GBP")
            assert (code, paper.lines[0]["left"], paper.lines[0]["used"]) == (0, 1, 0)
            assert (await run(session, "plan", "kind=free"))[0] == 1

            code, paper = await run(session, "forecast", CAROL, "Hello")
            assert paper.lines == [
                {"bearer": "text", "why": "never_rich", "encoding": "GSM-7", "segments": 1, "price": 0, "left": 0}
            ]
            code, paper = await run(session, "forecast", "carol@example.com", "Hello")
            assert (paper.lines[0]["bearer"], paper.lines[0]["why"]) == ("none", "not_on_kingfisher")

            assert (await run(session, "send", CAROL, "Hello"))[0] == 0
            code, paper = await run(session, "send", CAROL, "Again, я")
            assert (code, paper.lines[0]["why"], paper.lines[0]["price"]) == (1, "plan_used_up", 12)
            assert paper.said == ["The plan for text messages is used up."]
            assert (await run(session, "send", "--bearer", "rich", CAROL, "Again", "--yes"))[0] == 1
            code, paper = await run(session, "send", "--yes", CAROL, "Again, я")
            assert (code, paper.lines[0]["bearer"], paper.lines[0]["status"]) == (0, "text", "sent")
            identity = paper.lines[0]["id"]

            code, paper = await run(session, "plan", "--texts", "1")
            assert (paper.lines[0]["used"], paper.lines[0]["spent"]) == (2, 12)
            assert [(each["state"], each["price"]) for each in paper.lines[1:]] in (
                [("sending", 12), ("sent", 0)],
                [("sent", 12), ("sent", 0)],
            )
            assert len((await run(session, "plan", "--texts", "2"))[1].lines) == 1

            code, paper = await run(session, "why", identity)
            told = paper.lines[0]
            assert (code, told["bearer"], told["why"], told["capability"]) == (0, "text", "text_agreed", "not_rich")
            assert (told["segments"], told["price"], told["currency"], told["yes"]) == (1, 12, "GBP", True)
            assert told["asked_at"] is not None
            assert (await run(session, "why", "00" * 16))[0] == 1

            code, paper = await run(session, "outbox")
            assert [(each["text"], each["reason"]) for each in paper.lines] == [("Again", "not_on_kingfisher")]
            code, paper = await run(session, "outbox", "discard", paper.lines[0]["id"])
            assert (code, paper.lines) == (0, [])
            assert (await run(session, "outbox", "retry", identity))[0] == 1

            code, paper = await run(session, "settings", "rich_messaging", "off")
            assert (code, paper.lines) == (0, [{"key": "rich_messaging", "value": "off"}])
            head = await present.messenger.peers.refresh(present.messenger.me.account)
            assert not head.rich
            assert (await run(session, "settings", "rich_messaging", "on"))[1].lines[0]["value"] == "on"
            assert (await run(session, "settings", "rich_messaging", "maybe"))[0] == 1


async def test_a_text_of_unknown_price_leaves_only_with_a_yes(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, _):
        session = Session(present.messenger)
        await run(session, "plan", "kind=pay")
        code, paper = await run(session, "send", CAROL, "Hello")
        assert (code, paper.lines[0]["why"], paper.lines[0]["price"]) == (1, "needs_consent", None)
        assert not network.asked
        code, paper = await run(session, "send", "--yes", CAROL, "Hello")
        assert (code, paper.lines[0]["bearer"], paper.lines[0]["status"]) == (0, "text", "sent")
        code, paper = await run(session, "why", paper.lines[0]["id"])
        assert (code, paper.lines[0]["segments"], paper.lines[0]["price"]) == (0, 1, None)


@pytest.mark.parametrize("yes", [(), ("--yes",)])
async def test_what_was_written_while_the_directory_was_silent_is_a_text_with_a_yes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yes: tuple[str, ...]
) -> None:
    """Nothing was forecast: a yes in advance is to as much as the own plan says."""
    async with alice(tmp_path) as (present, network, _):
        session = Session(present.messenger)
        with silence(present, monkeypatch):
            sending = asyncio.create_task(run(session, "send", *yes, CAROL, "in the plan"))
            await kept_back(present, 1)
        await present.messenger.sending.hurry()
        code, paper = await sending
        assert (code, paper.lines[0]["status"]) == ((0, "sent") if yes else (1, "failed"))
        assert paper.said == ([] if yes else [sentences.for_code("needs_consent")])
        if yes:
            await settled(present, 1)
        assert [item.text for _, item in network.taken] == (["in the plan"] if yes else [])


async def test_what_may_have_arrived_is_tried_again_only_with_a_yes(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        sql = "UPDATE address SET standing = 'proved' WHERE address = ?"
        await inside.store.directory._writer.call(lambda connection: connection.execute(sql, (ALICE,)).fetchall())
        async with alice.online() as present:
            session = Session(present.messenger)
            network.script += [base.Refused(base.Reason.UNREACHABLE), base.OutcomeUnknown()]
            for words in ("refused", "perhaps"):
                await run(session, "send", CAROL, words)
            await present.until(
                lambda view: len([each for each in messages.unsent(view) if each.status == "failed"]) == 2
            )
            lines = (await run(session, "outbox"))[1].lines
            refused, perhaps = (each["id"] for each in sorted(lines, key=lambda each: each["text"], reverse=True))
            code, paper = await run(session, "outbox", "retry", perhaps)
            assert (code, paper.lines) == (1, [])
            assert "twice" in paper.said[0]
            assert len(network.asked) == 2
            assert (await run(session, "outbox", "retry", refused))[0] == 0
            await until(lambda: len(network.asked) == 3)
            assert (await run(session, "outbox", "retry", perhaps, "--yes"))[0] == 0
            await until(lambda: network.words() == "refusedperhaps")


async def test_sent_as_text_only_with_a_yes_and_never_beside_the_encrypted_one(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        sql = "UPDATE address SET standing = 'proved' WHERE address = ?"
        await inside.store.directory._writer.call(lambda connection: connection.execute(sql, (ALICE,)).fetchall())
        async with alice.online() as present:
            session = Session(present.messenger)
            await run(session, "plan", "kind=pay", "price=12", "currency=GBP")
            sent = (await run(session, "send", BOB, "waits"))[1].lines[0]
            code, paper = await run(session, "send-as-text", sent["id"])
            assert (code, paper.lines[0]["bearer"], paper.lines[0]["price"]) == (1, "text", 12)
            assert not network.asked
            code, paper = await run(session, "send-as-text", sent["id"], "--yes")
            assert (code, paper.lines[0]["bearer"], paper.lines[0]["status"]) == (0, "text", "sent")
            assert (await run(session, "send-as-text", sent["id"], "--yes"))[0] == 1
            assert (await run(session, "send-as-text", "00" * 16))[0] == 1
            asked = (await run(session, "send", "--bearer", "rich", CAROL, "never text"))[1].lines[0]
            code, paper = await run(session, "outbox")
            assert [(each["id"], each["cause"], each["next_try"]) for each in paper.lines] == [
                (asked["id"], sentences.for_code("not_on_kingfisher"), None)
            ]
            async with bob.online() as there:
                await there.messenger.caught_up()
                assert await there.messenger.database.read(lambda view: messages.recent(view, 9)) == []
