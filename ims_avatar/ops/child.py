"""A process that is started, watched and started again; it never outlives us."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends to a process when its parent dies."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How long to wait before a dead process is started again. Seconds."""

    first: float = 0.1
    most: float = 10.0
    settled: float = 20.0
    """A process that lived so long died of something new: waiting starts over."""

    def delay(self, failures: int) -> float:
        """Wait before the next start after `failures` (>= 1) deaths in a row."""
        return min(self.first * 2.0 ** (failures - 1), self.most)

    def failures(self, before: int, lived: float) -> int:
        """Deaths in a row, counting one more after a life of `lived` seconds."""
        return 1 if lived >= self.settled else before + 1


class Child:
    """One supervised process. `keep_running` is its life: it returns only after `stop`."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        policy: RestartPolicy | None = None,
        on_exit: Callable[[Child, int], None] = lambda child, status: None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.restarts = 0
        self._environment = dict(environment or {})
        self._policy = policy or RestartPolicy()
        self._on_exit = on_exit
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep_running(self) -> None:
        """Start the process, and start it again whenever it ends, until `stop`."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            began = loop.time()
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, **self._environment},
                preexec_fn=die_with_parent(),
            )
            log.debug("process started", child=self.name, child_pid=self._process.pid)
            status = await self._process.wait()
            self._on_exit(self, status)
            if self._stopping.is_set():
                return
            failures = self._policy.failures(failures, loop.time() - began)
            delay = self._policy.delay(failures)
            self.restarts += 1
            log.error(
                "process died",
                child=self.name,
                how=describe_status(status),
                restart_in_s=round(delay, 2),
                restarts=self.restarts,
            )
            await self._wait_or_stop(delay)

    async def _wait_or_stop(self, delay: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), delay)
        except TimeoutError:
            return

    def let_end(self) -> None:
        """Once it ends, it is not started again."""
        self._stopping.set()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to end (or kill it with SIGKILL); it is not started again."""
        self.let_end()
        self.send_signal(number)

    def send_signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self._process is not None:
            self._process.send_signal(number)


def describe_status(status: int) -> str:
    """An exit status in words: `exit status 1` or `killed by SIGSEGV`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def die_with_parent() -> Callable[[], None]:
    """What a child runs before its program (preexec_fn): a group of its own, and death when we die, even of SIGKILL."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        os.setpgid(0, 0)  # a Ctrl-C in the terminal reaches the parent only, which then ends its children in order
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
