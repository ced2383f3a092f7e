"""The one table a bench prints: figure, yardstick, ratio, goal, and whether the goal is met."""

from collections.abc import Sequence
from dataclasses import dataclass

NOISY = 0.3  # cores used by others above which rates and latencies say little


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``value`` is what the goal is about: a ratio where there is a yardstick, else the figure itself."""

    name: str
    figure: str
    yardstick: str = ""
    value: float | None = None
    goal: float | None = None
    note: str = ""
    fault: str = ""  # what went wrong while it was measured: then the figure is worth nothing

    @property
    def verdict(self) -> str:
        if self.fault:
            return self.fault
        if self.value is None:
            return self.note or "not measured"
        if self.goal is None:
            return "-"
        return "ok" if self.value <= self.goal else "over"


HEAD = ("name", "figure", "yardstick", "ratio", "goal", "")


def cells(row: Row) -> tuple[str, ...]:
    """The words of one line; the ratio stands only where something was compared."""
    ratio = f"{row.value:.2f}" if row.yardstick and row.value is not None else ""
    goal = f"<= {row.goal:g}{' x' if row.yardstick else ''}" if row.goal is not None else ""
    return row.name, row.figure, row.yardstick, ratio, goal, row.verdict


def table(rows: Sequence[Row]) -> str:
    """All lines, in columns."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def load_note(others: float) -> str:
    """How much to believe, given the cores that were busy with something else."""
    doubt = "; rates and latencies are not reliable" if others > NOISY else ""
    return f"others used {others:.2f} cores{doubt}"
