"""Olm accounts and sessions as values: going back is possible after reading, never after writing."""

import pytest
import vodozemac

from app.common.errors import Broken, Malformed, Untrusted
from app.crypto import olm


def two_sessions() -> tuple[olm.Session, olm.Session]:
    alice = olm.new_account()
    bob, (key,) = olm.new_account().add_one_time_keys(1)
    ours, _, body = alice.start(bob.identity, key).encrypt(b"first")
    _, theirs, _ = bob.accept(alice.identity, body)
    return ours, theirs


def test_a_session_that_has_encrypted_is_spent():
    ours, _ = two_sessions()
    after, _, _ = ours.encrypt(b"one")
    again, kind, body = after.encrypt(b"two")
    for use in (lambda: ours.encrypt(b"two"), lambda: ours.decrypt(kind, body), ours.dump, after.dump):
        with pytest.raises(Broken, match="stale_state"):
            use()
    assert again.dump()


def test_a_session_stays_what_it_was_before_it_decrypted():
    ours, theirs = two_sessions()
    ours, kind, body = ours.encrypt(b"one")
    for _ in range(3):
        after, plaintext = theirs.decrypt(kind, body)
        assert plaintext == b"one"
    with pytest.raises(Untrusted, match="undecryptable"):
        after.decrypt(kind, body)


def test_every_value_of_a_long_batch_can_be_gone_back_to():
    ours, theirs = two_sessions()
    said: list[tuple[int, bytes]] = []
    for number in range(2 * olm._STEPS + 5):
        ours, kind, body = ours.encrypt(b"%d" % number)
        said.append((kind, body))
    values = [theirs]
    for number, each in enumerate(said):
        after, plaintext = values[-1].decrypt(*each)
        assert plaintext == b"%d" % number
        values.append(after)
        if number == 7:
            after.dump()
    whole = values[-1]._look().pickle(bytes(32))
    for at in (*range(0, len(said), 5), len(said) - 1):
        going = values[at]
        with pytest.raises((Untrusted, Malformed)):
            going.decrypt(said[at][0], said[at][1][:-1] + bytes([said[at][1][-1] ^ 1]))
        for number, each in enumerate(said[at:], at):
            going, plaintext = going.decrypt(*each)
            assert plaintext == b"%d" % number
        assert going._look().pickle(bytes(32)) == whole
    with pytest.raises(Untrusted, match="undecryptable"):
        values[3].decrypt(*said[2])


def test_nothing_is_opened_again_for_every_message_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch):
    ours, theirs = two_sessions()
    for number in range(9):
        ours, kind, body = ours.encrypt(b"%d" % number)
        theirs, _ = theirs.decrypt(kind, body)
    opened: list[int] = []
    unpickle = olm.Session._unpickle

    def counted(self: olm.Session, pickle: str, key: bytes) -> vodozemac.Session:
        opened.append(len(self._since))
        return unpickle(self, pickle, key)

    monkeypatch.setattr(olm.Session, "_unpickle", counted)
    for _ in range(5):
        with pytest.raises(Untrusted, match="undecryptable"):
            theirs.decrypt(kind, body)
    assert opened == [9, 0, 0, 0]  # the first time all since the last that was stored, and then no more


def test_a_failed_decryption_leaves_the_session_as_it_was():
    """Of a first message Olm protects only the inner part; the envelope's own tag covers the rest."""
    ours, theirs = two_sessions()
    theirs, kind, body = theirs.encrypt(b"answer")
    ours, _ = ours.decrypt(kind, body)
    before = theirs._look().pickle(bytes(32))
    ours, kind, body = ours.encrypt(b"one")
    assert kind == olm.NORMAL_MESSAGE
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises((Untrusted, Malformed)):
            theirs.decrypt(kind, changed)
    assert theirs._look().pickle(bytes(32)) == before
    assert theirs.decrypt(kind, body)[1] == b"one"


def test_what_is_no_message_is_malformed():
    _, theirs = two_sessions()
    for kind, body in ((0, b""), (1, b""), (2, b"\x03"), (1, b"\x03"), (255, bytes(100))):
        with pytest.raises(Malformed, match="olm_message"):
            theirs.decrypt(kind, body)
        with pytest.raises(Malformed, match="olm_message"):
            olm.session_id(body)


def test_a_damaged_pickle_is_our_own_trouble():
    ours, _ = two_sessions()
    pickle, key = ours.dump()
    for damaged in (pickle[:-4], "", "!" + pickle[1:]):
        with pytest.raises(Broken):
            olm.Session(ours.id, None, damaged, key).encrypt(b"")
    with pytest.raises(Broken, match="damaged_state"):
        olm.Session(ours.id, None, pickle, bytes(32)).encrypt(b"")
