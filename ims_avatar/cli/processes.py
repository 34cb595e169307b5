"""The service and phones as processes of their own, for the demo and the bench."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from ims_avatar.errors import StartError
from ims_avatar.ops.child import die_with_parent
from ims_avatar.phone.report import CallReport, from_json

POLL_S = 0.02
START_LIMIT_S = 90.0
END_LIMIT_S = 15.0
CAUSES = ("child", "how", "call", "avatar", "cause", "error", "status")
"""Log fields that say why."""
COMMAND = (sys.executable, "-m", "ims_avatar.cli")


class CommandProcess:
    """`ims-avatar COMMAND` in the background; its output goes to `<name>.out` and `<name>.log` in `folder`."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], *, niceness: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.out, self.log = folder / f"{name}.out", folder / f"{name}.log"
        with self.out.open("wb") as out, self.log.open("wb") as err:
            self._popen = subprocess.Popen(
                ["nice", "-n", str(niceness), *COMMAND, *arguments] if niceness else [*COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=die_with_parent(),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_for(self, event: str, limit: float = START_LIMIT_S) -> dict[str, Any]:
        """The first JSON line of its log with that event. Raises `StartError` when it ends before, or is late."""
        deadline = time.monotonic() + limit
        while True:
            alive = self.running
            for line in self.events():
                if line.get("event") == event:
                    return line
            if not alive:
                raise StartError(
                    f"{self.name} ended before it was ready: {self.last_words()}", remedy=f"see {self.log}"
                )
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} is not ready after {limit:.0f} s", remedy=f"see {self.log}")
            time.sleep(POLL_S)

    def events(self) -> list[dict[str, Any]]:
        """Its log so far; lines that are no JSON are left out."""
        lines = []
        for text in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                lines.append(line)
        return lines

    def complaints(self) -> list[str]:
        """Its warnings and errors so far, each once."""
        seen = [
            f"{line.get('process', self.name)}: {line['event']}"
            + "".join(f", {key} {line[key]}" for key in CAUSES if key in line)
            for line in self.events()
            if line.get("level") in ("warning", "error") and "event" in line
        ]
        return list(dict.fromkeys(seen))

    def last_words(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1][-300:] if lines else "it said nothing"

    def wait(self, limit: float) -> int | None:
        """Its exit status; None when it still runs after `limit` seconds."""
        try:
            return self._popen.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self.running:
            self._popen.send_signal(signal.SIGTERM)
            if self.wait(END_LIMIT_S) is None:
                self._popen.kill()
                self._popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class ServicePids:
    supervisor: int
    front: int
    workers: tuple[int, ...]
    pool: int


class Service(CommandProcess):
    """`ims-avatar serve` with a configuration of our making."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "ims-avatar.yaml"
        path.write_text(yaml.safe_dump({**config, "log": {"format": "json"}}, sort_keys=False), encoding="utf-8")
        super().__init__("serve", folder, ["serve", "--config", str(path)])

    def wait_ready(self) -> None:
        line = self.wait_for("ready")
        self.uri = f"sip:{line['sip_host']}:{line['sip_port']}"
        self.calls = int(line["calls"])
        workers = tuple(int(pid) for pid in line["worker_pids"])
        self.pids = ServicePids(int(line["supervisor_pid"]), int(line["front_pid"]), workers, int(line["pool_pid"]))


class PhoneProcess(CommandProcess):
    """`ims-avatar call` or `answer`; everything it sends and receives is kept in `<name>` of `folder`."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], *, niceness: int = 0) -> None:
        self.raw, self.trace = folder / name, folder / f"{name}.trace"
        self.raw.mkdir(parents=True, exist_ok=True)
        kept = ["--raw", str(self.raw), "--trace", str(self.trace)]
        super().__init__(name, folder, [*arguments, "--json", *kept], niceness=niceness)

    def wait_ready(self) -> tuple[str, int]:
        """Host and SIP port of a phone that waits for calls."""
        line = self.wait_for("phone ready")
        return str(line["sip_host"]), int(line["sip_port"])

    def reports(self) -> list[CallReport]:
        """Of its calls, once it has ended. Raises `StartError` when it left none."""
        try:
            tree = json.loads(self.out.read_text(encoding="utf-8"))
            return [from_json(call) for call in tree["calls"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StartError(f"{self.name} left no report: {self.last_words()}", remedy=f"see {self.log}") from error
