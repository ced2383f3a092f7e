"""What is typed wrong, and the ways into a profile: exit codes and sentences."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from app import cli
from app.commands import arguments, dispatch
from app.crypto import identity, vault
from app.storage import keyslots
from tests.parts import command_line, people
from tests.parts.relay import Relay


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--bogus", "settings"],
        ["dance"],
        ["send", "bob@example.com"],
        ["send", "bob@example.com", "x", "--wait", "never"],
        ["send", "bob@example.com", "x", "--timeout", "nan"],
        ["send", "bob@example.com", "x", "--timeout", "-1"],
        ["listen", "--count", "0"],
        ["listen", "--count", "many"],
        ["status", "xyz"],
        ["status", "00"],
        ["register", "bob@example.com"],
        ["register", "bob@example.com", "--relay", "http://a", "--invite", "b"],
        ["passphrase", "forget"],
        ["search"],
        ["settings", "a", "b", "c"],
        ["outbox", "retry"],
        ["outbox", "edit"],
        ["outbox", "discard"],
        ["outbox", "forget", "00" * 16],
        ["plan", "limited"],
    ],
)
def test_usage(tmp_path: Path, capfd: pytest.CaptureFixture[str], words: Sequence[str]) -> None:
    assert cli.main(["--profile", str(tmp_path / "p"), *words]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("--help.\n")


@pytest.mark.parametrize(
    "words",
    [
        ["search", "weir", "\udcff"],
        ["register", "bob@example.com", "--relay", "http://127.0.0.1:9", "--name", "B\udcf6b"],
        ["send", "bob@example.com", "\ud83d"],
        ["lookup", "b\udcf6b@example.com"],
        ["settings", "theme", "\udcff"],
        ["plan", "kind=\udcff"],
    ],
)
def test_bytes_that_are_no_characters_make_no_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], words: Sequence[str]
) -> None:
    assert cli.main(["--profile", str(tmp_path / "p"), *words]) == 2
    said = "An argument holds bytes that are no characters; set the terminal to UTF-8 and type it again.\n"
    assert capfd.readouterr() == ("", said)


def test_a_file_may_have_any_name() -> None:
    assert arguments.parse(["save", "00" * 16, "\udcff.png"]).file == Path("\udcff.png")


def test_help_and_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listed = capfd.readouterr().out
    for entry in arguments.ENTRIES:
        assert f"  {entry.name} " in listed
        assert cli.main([entry.name, "--help"]) == 0
    assert cli.main(["--version"]) == 0
    assert capfd.readouterr().out.endswith("kingfisher-cli 0.1.0\n")


def test_every_command_is_carried_out_somewhere() -> None:
    alone = {"register", "unlock", "passphrase"}
    assert {entry.name for entry in arguments.ENTRIES} == set(dispatch.COMMANDS) | alone


def test_a_text_may_look_like_an_option() -> None:
    assert arguments.parse(["send", "bob@example.com", "--", "--help"]).text == "--help"
    assert arguments.parse(["send", "bob@example.com", "-5"]).text == "-5"


def test_without_an_account(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--profile", str(tmp_path / "p"), "messages"]) == 1
    assert capfd.readouterr().err == "There is no account in this profile yet; make one with the command register.\n"
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["register", "nonsense", "--relay", "http://127.0.0.1:9"], "no e-mail address or phone number"),
        (["register", "bob@example.com", "--relay", "gopher://x"], "no address of a relay"),
        (["register", "bob@example.com", "--relay", "http://relay.example.com"], "not be encrypted"),
        (["register", "bob@example.com", "--invite", "https://relay.example.com/join#zzz"], "no valid invite link"),
        (["register", "bob@example.com", "--relay", "http://127.0.0.1:9"], "relay cannot be reached"),
    ],
)
def test_refused_registrations(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], words: Sequence[str], said: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    folder = tmp_path / "p"
    assert cli.main(["--profile", str(folder), "--passphrase-file", str(secret), *words]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert not (folder / "keyslots").exists()


def test_files_that_hold_no_passphrase(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "keyslots").write_text("{}")
    binary, long = tmp_path / "binary", tmp_path / "long"
    binary.write_bytes(b"\xff\xfe")
    long.write_text("x" * 5_000)
    for file, said in ((tmp_path / "none", "cannot be read"), (binary, "is no text"), (long, "too long")):
        assert cli.main(["--profile", str(folder), "--passphrase-file", str(file), "settings"]) == 2
        assert said in capfd.readouterr().err
    with long.open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        assert cli.main(["--profile", str(folder), "--vault", "passphrase", "settings"]) == 2
    assert "no terminal" in capfd.readouterr().err


async def test_wrong_passphrase_and_no_keychain_slot(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    alice.passphrase.write_text("wrong\n")
    before = alice.home.keyslots.read_bytes()
    wrong = await alice.run("settings")
    assert (wrong.code, wrong.lines) == (1, [])
    assert wrong.said == ["That is not the right passphrase or recovery code for this profile; nothing was changed."]
    assert alice.home.keyslots.read_bytes() == before


@pytest.mark.long
async def test_the_recovery_code_is_shown_until_it_was_seen_and_opens_the_profile(relay: Relay, tmp_path: Path) -> None:
    someone = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    slots = keyslots.read(tmp_path / "alice")
    assert slots is not None
    cheap = vault.wrap_passphrase(someone.key, command_line.PASSPHRASE, slots.profile, people.CHEAP)
    keyslots.write(tmp_path / "alice", slots.with_slot("passphrase", cheap))
    alice = command_line.CommandLine(tmp_path / "alice")
    # Its registration ended before the code was confirmed: it is printed again, once, and is no word of the outcome.
    unknown = await alice.run("status", "00" * 16)
    assert (unknown.code, unknown.lines) == (1, [{"recovery_code": someone.code}])
    assert unknown.said == ["There is no message with this id here."]
    assert (await alice.run("settings", "theme")).line["key"] == "theme"
    code = tmp_path / "code"
    code.write_text("12345 67890")
    slip = await alice.run("unlock", "--recovery-code-file", str(code))
    assert (slip.code, slip.lines) == (1, [])
    assert "12 groups of 5 digits" in slip.said[0]
    code.write_text(someone.code.replace(" ", "-") + "\n")
    alice.passphrase.write_text("another one\n")
    assert (await alice.run("unlock", "--recovery-code-file", str(code))).line == {"vault": "passphrase"}
    assert (await alice.run("settings", "theme")).line["value"] == "system"
    alice.quicken()
    # Without --vault the passphrase that is given opens it; a new one takes its place.
    fresh = tmp_path / "fresh"
    fresh.write_text("a third one")
    assert (await alice.run("passphrase", "set", "--new-passphrase-file", str(fresh))).line == {"vault": "passphrase"}
    assert (await alice.run("settings", "theme")).code == 1
    usual = command_line.CommandLine(tmp_path / "alice", options=("--passphrase-file", str(fresh)))
    assert (await usual.run("settings", "theme")).code == 0


@pytest.mark.long
async def test_a_code_that_could_not_be_printed_is_kept(relay: Relay, tmp_path: Path) -> None:
    alice = command_line.CommandLine(tmp_path / "alice")
    with Path("/dev/full").open("wb") as full:
        process = await asyncio.create_subprocess_exec(
            *alice.program,
            *alice.words("register", "alice@example.com", "--relay", relay.url),
            stdout=full,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 1
    again = (await alice.run("register", "alice@example.com", "--relay", relay.url)).line
    assert identity.parse_code(again["recovery_code"]) == again["recovery_code"]
