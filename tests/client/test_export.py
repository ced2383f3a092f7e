"""Export: everything that was said, in one file for its owner alone, whole or not at all."""

import json
import stat
from pathlib import Path

import pytest

from app.client import export
from app.common import errors
from tests.parts import people
from tests.parts.relay import Relay, relay

__all__ = ["relay"]


async def test_everything_said_is_in_the_file(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    file = tmp_path / "all.jsonl"
    async with alice.online() as a:
        for text in ("one", "zwei – «два»"):
            await a.write("bob@example.com", text)
        file.write_text("an older one")
        assert await export.save(a.messenger, file) == 2
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert [line["type"] for line in lines] == ["conversation", "message", "message"]
        assert [line["text"] for line in lines[1:]] == ["one", "zwei – «два»"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with pytest.raises(errors.GiveUp, match="output_failed"):
            await export.save(a.messenger, tmp_path / "no such folder" / "all.jsonl")
    assert [each.name for each in tmp_path.iterdir() if "jsonl" in each.name] == ["all.jsonl"]
