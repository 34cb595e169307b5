"""The command lines of the processes that `serve` runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ims_avatar.serve.switchboard import FRONT

POOL = "pool"
CALM = {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Environment of the pool: its own threads do the sharing of cores, not those of a library."""


@dataclass(frozen=True, slots=True)
class RuntimeFiles:
    """Where the processes of one service meet."""

    directory: Path

    @property
    def config(self) -> Path:
        return self.directory / "config.json"

    @property
    def control(self) -> str:
        return f"ipc://{self.directory}/control"

    @property
    def pool(self) -> str:
        return f"ipc://{self.directory}/pool"

    def front_argv(self) -> list[str]:
        return self._argv("front_process", FRONT, "--control", self.control)

    def worker_argv(self, name: str) -> list[str]:
        return self._argv("call_worker", name, "--control", self.control, "--pool", self.pool)

    def pool_argv(self) -> list[str]:
        return self._argv("pool_process", POOL, "--endpoint", self.pool)

    def _argv(self, module: str, name: str, *more: str) -> list[str]:
        return [sys.executable, "-m", f"ims_avatar.{module}", "--name", name, "--config", str(self.config), *more]


def worker_names(count: int) -> tuple[str, ...]:
    return tuple(f"worker-{number}" for number in range(1, count + 1))
