"""The chain of device lists, freshness and prekeys: what holds, and every way in which it must not."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import devices, limits, signed
from app.protocol.devices import DeviceList, DeviceRecord, KeyKind, ListBody
from app.protocol.signed import Context, Signed
from tests.parts.examples import examples

RELAY = b"R" * 32
ROOT = b"root" * 8
ACCOUNT = signed.account_id(signed.public_of(ROOT))
OTHER_ROOT = b"else" * 8
NOW = 1_800_000_000_000
SEEDS = {name: name.to_bytes(1) * 32 for name in range(1, 12)}


def record(name: int, account: bytes = ACCOUNT, relay: bytes = RELAY) -> DeviceRecord:
    device = name.to_bytes(16)
    return devices.make_record(relay, account, device, (name + 100).to_bytes(32), SEEDS[name], NOW)


ALICE = [record(1), record(2), record(3)]
FIRST = devices.first_list(RELAY, ROOT, [ALICE[0]], NOW)
HEAD = devices.verify_first(RELAY, ACCOUNT, FIRST)


def resign(item: Signed, seed: bytes, **changes: object) -> Signed:
    """The same body with changes, signed again."""
    body = msgspec.structs.replace(msgspec.msgpack.decode(item.body, type=ListBody), **changes)
    return signed.sign(seed, signed.encode(body))


def grown(*names: int) -> list[Signed]:
    """A chain whose n-th list adds the n-th device, each signed by the first."""
    chain = [FIRST]
    head = HEAD
    for name in names:
        chain.append(devices.next_list(head, SEEDS[1], NOW, records=[*head.devices, record(name)]))
        head = devices.verify_next(head, chain[-1])
    return chain


def refused(code: str, chain: Sequence[Signed], pin: devices.Pin | None = None) -> None:
    with pytest.raises(errors.GiveUp) as caught:
        devices.verify_chain(RELAY, ACCOUNT, chain, pin)
    assert caught.value.code == code


def test_a_chain_gives_its_head() -> None:
    chain = grown(2, 3)
    head = devices.verify_chain(RELAY, ACCOUNT, chain)
    assert (head.root_epoch, head.version, head.rich) == (0, 3, True)
    assert head.digest == chain[-1].digest
    assert head.devices == tuple(ALICE)
    assert head.find((2).to_bytes(16)) == ALICE[1]
    assert head.find_curve(ALICE[2].curve25519) == ALICE[2]
    assert head.find(b"x" * 16) is None
    assert head.find_curve(b"x" * 32) is None
    assert devices.unpack_chain(devices.pack_chain(chain)) == tuple(chain)


def test_what_was_stored_and_is_damaged_says_so() -> None:
    with pytest.raises(errors.Broken, match="damaged"):
        devices.unpack_chain(b"\x91\x01")


def test_leaving_is_an_entry_in_the_chain() -> None:
    off = devices.next_list(HEAD, SEEDS[1], NOW, rich=False)
    assert devices.verify_chain(RELAY, ACCOUNT, [FIRST, off]).rich is False


def test_an_account_may_have_no_device_left() -> None:
    empty = devices.next_list(HEAD, SEEDS[1], NOW, records=[])
    assert devices.verify_chain(RELAY, ACCOUNT, [FIRST, empty]).devices == ()


def test_the_first_list_is_the_roots() -> None:
    refused("not_the_root", [resign(FIRST, SEEDS[1])])
    refused("not_the_root", [resign(FIRST, OTHER_ROOT)])
    refused("list_forked", [resign(FIRST, ROOT, version=2)])
    refused("list_forked", [resign(FIRST, ROOT, previous=b"p" * 32)])


def test_names_and_contexts() -> None:
    refused("wrong_names", [resign(FIRST, ROOT, relay=b"S" * 32)])
    refused("wrong_names", [resign(FIRST, ROOT, account=b"S" * 32)])
    refused("wrong_context", [resign(FIRST, ROOT, context=Context.FRESHNESS.value)])
    following = grown(2)[1]
    refused("wrong_names", [FIRST, resign(following, SEEDS[1], relay=b"S" * 32)])
    refused("wrong_names", [FIRST, resign(following, SEEDS[1], account=b"S" * 32)])
    refused("wrong_context", [FIRST, resign(following, SEEDS[1], context=Context.PREKEY.value)])


def test_signatures() -> None:
    following = grown(2)[1]
    for item in (
        Signed(following.body, following.signer, bytes(64)),
        Signed(following.body, signed.public_of(SEEDS[2]), following.signature),
        Signed(following.body + b"\x00", following.signer, following.signature),
        Signed(following.body, bytes(32), following.signature),
    ):
        refused("bad_signature", [FIRST, item])


@settings(max_examples=examples(60))
@given(st.data())
def test_no_changed_bit_passes(data: st.DataObject) -> None:
    following = grown(2)[1]
    field = data.draw(st.sampled_from(["body", "signer", "signature"]))
    value = bytearray(getattr(following, field))
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    value[bit // 8] ^= 1 << bit % 8
    with pytest.raises(errors.GiveUp):
        devices.verify_chain(RELAY, ACCOUNT, [FIRST, msgspec.structs.replace(following, **{field: bytes(value)})])


def test_only_a_listed_device_signs() -> None:
    refused("not_a_device", [FIRST, resign(grown(2)[1], SEEDS[2])])  # the new device lets itself in
    refused("not_a_device", [FIRST, resign(grown(2)[1], OTHER_ROOT)])
    head = devices.verify_chain(RELAY, ACCOUNT, grown(2))
    without = devices.next_list(head, SEEDS[1], NOW, records=[ALICE[0]])
    after = devices.verify_next(head, without)
    refused("not_a_device", [*grown(2), without, devices.next_list(after, SEEDS[2], NOW)])  # a removed one


def test_versions_and_forks() -> None:
    second, third = grown(2, 3)[1:]
    refused("list_forked", [FIRST, third])
    refused("list_forked", [FIRST, resign(second, SEEDS[1], previous=b"p" * 32)])
    refused("list_went_back", [FIRST, second, resign(second, SEEDS[1], version=1)])
    refused("list_went_back", [FIRST, second, second])
    refused("list_went_back", [FIRST, resign(second, SEEDS[1], root_epoch=1)])  # no device starts an epoch
    refused("not_the_root", [second])
    refused("bad_chain", [])
    refused("bad_chain", [FIRST] * (limits.CHAIN + 1))


def test_a_device_never_changes_under_its_name() -> None:
    changed = devices.make_record(RELAY, ACCOUNT, ALICE[0].device, b"c" * 32, SEEDS[4], NOW)
    refused("device_changed", [FIRST, devices.next_list(HEAD, SEEDS[1], NOW, records=[changed])])
    more = msgspec.structs.replace(ALICE[0], capabilities=("pq1", "new"))
    refused("device_changed", [FIRST, devices.next_list(HEAD, SEEDS[1], NOW, records=[more])])


@pytest.mark.parametrize("field", ["device", "curve25519", "ed25519"])
def test_nothing_is_listed_twice(field: str) -> None:
    double = msgspec.structs.replace(record(2), **{field: getattr(ALICE[0], field)})
    refused("device_twice", [FIRST, devices.next_list(HEAD, SEEDS[1], NOW, records=[ALICE[0], double])])
    refused("device_twice", [devices.first_list(RELAY, ROOT, [ALICE[0], double], NOW)])


@pytest.mark.parametrize(
    "stolen",
    [
        msgspec.structs.replace(record(2), possession=bytes(64)),
        msgspec.structs.replace(record(2), curve25519=b"c" * 32),
        msgspec.structs.replace(record(2), device=b"d" * 16),
        msgspec.structs.replace(record(2), capabilities=()),
        msgspec.structs.replace(record(2), created=NOW + 1),
        msgspec.structs.replace(record(2), ed25519=signed.public_of(SEEDS[3])),
        record(2, account=b"B" * 32),
        record(2, relay=b"S" * 32),
    ],
)
def test_a_key_is_listed_only_with_its_own_yes(stolen: DeviceRecord) -> None:
    refused("bad_signature", [FIRST, devices.next_list(HEAD, SEEDS[1], NOW, records=[ALICE[0], stolen])])
    refused("bad_signature", [devices.first_list(RELAY, ROOT, [ALICE[0], stolen], NOW)])


def test_too_many_devices() -> None:
    records = [record(name) for name in range(1, limits.DEVICES + 1)]
    assert len(devices.verify_chain(RELAY, ACCOUNT, [devices.first_list(RELAY, ROOT, records, NOW)]).devices) == 8
    refused("malformed", [devices.first_list(RELAY, ROOT, [*records, record(limits.DEVICES + 1)], NOW)])


def test_a_list_above_its_size() -> None:
    body = signed.encode((Context.LIST.value, b"x" * limits.LIST))
    refused("too_large", [signed.sign(ROOT, body)])


def test_the_root_takes_an_account_back() -> None:
    """Thieves hold the first device and go on without the owner; the root's epoch wins whatever they made."""
    stolen = grown(2, 3)
    thief = devices.verify_chain(RELAY, ACCOUNT, stolen)
    back = devices.next_list(HEAD, ROOT, NOW, records=[record(5)])
    head = devices.verify_next(thief, back)
    assert (head.root_epoch, [one.device for one in head.devices]) == (1, [(5).to_bytes(16)])
    assert devices.verify_chain(RELAY, ACCOUNT, [back], thief.pin) == head
    further = devices.next_list(head, SEEDS[5], NOW, records=[record(5), record(6)])
    assert devices.verify_chain(RELAY, ACCOUNT, [back, further], thief.pin).version == head.version + 1
    refused("list_went_back", stolen, head.pin)
    with pytest.raises(errors.Untrusted, match="list_went_back"):
        devices.verify_next(head, stolen[1])
    with pytest.raises(errors.Untrusted, match="list_went_back"):
        devices.verify_next(head, back)
    refused("bad_chain", [*stolen, back])  # a chain begins with the root's last list


