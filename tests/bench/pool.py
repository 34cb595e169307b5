"""How much the pool does on this machine: `python -m tests.bench.pool --streams 1 2 4 8 16 --seconds 10`.

Streams of one avatar at 25 fps, fed with speech at real pace over ipc, as call workers do it. Prints CPU of the pool
process, late frames, latency from tick to client, and where the time of a frame goes; `--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.errors import ImsAvatarError
from ims_avatar.flow import AUDIO_RATE, AccessUnit, AudioChunk
from ims_avatar.inference.client import PoolClient
from ims_avatar.inference.protocol import Statistics, StreamSpec
from ims_avatar.pool_process.studio import FRAME_LATENCY
from tests.bench.stages import Stages, measure_stages
from tests.support.pitch import voice

PACKET = 320
"""Samples of 20 ms."""
SETTLE = 2.0
"""Seconds after the first pictures before measuring starts."""
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """Figures of one number of streams."""

    streams: int
    frames_due: int
    frames: int
    late_frames: int
    cpu_percent: float
    """Of one core, the pool process alone."""
    memory_mb: float
    latency_ms_p50: float
    """From the tick at which a frame is due to its arrival at the client."""
    latency_ms_p99: float
    kbit_per_stream: float
    step_ms: dict[str, float]


class Process:
    """CPU seconds and memory of a process, from proc(5)."""

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}")

    def cpu(self) -> float:
        fields = (self._path / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        return int((self._path / "statm").read_text().split()[1]) * PAGE / 1e6


class Meter:
    """Counts what arrives while `counting`."""

    def __init__(self) -> None:
        self.counting = False
        self.latencies: list[float] = []
        self.bytes = 0
        self.seen = 0
        self.errors: list[ImsAvatarError] = []

    def unit(self, unit: AccessUnit) -> None:
        self.seen += 1
        if self.counting:
            self.latencies.append(time.monotonic() - unit.pts - FRAME_LATENCY)
            self.bytes += len(unit.data)


async def run(endpoint: str, pid: int, arguments: argparse.Namespace, streams: int, speech: NDArray[np.int16]) -> Run:
    client, meter, process = PoolClient(endpoint), Meter(), Process(pid)
    client.start()
    spec = StreamSpec(arguments.avatar, arguments.size, arguments.size)
    ids = [client.attach(spec, meter.unit, meter.errors.append) for _ in range(streams)]
    talk = asyncio.create_task(_talk(client, ids, speech))
    try:
        while meter.seen < 25 * streams and not meter.errors:
            await asyncio.sleep(0.05)
        if meter.errors:
            raise meter.errors[0]
        await asyncio.sleep(SETTLE)
        before, cpu, meter.counting, began = await client.statistics(), process.cpu(), True, time.monotonic()
        await asyncio.sleep(arguments.seconds)
        meter.counting, took, cpu = False, time.monotonic() - began, process.cpu() - cpu
        after = await client.statistics()
    finally:
        talk.cancel()
        client.close()
    return _figures(streams, meter, took, cpu, process.memory_mb(), before, after)


def _figures(
    streams: int, meter: Meter, took: float, cpu: float, memory: float, before: Statistics, after: Statistics
) -> Run:
    p50, p99 = np.percentile(meter.latencies, (50, 99)) * 1000
    return Run(
        streams=streams,
        frames_due=round(took * 25) * streams,
        frames=len(meter.latencies),
        late_frames=after.late_frames - before.late_frames,
        cpu_percent=round(100 * cpu / took, 1),
        memory_mb=round(memory, 1),
        latency_ms_p50=round(float(p50), 2),
        latency_ms_p99=round(float(p99), 2),
        kbit_per_stream=round(meter.bytes * 8 / took / streams / 1000, 1),
        step_ms=after.step_ms,
    )


async def _talk(client: PoolClient, ids: list[int], speech: NDArray[np.int16]) -> None:
    """Every stream says the same speech from another place on, packet by packet at real pace."""
    began, n = time.monotonic(), 0
    while True:
        pts = began + n * PACKET / AUDIO_RATE
        await asyncio.sleep(max(0.0, pts + PACKET / AUDIO_RATE - time.monotonic()))
        for k, stream in enumerate(ids):
            at = (n * PACKET + k * len(speech) // len(ids)) % (len(speech) - PACKET)
            client.push_audio(stream, AudioChunk(pts, speech[at : at + PACKET]))
        n += 1


async def measure(arguments: argparse.Namespace, speech: NDArray[np.int16]) -> list[Run]:
    module = "tests.support.fake_pool" if arguments.avatar == "fake" else "ims_avatar.pool_process"
    with tempfile.TemporaryDirectory() as directory, Path(directory, "pool.log").open("wb") as log:
        endpoint = f"ipc://{directory}/pool"
        argv = [sys.executable, "-m", module, "--endpoint", endpoint]
        calm = {**os.environ, "OMP_NUM_THREADS": "1"}
        pool = await asyncio.create_subprocess_exec(*argv, stderr=log, stdout=log, env=calm)
        try:
            return [await run(endpoint, pool.pid, arguments, streams, speech) for streams in arguments.streams]
        finally:
            pool.terminate()
            await pool.wait()


def show(runs: list[Run], stages: list[Stages]) -> None:
    console = Console()
    table = Table("streams", "CPU % of a core", "MB", "frames", "late", "p50 ms", "p99 ms", "kb/s", "step p50/p99 ms")
    for each in runs:
        table.add_row(
            str(each.streams), f"{each.cpu_percent:.1f}", f"{each.memory_mb:.0f}",
            f"{each.frames} of {each.frames_due}", str(each.late_frames), f"{each.latency_ms_p50:.1f}",
            f"{each.latency_ms_p99:.1f}", f"{each.kbit_per_stream:.0f}",
            f"{each.step_ms['p50']:.1f} / {each.step_ms['p99']:.1f}",
        )  # fmt: skip
    console.print(table)
    if stages:
        names = list(stages[0].ms)
        split = Table("streams", *names, "sum", title="CPU of one step, ms, on one thread")
        for one in stages:
            split.add_row(str(one.streams), *(f"{one.ms[name]:.2f}" for name in names), f"{sum(one.ms.values()):.2f}")
        console.print(split)


def read_speech(path: Path | None) -> NDArray[np.int16]:
    if path is None:
        return voice(20, 0.0, 10.0)
    sound = SoundFile(path)
    return np.concatenate([piece.speech for piece in sound.pieces(48_000)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--avatar", default="clara", help="`fake` needs no model")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--audio", type=Path, help="speech; a swelling tone without it")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    speech = read_speech(arguments.audio)
    try:
        stages = [] if arguments.avatar == "fake" else measure_stages(arguments.avatar, arguments.streams, speech)
        runs = asyncio.run(measure(arguments, speech))
    except ImsAvatarError as error:
        Console(stderr=True).print(str(error))
        return 1
    show(runs, stages)
    if arguments.json:
        figures = {"runs": [asdict(each) for each in runs], "stages": [asdict(each) for each in stages]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
