"""Whether what was counted after each round of the soak grew, against the rounds that end the first tenth."""

from collections.abc import Mapping, Sequence

STEADY = ("tasks", "descriptors", "threads", "widgets", "windows", "qt", "dead")
ROWS = ("shells",)  # what Python holds of Qt, with the pieces of laid out words, of which so many are kept
# Not the proportional size: it moves by a fifth when another program that shares Qt's libraries starts or ends.
MEMORY = ("resident", "private")
WHOLE = 1  # the share of the soak of which a tenth fills all that has a bound
SLACK = 0.1  # of the memory after the first tenth
# Of the rows: how many pieces are kept depends on what was shown last. One more for each round would be thrice it.
STRAY = 0.01

Curve = Sequence[Mapping[str, int]]


def grown(curve: Curve, share: float) -> list[str]:
    """What grew, in words. A count may rise for a while and come back; memory may not leave its band at all.

    Memory and rows are judged from `WHOLE` on: before that conversations are still shorter than what is kept of them.
    """
    first, rest = curve[: len(curve) // 10 + 1], curve[len(curve) // 10 + 1 :]
    found: list[str] = []
    for name in STEADY + (ROWS if share >= WHOLE else ()):
        level, last = max(each[name] for each in first), min(each[name] for each in rest[-3:])
        if last > level * (1 + STRAY * (name in ROWS)):
            found.append(f"{name}: {level}, then {last}")
    for name in MEMORY if share >= WHOLE else ():
        level = first[-1][name]
        low, high = min(each[name] for each in rest), max(each[name] for each in rest)
        if not level * (1 - SLACK) <= low <= high <= level * (1 + SLACK):
            found.append(f"{name}: {level} kB, then {low} to {high}")
    return found
