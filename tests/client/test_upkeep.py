"""Upkeep of the own keys: what is replaced, and when it must not be."""

from app.client import upkeep
from app.crypto import own
from app.crypto.parties import Kind, Party

DAY = 86_400_000


def kinds(keys: own.Own) -> set[Kind]:
    return {key.kind for key in keys.publishable()}


def test_a_fallback_key_the_relay_has_not_got_is_not_replaced() -> None:
    keys = own.new(Party(bytes(32), bytes(16)), 0)
    assert Kind.OLM_FALLBACK in kinds(keys)
    later = upkeep.tended(keys, 30 * DAY)
    assert later.generation == keys.generation


def test_keys_are_replaced_once_the_relay_has_them() -> None:
    keys = own.new(Party(bytes(32), bytes(16)), 0)
    published = keys.published({key.key_id for key in keys.publishable()})
    assert upkeep.tended(published, DAY).generation == published.generation
    renewed = upkeep.tended(published, 8 * DAY)
    assert renewed.generation == published.generation + 1
    assert kinds(renewed) == {Kind.OLM_FALLBACK, Kind.PQ_LAST_RESORT}
