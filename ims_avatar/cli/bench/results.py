"""The bench's numbers: summed up, shown, written."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ims_avatar.cli import console
from ims_avatar.cli.bench.stage import Run
from ims_avatar.cli.judge.judgement import Measured, Spread


@dataclass(frozen=True, slots=True)
class BenchResult:
    machine: str
    calls: int
    seconds: float
    calls_failed: int
    setup_direct_ms: float | None
    """INVITE to 200 without the service, median."""
    setup_ms: float | None
    """INVITE to 200 through the service, median."""
    first_picture: Spread | None
    """Answer to the first whole picture."""
    added_delay: Spread | None
    direct_delay: Spread | None
    """What the two phones alone have of it."""
    skew: Spread | None
    lips_late_ms: tuple[float, ...]
    """Content, one a call."""
    frames_per_second: tuple[float, ...]
    pictures_broken: int
    voice_packets_lost: int
    processes: tuple[dict[str, Any], ...]
    phones_cpu_percent: float
    others_cpu_percent: float
    """Of one core, taken by what has nothing to do with the bench: beside much of it the numbers mean little."""

    @property
    def cpu_percent(self) -> float:
        """Of one core, all processes of the service together."""
        return float(sum(share["cpu_percent"] for share in self.processes))

    @property
    def memory_mb(self) -> float:
        return float(sum(share["memory_mb"] for share in self.processes))

    def as_json(self) -> dict[str, Any]:
        sums = {"cpu_percent": round(self.cpu_percent, 1), "memory_mb": round(self.memory_mb, 1)}
        per_call = {"cpu_percent_a_call": round(self.cpu_percent / max(self.calls, 1), 2)}
        return {**asdict(self), **sums, **per_call}


def sum_up(
    direct: Run, run: Run, measured: Sequence[Measured], direct_delays: Sequence[object], seconds: float
) -> BenchResult:
    """All calls together."""
    pictures = [found.report.picture for found in measured if found.report.picture]
    sounds = [found.report.sound for found in measured if found.report.sound]
    firsts = [picture.first_picture_s for picture in pictures if picture.first_picture_s is not None]
    return BenchResult(
        machine=machine(),
        calls=len(run.pairs),
        seconds=seconds,
        calls_failed=len(run.failed),
        setup_direct_ms=_median([pair.caller.answered_after_s for pair in direct.pairs]),
        setup_ms=_median([pair.caller.answered_after_s for pair in run.pairs]),
        first_picture=Spread.of(firsts),
        added_delay=_together([found.added_delays for found in measured]),
        direct_delay=_together(direct_delays),
        skew=_together([found.skews for found in measured]),
        lips_late_ms=tuple(found.lips_to_speech.late_ms for found in measured if found.lips_to_speech),
        frames_per_second=tuple(picture.frames_per_second or 0.0 for picture in pictures),
        pictures_broken=sum(picture.pictures_broken for picture in pictures),
        voice_packets_lost=sum(sound.packets_lost for sound in sounds),
        processes=tuple(asdict(share) for share in run.service),
        phones_cpu_percent=round(sum(share.cpu_percent for share in run.phones), 1),
        others_cpu_percent=run.others_cpu_percent,
    )


def machine() -> str:
    """The processor and how many cores of it we may use."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{len(os.sched_getaffinity(0))} cores, {model}"


def process_table(result: BenchResult) -> Table:
    rows = [
        (share["name"], f"{share['cpu_percent']:.1f} %", f"{share['memory_mb']:.0f} MB") for share in result.processes
    ]
    rows.append(("together", f"{result.cpu_percent:.1f} %", f"{result.memory_mb:.0f} MB"))
    rows.append(("a call", f"{result.cpu_percent / max(result.calls, 1):.1f} %", ""))
    rows.append(("(phones of the bench)", f"{result.phones_cpu_percent:.1f} %", ""))
    rows.append(("(other programs)", f"{result.others_cpu_percent:.1f} %", ""))
    return console.table("", ("process", "CPU (of one core)", "memory"), rows)


def call_table(result: BenchResult) -> Table:
    overhead = None
    if result.setup_ms is not None and result.setup_direct_ms is not None:
        overhead = result.setup_ms - result.setup_direct_ms
    rates = result.frames_per_second
    lips = result.lips_late_ms
    rows = [
        ("calls", f"{result.calls} at once for {result.seconds:.0f} s, {result.calls_failed} failed", ""),
        ("added to call set-up", _ms(overhead), ""),
        ("answer to first picture", _spread(result.first_picture), "1000 ms at most"),
        ("added audio delay", _spread(result.added_delay), "150 ms at most"),
        ("   of it without the service", _spread(result.direct_delay), ""),
        ("sound before picture, arrival", _range(result.skew), "-60 to +40 ms"),
        (
            "lips behind voice, content",
            f"{min(lips):+.0f} to {max(lips):+.0f} ms" if lips else "not measured",
            "-60 to +40 ms",
        ),
        ("pictures a second", f"{min(rates):.1f} to {max(rates):.1f}" if rates else "none", "25"),
        ("pictures broken, voice packets lost", f"{result.pictures_broken}, {result.voice_packets_lost}", "0, 0"),
    ]
    return console.table("", ("measured by the phones", "", "aim"), rows)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(1000 * float(np.median(known)), 1) if known else None


def _together(arrays: Sequence[object]) -> Spread | None:
    known = [array for array in arrays if isinstance(array, np.ndarray)]
    return Spread.of(np.concatenate(known)) if known else None


def _ms(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f} ms"


def _spread(spread: Spread | None) -> str:
    return "not measured" if spread is None else f"{spread.p50:.0f} ms (p99 {spread.p99:.0f})"


def _range(spread: Spread | None) -> str:
    return "not measured" if spread is None else f"{spread.p50:+.0f} ms (p1 {spread.p1:+.0f}, p99 {spread.p99:+.0f})"
