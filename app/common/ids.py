"""Identifiers: their types, their lengths, and the one place that makes new ones."""

import secrets
from typing import NewType

from app.common.clock import Clock

AccountId = NewType("AccountId", bytes)  # 32: SHA-256("kf/account/1" || root public key)
RelayId = NewType("RelayId", bytes)  # 32: SHA-256("kf/relay/1" || relay public key)
DeviceId = NewType("DeviceId", bytes)  # 16, random
MessageId = NewType("MessageId", bytes)  # 16, time-ordered
SubmitId = NewType("SubmitId", bytes)  # 16: see protocol.frames.submit_id
PersonId = NewType("PersonId", bytes)  # 16, random, local only; also names the direct conversation
ConversationId = NewType("ConversationId", bytes)  # 16, local only

HASH_SIZE = 32
ID_SIZE = 16


def new_id(clock: Clock) -> bytes:
    """16 bytes: 48 bits of milliseconds, then 80 random bits, so that ids sort by time (as RFC 9562, version 7)."""
    return clock.now().to_bytes(6, "big") + secrets.token_bytes(10)


def random_id() -> bytes:
    """16 random bytes, for what must not tell when it was made (devices, people)."""
    return secrets.token_bytes(ID_SIZE)
