"""The states of the keychain when a profile is to be opened: one sentence, nothing changed, well again after."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app import sentences
from app.storage import keyslots
from tests.keychain import world
from tests.keychain.world import World
from tests.parts import secret_service
from tests.parts.command_line import Outcome

pytestmark = [
    pytest.mark.keyring,
    pytest.mark.skipif(bool(secret_service.MISSING), reason=f"not installed: {', '.join(secret_service.MISSING)}"),
]

PASSPHRASE = "rain on a tin roof"
NEW, OPEN = "--new-passphrase-file", ("--vault", "passphrase", "--passphrase-file")


def refused(outcome: Outcome, code: str) -> None:
    """Exit code 1, nothing on stdout, and exactly the one sentence on stderr."""
    assert (outcome.code, outcome.lines, outcome.said) == (1, [], [sentences.SENTENCES[code]])


@dataclass(frozen=True)
class State:
    """How the keychain gets there, how it comes back, and what is said meanwhile."""

    code: str
    leave: Callable[[World], None]
    back: Callable[[World], None]
    bus: bool = True


def _restart(home: World) -> None:
    home.service.stop()
    home.service.start()


def _lock(home: World) -> None:
    home.service.stop()
    home.service.start(password=None)


def _empty(home: World) -> None:
    """Another keyring, empty, as after a reinstallation; the old one is put aside."""
    home.service.stop()
    keyrings = home.folder / "data" / "keyrings"
    keyrings.rename(home.folder / "aside")
    home.service.start()


def _nobody_to_ask(home: World) -> None:
    """No keyring at all: making one would need a prompt, which without a screen is dismissed at once."""
    home.service.stop()
    keyrings = home.folder / "data" / "keyrings"
    keyrings.rename(home.folder / "aside")
    home.service.start(password=None)


def _put_back(home: World) -> None:
    home.service.stop()
    home.forget_keyrings()
    (home.folder / "aside").rename(home.folder / "data" / "keyrings")
    home.service.start()


def _overwrite(text: str) -> Callable[[World], None]:
    def change(home: World) -> None:
        (home.folder / "entry").write_text(home.entry())
        home.overwrite(text)

    return change


def _delete(home: World) -> None:
    (home.folder / "entry").write_text(home.entry())
    home.delete()


def _write_back(home: World) -> None:
    home.overwrite((home.folder / "entry").read_text())


STATES = {
    "locked": State("keychain_locked", _lock, _restart),
    "absent": State("keychain_absent", lambda home: home.service.stop(), lambda home: home.service.start()),
    "no bus": State("keychain_absent", lambda home: None, lambda home: None, bus=False),
    "another key": State("keychain_changed", _overwrite(base64.b64encode(bytes(32)).decode()), _write_back),
    "no key": State("keychain_changed", _overwrite("hunter2"), _write_back),
    "deleted": State("keychain_changed", _delete, _write_back),
    "empty": State("keychain_changed", _empty, _put_back),
    "refusing": State("keychain_refused", _nobody_to_ask, _put_back),
}


SELDOM = {
    "no key",
    "no bus",
    "another key",
    "deleted",
    "empty",
    "refusing",
}  # much as others; each costs three starts of the program


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in SELDOM else ()) for name in STATES]
)
async def test_a_profile_that_does_not_open_stays_as_it_is(home: World, name: str) -> None:
    state = STATES[name]
    home.service.start()
    state.leave(home)
    alice, before = home.terminal(bus=state.bus), home.kept()
    refused(await alice.run("settings", "theme"), state.code)
    if state.code != "keychain_changed":  # it cannot be written either, so the code changes nothing
        refused(await alice.run("unlock", "--recovery-code-file", home.file("given", home.code)), state.code)
    assert home.kept() == before
    state.back(home)
    assert await home.works()


@pytest.mark.parametrize(
    "words",
    [
        ("send", "bob@example.com", "hello"),
        ("passphrase", "set", NEW, "FILE"),
        pytest.param(("export",), marks=pytest.mark.long),
    ],
    ids=lambda words: words[0],
)
async def test_every_command_waits_for_a_locked_keychain(home: World, words: tuple[str, ...]) -> None:
    home.service.start(password=None)
    before, fresh = home.kept(), home.file("fresh", PASSPHRASE)
    outcome = await home.terminal().run(*(fresh if word == "FILE" else word for word in words))
    refused(outcome, "keychain_locked")
    assert home.kept() == before


@pytest.mark.parametrize("name", ["empty", pytest.param("no key", marks=pytest.mark.long)])
async def test_the_code_opens_and_writes_the_slot_anew(home: World, name: str) -> None:
    state = STATES[name]
    home.service.start()
    first, old = home.entry(), keyslots.read(home.profile)
    state.leave(home)
    opened = await home.terminal().run("unlock", "--recovery-code-file", home.file("given", home.code))
    assert (opened.line, opened.said) == ({"vault": "keychain"}, [])
    new = keyslots.read(home.profile)
    assert old is not None and new is not None
    assert set(new.slots) == set(old.slots) == {"keychain", "recovery"}
    assert new.slots["keychain"] != old.slots["keychain"] and new.slots["recovery"] == old.slots["recovery"]
    assert home.entry() not in ("", first)
    _restart(home)
    assert await home.works()


async def test_the_code_renews_a_keychain_that_is_well_and_the_old_entry_opens_nothing(home: World) -> None:
    home.service.start()
    first = home.entry()
    given = home.file("given", home.code.replace(" ", "-"))
    assert (await home.terminal().run("unlock", "--recovery-code-file", given)).code == 0
    assert await home.works()
    home.overwrite(first)
    refused(await home.terminal().run("settings", "theme"), "keychain_changed")


WRONG = {
    "mistyped": (lambda code: code[:-1] + str((int(code[-1]) + 1) % 10), "recovery_code"),
    "short": (lambda code: code.rpartition(" ")[0], "recovery_code"),
    "empty": (lambda code: "", "recovery_code"),
    "another's": (lambda code: " ".join(["00000"] * 12), "wrong_key"),
}


@pytest.mark.long
async def test_a_wrong_code_opens_nothing(home: World) -> None:
    home.service.start()
    before, guest = home.kept(), home.terminal(*OPEN, home.file("fresh", PASSPHRASE))
    for typed, code in WRONG.values():
        given = home.file("given", typed(home.code))
        refused(await home.terminal().run("unlock", "--recovery-code-file", given), code)
    refused(await guest.run("unlock", "--recovery-code-file", given), code)
    assert home.kept() == before
    assert await home.works()


@pytest.mark.long
async def test_a_passphrase_is_a_way_in_while_the_keychain_is_away(home: World) -> None:
    home.service.start()
    right, wrong = home.file("right", PASSPHRASE), home.file("wrong", PASSPHRASE + "s")
    refused(await home.terminal(*OPEN, right).run("settings", "theme"), "no_passphrase_slot")
    assert (await home.terminal().run("passphrase", "set", NEW, right)).line == {"vault": "passphrase"}
    home.service.stop()
    before = home.kept()
    refused(await home.terminal(*OPEN, wrong).run("settings", "theme"), "wrong_key")
    refused(await home.terminal().run("settings", "theme"), "keychain_absent")
    assert home.kept() == before
    assert await home.works(*OPEN, right)
    home.service.start()
    assert await home.works()


@pytest.mark.long
async def test_registering_waits_for_the_keychain_and_takes_no_address_before() -> None:
    with world.fresh() as home:
        async with world.a_relay(home.folder) as relay:
            refused(await world.register(home, relay.url), "keychain_absent")
            home.service.start(password=None)
            refused(await world.register(home, relay.url), "keychain_refused")
            assert not (home.profile / "keyslots").exists()
            assert (await relay.command("accounts"))[:2] == (0, "")
            home.service.stop()
            home.service.start()
            assert (await world.register(home, relay.url)).line["address"] == world.ALICE
            assert await home.works()


async def test_the_entry_is_no_key_by_itself(home: World) -> None:
    """What the keychain keeps opens the slot, and is not the profile's key."""
    home.service.start()
    assert len(base64.b64decode(home.entry())) == 32
    slots = keyslots.read(home.profile)
    assert slots is not None
    (home.profile / "keyslots").unlink()
    keyslots.write(home.profile, slots.without("keychain"))
    refused(await home.terminal().run("settings", "theme"), "no_keychain_slot")