def test_a_pin_is_never_gone_behind() -> None:
    chain = grown(2, 3)
    pins = [devices.verify_chain(RELAY, ACCOUNT, chain[:size]).pin for size in (1, 2, 3)]
    for pin in pins:
        assert devices.verify_chain(RELAY, ACCOUNT, chain, pin).version == 3
    refused("list_went_back", chain[:1], pins[1])
    refused("list_went_back", chain[:2], pins[2])
    fork = devices.next_list(HEAD, SEEDS[1], NOW, records=[ALICE[0], record(4)])
    refused("list_forked", [FIRST, fork], pins[1])
    beyond = devices.next_list(devices.verify_next(HEAD, fork), SEEDS[1], NOW)
    refused("list_forked", [FIRST, fork, beyond], pins[1])
    other = devices.first_list(RELAY, ROOT, [record(4)], NOW)
    refused("list_forked", [other], pins[0])


@settings(max_examples=examples(25))
@given(st.lists(st.sampled_from(["add", "remove", "off", "on", "root"]), max_size=12), st.integers(0, 11))
def test_any_honest_history_verifies_from_any_pin(steps: list[str], seen: int) -> None:
    chain, head = [FIRST], HEAD
    signer = 1
    heads = [head]
    for step in steps:
        match step:
            case "add":
                free = [name for name in SEEDS if head.find(name.to_bytes(16)) is None]
                records = [*head.devices, record(free[-1])][: limits.DEVICES]
                item = devices.next_list(head, SEEDS[signer], NOW, records=records)
            case "remove":
                item = devices.next_list(head, SEEDS[signer], NOW, records=head.devices[:1])
            case "root":
                item = devices.next_list(head, ROOT, NOW, records=[ALICE[0]])
            case _:
                item = devices.next_list(head, SEEDS[signer], NOW, rich=step == "on")
        head = devices.verify_next(head, item)
        heads.append(head)
        chain = [item] if step == "root" else [*chain, item]
    pin = heads[min(seen, len(heads) - 1)].pin
    assert devices.verify_chain(RELAY, ACCOUNT, chain, pin) == head


