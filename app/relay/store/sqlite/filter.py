"""Which submit ids may have a record: a Bloom filter, so that a new submit costs no look into the file.

The two probes are two parts of Python's hash of the id, which is another in each process: nobody can aim at it. It
never says no to an id that was added; until the records of earlier runs have been added it says yes to all.
"""

from typing import Final

LEAST_BITS: Final = 1 << 24  # 2 MiB: a million records at one wrong yes in seventy
BITS_A_RECORD: Final = 16


class Filter:
    """Bits for about ``records`` ids, and as many again."""

    def __init__(self, records: int) -> None:
        bits = LEAST_BITS
        while bits < 2 * records * BITS_A_RECORD:
            bits *= 2
        self._mask = bits - 1
        self._bits = bytearray(bits // 8)
        self.complete = False

    def add(self, submit: bytes) -> None:
        value = hash(submit)
        bits, first, second = self._bits, value & self._mask, (value >> 32) & self._mask
        bits[first >> 3] |= 1 << (first & 7)
        bits[second >> 3] |= 1 << (second & 7)

    def may_have(self, submit: bytes) -> bool:
        if not self.complete:
            return True
        value = hash(submit)
        bits, first, second = self._bits, value & self._mask, (value >> 32) & self._mask
        return bool(bits[first >> 3] >> (first & 7) & 1 and bits[second >> 3] >> (second & 7) & 1)
