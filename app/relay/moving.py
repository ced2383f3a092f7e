"""Who an address belongs to after a proof, a refusal, a withdrawal or 72 hours: pure rules, applied in one transaction.

An account is named by its number; 0 is nobody, to whom an address goes that is withdrawn without a device.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from app.common import errors
from app.protocol import limits

NOBODY: Final = 0
CLAIMED: Final = "claimed"
PROVED: Final = "proved"
LAPSED: Final = "lapsed"  # proved once, and to be proved again
LOST: Final = "lost"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Holding:
    """Whose an address is; ``since`` is the time of the proof, or of the claim."""

    account: int
    standing: str
    since: int


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody else has proved it at ``since`` and has it from ``until`` on."""

    account: int
    since: int
    until: int


class Note(NamedTuple):
    """What an account is told of an address that is not, or not any more, its own: ``lost`` or ``refused``."""

    account: int
    standing: str
    other: int
    at: int


@dataclass(frozen=True, slots=True)
class State:
    """All there is about one address; ``notes`` are those that the last step added."""

    holding: Holding | None = None
    move: Move | None = None
    notes: tuple[Note, ...] = ()
    outcome: str = ""

    def refusable(self, now: int) -> bool:
        """Whether its account may refuse: only while its own proof is young."""
        held = self.holding
        return held is not None and held.standing == PROVED and held.since + limits.PROOF > now


def prove(state: State, account: int, now: int) -> State:
    """A right code came from a device of this account: ``proved`` at once, or ``moving`` from whoever proved it."""
    held = state.holding
    if held is not None and held.account == account:
        return State(replace(held, standing=PROVED, since=now), state.move, outcome="proved")
    if held is None or held.standing == CLAIMED:
        lost = (Note(held.account, LOST, account, now),) if held is not None else ()
        return State(Holding(account, PROVED, now), None, lost + _passed_over(state, account, now), "proved")
    if state.move is not None and state.move.account == account:
        return replace(state, notes=(), outcome="moving")  # a second code shortens and prolongs nothing
    return State(held, Move(account, now, now + limits.MOVING), _passed_over(state, account, now), "moving")


def _passed_over(state: State, account: int, now: int) -> tuple[Note, ...]:
    """Whoever was to have it, and will not: a newer proof is nearer to the truth."""
    move = state.move
    if move is None or move.account in (NOBODY, account):
        return ()
    return (Note(move.account, REFUSED, NOBODY, now),)


def leave(state: State, now: int) -> State:
    """A right code came over the page for people without a device: ``left`` at once, or ``leaving``."""
    held = state.holding
    if held is None:
        return replace(state, notes=(), outcome="left")
    if held.standing == CLAIMED:
        return State(None, None, (Note(held.account, LOST, NOBODY, now),), "left")
    if state.move is not None:
        return replace(state, notes=(), outcome="leaving")  # it goes from this account anyway, and not later
    return State(held, Move(NOBODY, now, now + limits.MOVING), (), "leaving")


def withdraw(state: State, account: int, now: int) -> State:
    """A device of this account takes it away from its own account, or gives up having it; else nothing."""
    held, move = state.holding, state.move
    if move is not None and move.account == account:
        return State(held, None)
    if held is None or held.account != account:
        return replace(state, notes=())
    if move is None or move.account == NOBODY:
        return State(None, None)
    return State(Holding(move.account, PROVED, move.since), None)


def answer(state: State, account: int, to: int, now: int, *, agree: bool) -> State:
    """A device of the account that has it hands it over at once, or refuses.

    GiveUp ``not_found`` when it is not moving from there to ``to``, ``proof_old`` when only time can tell.
    """
    held, move = state.holding, state.move
    if held is None or move is None or held.account != account or move.account != to:
        raise errors.GiveUp("not_found")
    if agree:
        return _arrive(state, held, move, now)
    if not state.refusable(now):
        raise errors.GiveUp("proof_old")
    refused = (Note(to, REFUSED, NOBODY, now),) if to != NOBODY else ()
    return State(held, None, refused)


def arrive(state: State, now: int) -> State:
    """The 72 hours are over, if they are."""
    held, move = state.holding, state.move
    if held is None or move is None or move.until > now:
        return replace(state, notes=())
    return _arrive(state, held, move, now)


def _arrive(state: State, held: Holding, move: Move, now: int) -> State:
    lost = (Note(held.account, LOST, move.account, now),)
    return State(None if move.account == NOBODY else Holding(move.account, PROVED, move.since), None, lost)


def lapse(state: State, now: int, *, undeliverable: bool = False) -> State:
    """A proof is half a year old, or a code to its address came back."""
    held = state.holding
    if held is None or held.standing != PROVED or not (undeliverable or held.since + limits.PROOF <= now):
        return replace(state, notes=())
    return State(replace(held, standing=LAPSED), state.move)
