"""What we say to a provider and what our double answers, against the vendor's description and its own library."""

import contextlib
import importlib.util
import random
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.common import clock
from app.relay.texts import base, callbacks, provider, webhooks
from tests.house.tree import ROOT
from tests.parts import description
from tests.parts import provider as providers
from tests.parts.provider import ACCOUNT, PATH, TOKEN, Provider
from tests.relay.texts.seat import CAROL, RELAY, Sink, sms
from tests.relay.texts.test_provider import running

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

LIBRARY = "twilio==9.13.0"  # MIT; only the module that checks signatures is read
TYPES = ("image/jpeg", "image/gif")


def mms(text: str, *urls: str) -> base.Mms:
    parts = tuple(base.MmsPart("image/jpeg", "", b"", url) for url in urls)
    return base.Mms(RELAY, CAROL, text, parts, b"r" * 16)


@contextlib.asynccontextmanager
async def guarded(folder: Path, sink: Sink) -> AsyncGenerator[tuple[Provider, provider.ProviderGateway]]:
    async with providers.provider() as real, description.guard(folder, real.url) as url:
        given = provider.Config(
            "north", url + PATH + "/Messages.json", ACCOUNT, TOKEN, (RELAY,), "https://relay.example.com", "s" * 24,
            TOKEN, 600_000, TYPES,
        )  # fmt: skip
        gateway = provider.ProviderGateway(given, clock.SystemClock())
        async with running(gateway, sink):
            yield real, gateway


async def test_all_we_say_is_as_described_and_so_is_what_the_double_answers(tmp_path: Path, sink: Sink) -> None:
    async with guarded(tmp_path, sink) as (real, gateway):
        assert gateway.bound  # it was asked for the account, and its answer let through
        until = clock.SystemClock().now() + 600_000
        items: tuple[base.Sms | base.Mms, ...] = (
            sms("Hello"),
            sms("é 😀 & + = %\n" * 40, valid_until=until),
            mms("Look", "/v1/media/one"),
            mms("я" * 700),
            mms("", *(f"/v1/media/{at}" for at in range(10))),
        )
        for item in items:
            taken = await gateway.submit(item)
            assert taken.message_id == real.answered[-1]["sid"]
        assert [len(media) for media in real.media] == [0, 0, 1, 0, 10]
        # and that the guard guards: the other way round neither would get through
        bad = replace(sms("Hello"), destination="")
        real.script.append((201, {**real.answered[0], "status": "flying"}, {}))
        with pytest.raises(base.OutcomeUnknown):
            await gateway.submit(sms("Hello"))
        count = len(real.asked)
        form = gateway._form
        gateway._form = lambda item: [pair for pair in form(item) if pair[0] != "To"]  # type: ignore[method-assign]
        with pytest.raises(base.Refused, match="422"):
            await gateway.submit(bad)
        assert len(real.asked) == count


def validator() -> Any:
    """The vendor's own check of a signature, out of its library for Python, which is not installed."""
    folder = ROOT / "build" / "python" / LIBRARY
    if not folder.is_dir():
        uv = str(Path(sys.executable).with_name("uv"))
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(folder), LIBRARY]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        if done.returncode != 0:
            pytest.fail(f"{LIBRARY} could not be installed; is there a network?\n{done.stderr}", pytrace=False)
    spec = importlib.util.spec_from_file_location("request_validator", folder / "twilio" / "request_validator.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RequestValidator(TOKEN)


def test_signatures_are_what_the_vendors_library_takes_for_them() -> None:
    """Ours, and the double's: over forms that a phone may cause, each read back by the gateway."""
    library = validator()
    dice = random.Random(7)
    base_url = "https://relay.example.com"
    path = callbacks.path("north", "s" * 24, provider.INCOMING)
    letters = "aZ09 +&=%é😀\n\0‏'\""
    for _ in range(300):
        fields = {f"F{at}": "".join(dice.choices(letters, k=dice.randrange(12))) for at in range(dice.randrange(6))}
        fields["Body"] = "".join(dice.choices(letters, k=20))
        query = dice.choice(("", "?x=1&y=%20", "?a"))
        url = base_url + path + query
        said = library.compute_signature(url, fields)
        assert said == webhooks.signature(TOKEN, url, list(fields.items())) == providers.sign(url, fields)
        assert library.validate(url, fields, said)
        body = urllib.parse.urlencode(fields).encode()
        call = callbacks.Call(provider.INCOMING, path + query, body, {webhooks.SIGNATURE: said})
        assert webhooks.read(call, TOKEN, base_url) == fields