# freshness


def fresh(head: DeviceList = HEAD, seed: bytes = SEEDS[1], **changes: object) -> Signed:
    item = devices.make_freshness(head, SEEDS[1], NOW)
    body = msgspec.structs.replace(msgspec.msgpack.decode(item.body, type=devices.FreshnessBody), **changes)
    return signed.sign(seed, signed.encode(body))


def test_freshness() -> None:
    body = devices.verify_freshness(HEAD, fresh())
    assert (body.issued, body.expires, body.list_hash) == (NOW, NOW + limits.FRESHNESS, HEAD.digest)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (fresh(seed=SEEDS[2]), "not_a_device"),
        (fresh(seed=ROOT), "not_a_device"),
        (fresh(context=Context.LIST.value), "wrong_context"),
        (fresh(relay=b"S" * 32), "wrong_names"),
        (fresh(account=b"S" * 32), "wrong_names"),
        (fresh(list_hash=b"S" * 32), "wrong_names"),
        (fresh(expires=NOW + limits.FRESHNESS + 1), "expires_too_late"),
        (Signed(fresh().body, fresh().signer, bytes(64)), "bad_signature"),
        (FIRST, "malformed"),
        (signed.sign(SEEDS[1], b"x" * (limits.LIST + 1)), "too_large"),
    ],
)
def test_freshness_that_says_nothing(item: Signed, code: str) -> None:
    with pytest.raises(errors.GiveUp) as caught:
        devices.verify_freshness(HEAD, item)
    assert caught.value.code == code


