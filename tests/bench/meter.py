"""What the kernel says of a server: CPU, memory and disk of its process tree, and what else the machine was doing."""

import os
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            stat = _stat(int(entry.name))
            if stat:
                children.setdefault(int(stat[1]), []).append(int(entry.name))
    todo, found = [pid], list[int]()
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU, user and system, that these processes have used."""
    stats = (_stat(pid) for pid in pids)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats if stat) / _TICKS


def _field(pids: Iterable[int], file: str, name: str) -> int:
    total = 0
    for pid in pids:
        try:
            lines = (_PROC / str(pid) / file).read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(name))
    return total


def memory(pids: Iterable[int]) -> int:
    """Resident KiB."""
    return _field(pids, "status", "VmRSS:")


def written(pids: Iterable[int]) -> int:
    """Bytes sent to the disk."""
    return _field(pids, "io", "write_bytes:")


def _machine() -> tuple[float, float]:
    """Busy and stolen seconds of all cores."""
    with (_PROC / "stat").open() as file:
        user, nice, system, _, _, irq, soft, steal = (int(word) for word in file.readline().split()[1:9])
    return (user + nice + system + irq + soft) / _TICKS, steal / _TICKS


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured stretch; CPU in seconds, ``others`` and ``stolen`` in cores."""

    count: int
    seconds: float
    server_cpu: float
    own_cpu: float
    others: float
    stolen: float
    written: int

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def per_10k(self) -> float:
        """Server CPU-seconds per 10,000."""
        return self.server_cpu / max(self.count, 1) * 10_000


class Meter:
    """Measures from its making to `stop`; with pid 0 only this process and the machine."""

    def __init__(self, pid: int) -> None:
        self._pids = family(pid) if pid else []
        self._before = self._look()

    def _look(self) -> tuple[float, float, float, float, float, int]:
        own = os.times()
        busy, stolen = _machine()
        return time.perf_counter(), cpu(self._pids), own.user + own.system, busy, stolen, written(self._pids)

    def stop(self, count: int) -> Measured:
        changes = [after - before for after, before in zip(self._look(), self._before, strict=True)]
        seconds, server, own, busy, stolen, disk = changes
        others = max(0.0, busy - server - own) / seconds
        return Measured(count, seconds, server, own, others, stolen / seconds, int(disk))


def sync_time(folder: Path, tries: int = 50) -> float:
    """Median milliseconds of an fdatasync of 4 KiB in this folder: what a commit costs at least."""
    path = folder / "sync"
    times: list[float] = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for _ in range(tries):
            os.write(descriptor, bytes(4096))
            started = time.perf_counter()
            os.fdatasync(descriptor)
            times.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(times)[tries // 2]


def many_files() -> None:
    """Let this process and its children hold as many connections as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
