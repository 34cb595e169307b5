"""One foreign program: started with a log file, waited for by what it says or by its port, stopped by its pid."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ims_avatar.ops.child import die_with_parent

POLL_S = 0.01


def wait_until(condition: Callable[[], bool], timeout: float, what: Callable[[], str] | str) -> None:
    """Return as soon as `condition` holds; AssertionError with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what if isinstance(what, str) else what()} (waited {timeout:.1f} s)")
        time.sleep(POLL_S)


def _prepared() -> Callable[[], None]:
    """For the child: it dies with the tests, and takes Ctrl-C even where they were started in the background, which
    leaves SIGINT ignored."""
    dies = die_with_parent()

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        dies()

    return prepare


class Process:
    """Runs from construction until `stop`. Its output goes to `log`; it leads its own process group."""

    def __init__(
        self, argv: Sequence[object], log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.argv = [str(word) for word in argv]
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                self.argv,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A test that fails half-way, or a run that is killed, leaves nobody behind.
                preexec_fn=_prepared(),
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def tail(self, characters: int = 2500) -> str:
        return self.text()[-characters:]

    def wait_log(self, pattern: str, timeout: float = 10.0) -> re.Match[str]:
        """The first match of `pattern` in the log."""
        found: list[re.Match[str]] = []

        def said() -> bool:
            match = re.search(pattern, self.text())
            if match:
                found.append(match)
            elif self.popen.poll() is not None:
                raise AssertionError(f"{self.argv[0]} exited with {self.popen.returncode}: {self.tail()}")
            return bool(found)

        wait_until(said, timeout, lambda: f"{self.argv[0]} never said {pattern!r}: {self.tail()}")
        return found[0]

    def wait_tcp(self, host: str, port: int, timeout: float = 10.0) -> None:
        """Until something listens on TCP `host`:`port`."""

        def listens() -> bool:
            if self.popen.poll() is not None:
                raise AssertionError(f"{self.argv[0]} exited with {self.popen.returncode}: {self.tail()}")
            with socket.socket() as probe:
                return probe.connect_ex((host, port)) == 0

        wait_until(listens, timeout, lambda: f"{self.argv[0]} does not listen on {host}:{port}: {self.tail()}")

    def wait_exit(self, timeout: float) -> int:
        """The exit status."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.argv[0]} still runs after {timeout:.0f} s: {self.tail()}") from None

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 5.0) -> int:
        """End it, gently, then for good with everything it started. Returns the exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(timeout)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        return self.popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def process_exists(pid: int) -> bool:
    """Whether `pid` runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