# prekeys

OLM = (KeyKind.ONE_TIME, KeyKind.FALLBACK)
DEVICE = ALICE[0].device


def prekey(seed: bytes = SEEDS[1], kind: KeyKind = KeyKind.ONE_TIME, **changes: object) -> Signed:
    item = devices.make_prekey(HEAD, DEVICE, SEEDS[1], kind, b"1", b"k" * 32, NOW, NOW + 1_000)
    body = msgspec.structs.replace(msgspec.msgpack.decode(item.body, type=devices.PrekeyBody), **changes)
    return signed.sign(seed, signed.encode(body))


def test_a_prekey_until_it_expires() -> None:
    for now in (NOW, NOW + 1_000):
        body = devices.verify_prekey(HEAD, DEVICE, prekey(), OLM, now)
        assert (body.key, body.key_id, body.kind) == (b"k" * 32, b"1", KeyKind.ONE_TIME)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (prekey(seed=SEEDS[2]), "bad_signature"),
        (prekey(seed=ROOT), "bad_signature"),
        (Signed(prekey().body, prekey().signer, bytes(64)), "bad_signature"),
        (prekey(context=Context.FRESHNESS.value), "wrong_context"),
        (prekey(relay=b"S" * 32), "wrong_names"),
        (prekey(account=b"S" * 32), "wrong_names"),
        (prekey(device=b"S" * 16), "wrong_names"),
        (prekey(kind=KeyKind.PQ_ONE_TIME), "wrong_names"),
        (prekey(expires=NOW - 1), "prekey_expired"),
        (prekey(key=b"k" * 31), "malformed"),
        (prekey(key=b"k" * 1217), "malformed"),
        (prekey(key_id=b""), "malformed"),
        (prekey(key_id=b"i" * 33), "malformed"),
        (signed.sign(SEEDS[1], b"x" * (limits.LIST + 1)), "too_large"),
    ],
)
def test_a_prekey_that_is_not_used(item: Signed, code: str) -> None:
    with pytest.raises(errors.GiveUp) as caught:
        devices.verify_prekey(HEAD, DEVICE, item, OLM, NOW)
    assert caught.value.code == code


def test_a_prekey_of_a_device_that_is_not_listed() -> None:
    with pytest.raises(errors.Untrusted, match="not_a_device"):
        devices.verify_prekey(HEAD, ALICE[1].device, prekey(), OLM, NOW)
