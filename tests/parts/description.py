"""A provider's own description of its interface, and a program of others that lets only what it allows through."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from tests.parts import node

TOOL = Path(__file__).parent / "openapi"
PACKAGE = "@twilio-alpha/mcp@0.7.0"  # MIT; carries the descriptions as the vendor publishes them
INTEGRITY = "sha512-YsUde1pMXwqHm8Cvq9JdtsyvclVCC/f/V+FmxTNN04u5Qt5aapkbQgcfqBYQ0xcmvATBNswgPDo3MPVaCtZK8Q=="
MEMBER = "package/twilio-oai/spec/json/twilio_api_v2010.json"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ACCOUNT = "/2010-04-01/Accounts/{Sid}.json"
FORM = "application/x-www-form-urlencoded"


def ours() -> dict[str, Any]:
    """The two calls we make, as described."""
    whole = json.loads(node.packed(PACKAGE, INTEGRITY, MEMBER))
    post, get = whole["paths"][MESSAGES]["post"], whole["paths"][ACCOUNT]["get"]
    # The description forgets to say that MediaUrl is repeated, as everything the vendor publishes about it has it.
    post["requestBody"]["content"][FORM]["encoding"] = {"MediaUrl": {"style": "form", "explode": True}}
    whole["paths"] = {MESSAGES: {"post": post}, ACCOUNT: {"get": get}}
    return whole


@contextlib.asynccontextmanager
async def guard(folder: Path, behind: str) -> AsyncGenerator[str]:
    """Where it listens: what is asked there, and what ``behind`` answers, is let through or becomes an error."""
    written = folder / "description.json"
    written.write_text(json.dumps(ours()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    script = node.modules(TOOL) / "@stoplight" / "prism-cli" / "dist" / "index.js"
    options = ("proxy", written, behind, "--errors", "--host", "127.0.0.1", "--port", str(port))
    running = await asyncio.create_subprocess_exec(
        node.program(), script, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert running.stdout is not None
    said = b""
    try:
        while b"is listening" not in said:
            line = await running.stdout.readline()
            said += line
            assert line, said.decode()
        drain = asyncio.create_task(running.stdout.read())
        yield f"http://127.0.0.1:{port}"
        running.terminate()
        await drain
        # A signal to one that has ended takes its end away from the thread that waits for it: it is sent none.
        await running.wait()
    finally:
        if running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            await running.wait()
