"""What looks for secrets finds them: in every form, in a process' memory, on a wire and in files."""

import base64
import os
import struct
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.secrecy import finder
from tests.secrecy.finder import Family
from tests.secrecy.recorder import Recorder


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
@pytest.mark.parametrize(
    "write",
    [
        lambda data: data,
        lambda data: data.upper(),
        lambda data: data.title(),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("utf-16-be"),
        lambda data: data.decode().encode("utf-32-le"),
        lambda data: data.hex().encode(),
        lambda data: data.hex().upper().encode(),
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda data: base64.b64encode(data.decode().encode("utf-16-le")),
        lambda data: data.decode().encode("utf-16-le").hex().encode(),
    ],
)
def test_a_word_is_found_in_every_form(before: bytes, write: "type[bytes]") -> None:
    family, other = Family(), Family()
    word = family.word("text")
    hidden = os.urandom(999) + write(before + word.encode() + b" and more") + os.urandom(999)
    assert family.traces(hidden)
    assert not other.traces(hidden)


@pytest.mark.parametrize("before", range(3))
def test_a_key_is_found_in_every_form(before: int) -> None:
    key = os.urandom(32)
    for form in (bytes, lambda data: data.hex().encode(), base64.b64encode, base64.urlsafe_b64encode):
        assert finder.keys_in(b"{" + form(os.urandom(before) + key + os.urandom(7)) + b"}", {"seed": key})
    assert not finder.keys_in(os.urandom(4096), {"seed": key})


def test_a_part_of_a_state_is_found_wherever_it_lies() -> None:
    state = os.urandom(3000)
    for at in range(32):
        hidden = os.urandom(at) + state[1000 + at : 1031 + at] + os.urandom(500)
        assert finder.pieces_in(hidden, {"pair": state}) == ["pair"]
    assert finder.pieces_in(os.urandom(100_000), {"pair": state}) == []


HOLDING = """
import sys
data = bytes(each ^ 1 for each in sys.stdin.buffer.readline().strip())
kept = [data.decode("latin-1"), data.decode("latin-1") + "\\U0001f680", {data: 1}]
big = bytearray(b"\\1" * 50_000_000) + data
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux shows the memory of a process as a file")
def test_a_word_is_found_in_the_memory_of_a_process() -> None:
    """It gets the word in disguise, so that it is there only because the program made it."""
    family, other = Family(), Family()
    disguised = bytes(each ^ 1 for each in family.word("text").encode())
    process = subprocess.Popen([sys.executable, "-c", HOLDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    with process:
        process.stdin.write(disguised + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        memory = finder.memory_of(process.pid)
        process.stdin.close()
    assert len(memory) > 50_000_000
    forms = {trace.partition(" ")[0] for trace in family.traces(memory)}
    assert forms >= {"utf-8", "utf-32-le"}
    assert not other.traces(memory)


async def test_a_word_is_found_on_the_wire_masked_chunked_and_in_pieces() -> None:
    family = Family()

    async def echo(request: web.Request) -> web.StreamResponse:
        if request.path == "/socket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_bytes(message.data[::-1])
            return socket
        answer = web.StreamResponse()
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        await answer.write(await request.read())
        await answer.write(family.word("answer").encode())
        return answer

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Recorder() as wire, aiohttp.ClientSession() as session:
        wire.target = runner.addresses[0]
        async with session.post(f"{wire.url}/{family.word('path')}", data=family.word("body")) as answered:
            assert family.word("answer").encode() in await answered.read()
        async with session.ws_connect(f"{wire.url}/socket", compress=0) as socket:
            for size in (10, 200, 70_000):
                await socket.send_bytes(family.word("masked").encode() + bytes(size))
                await socket.receive()
    await runner.cleanup()
    tapes = [tape.read() for tape in wire.tapes]
    assert [len(read.sent) for read in tapes].count(3) == 1
    assert [len(message) - len(family.word("masked")) for read in tapes for message in read.sent] == [10, 200, 70_000]
    assert [message[::-1] for read in tapes for message in read.got] == [m for read in tapes for m in read.sent]
    clear = b"\0".join(read.clear for read in tapes)
    for what in ("path", "body", "answer", "masked"):
        assert family.word(what).encode() in clear
    raw = b"\0".join(bytes(tape.up) for tape in wire.tapes)
    assert family.word("masked").encode() not in raw  # which is why it has to be unmasked


async def test_a_message_in_pieces_is_put_together() -> None:
    from tests.secrecy.recorder import Tape

    def piece(first: int, payload: bytes) -> bytes:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        return struct.pack("!BB", first, 0x80 | len(payload)) + mask + masked

    up = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    up += piece(0x02, b"first ") + piece(0x89, b"ping") + piece(0x00, b"second ") + piece(0x80, b"last")
    down = b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\n\r\n\x82\x02ok\x88\x00"
    read = Tape(bytearray(up + piece(0x82, b"whole")), bytearray(down)).read()
    assert (read.sent, read.got) == ([b"first second last", b"whole"], [b"ok"])


def test_a_word_is_found_in_files_and_their_names(tmp_path: Path) -> None:
    family = Family()
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / ".hidden").write_text(family.word("text"))
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / family.word("name")).touch()
    files = finder.files_under(tmp_path)
    assert {path.name for path, data in files.items() if family.traces(data)} == {".hidden"}
    assert sum(bool(family.traces(name)) for name in finder.names_under(tmp_path)) == 1
