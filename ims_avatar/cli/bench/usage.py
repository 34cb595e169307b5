"""What processes take of the machine, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """One process at one instant."""

    cpu_s: float
    """CPU time so far, all threads, user and system."""
    memory_mb: float
    """Proportional set size: shared pages are divided among those who share them."""


def usage(pid: int) -> Usage | None:
    """None when the process is gone, or is somebody else's."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    # proc(5): utime and stime are the 14th and 15th fields, the 12th and 13th behind the name.
    cpu = (int(fields[11]) + int(fields[12])) / TICKS
    pss = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return Usage(cpu, pss / 1024)


def machine_busy_s() -> float:
    """CPU seconds that all processes of the machine took so far (proc(5), /proc/stat: all but idle and iowait)."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def usages(pids: Iterable[int]) -> dict[int, Usage]:
    """Of those that are there."""
    found = {pid: usage(pid) for pid in pids}
    return {pid: seen for pid, seen in found.items() if seen is not None}


@dataclass(frozen=True, slots=True)
class Share:
    """What one process took over a while."""

    name: str
    pid: int
    cpu_percent: float
    """Of one core."""
    memory_mb: float


def shares(names: dict[int, str], before: dict[int, Usage], after: dict[int, Usage], seconds: float) -> list[Share]:
    """One for each process that was there all the time."""
    return [
        Share(
            name, pid, round(100 * (after[pid].cpu_s - before[pid].cpu_s) / seconds, 1), round(after[pid].memory_mb, 1)
        )
        for pid, name in names.items()
        if pid in before and pid in after
    ]
