"""`ims-avatar serve` as an operator runs it: a configuration file, one command, its log."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from tests.support.ports import Loopback, free_sip_port
from tests.support.process import Process, process_exists, wait_until

LogLine = dict[str, Any]
START_TIMEOUT_S = 90.0
CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Pids:
    supervisor: int
    front: int
    workers: tuple[int, ...]
    pool: int

    def all(self) -> tuple[int, ...]:
        return (self.supervisor, self.front, self.pool, *self.workers)


def configuration(net: Loopback, host: str, **sections: Any) -> dict[str, Any]:
    """The configuration tree of a service at `host` for the peers of `net`. `sections` are merged over it."""
    tree: dict[str, Any] = {
        "sip": {"address": host, "port": free_sip_port(host), "workers": 2, "drain_grace_s": 5.0},
        "peers": [{"name": "lab", "networks": [net.network]}],
        "next_hops": [{"name": "lab", "networks": [net.network]}],
        "rules": rules(),
        "log": {"format": "json", "level": "debug"},
    }
    for name, section in sections.items():
        tree[name] = {**tree[name], **section} if isinstance(section, dict) and name in tree else section
    return tree


def rules() -> list[dict[str, Any]]:
    """Which avatar a call gets, by the user part it calls: caller, callee, both ...; all others pass through."""
    called = {name: {"called": f"^sip:{name}"} for name in ("caller", "callee", "both", "offer", "late")}
    return [
        {"name": "caller", "match": called["caller"], "whose": "caller"},
        {"name": "callee", "match": called["callee"], "whose": "callee"},
        {"name": "both", "match": called["both"], "whose": "both"},
        {"name": "offer", "match": called["offer"], "whose": "caller", "when": "offer"},
        {"name": "late", "match": called["late"], "whose": "callee", "when": "reinvite"},
    ]


class Product(Process):
    """One running service; see `configuration` for what to start it with."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.config_path = folder / "ims-avatar.yaml"
        self.write_config()
        argv = [sys.executable, "-m", "ims_avatar.cli", "serve", "--config", self.config_path]
        super().__init__(argv, folder / "serve.log", cwd=folder, env={"PYTHONPATH": str(CHECKOUT)})

    @classmethod
    def ready(cls, folder: Path, config: dict[str, Any]) -> Self:
        """A service that takes calls."""
        product = cls(folder, config)
        try:
            product.wait_ready()
        except BaseException:
            product.stop()
            raise
        return product

    def write_config(self) -> None:
        self.config_path.write_text(yaml.safe_dump(self.config))

    def lines(self) -> Iterator[LogLine]:
        """Its log, line by line; what is not JSON is left out."""
        for line in self.text().splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value

    def said(self, event: str, **fields: Any) -> list[LogLine]:
        """Log lines of that event with those fields."""
        return [
            line
            for line in self.lines()
            if line.get("event") == event and all(line.get(k) == v for k, v in fields.items())
        ]

    def wait_said(self, event: str, timeout: float = 10.0, **fields: Any) -> LogLine:
        def heard() -> bool:
            if self.popen.poll() is not None:
                raise AssertionError(f"serve exited with {self.popen.returncode}: {self.tail()}")
            return bool(self.said(event, **fields))

        wait_until(heard, timeout, lambda: f"serve never logged {event!r} {fields}: {self.tail()}")
        return self.said(event, **fields)[-1]

    def wait_ready(self) -> None:
        line = self.wait_said("ready", START_TIMEOUT_S)
        self.sip_host, self.sip_port = str(line["sip_host"]), int(line["sip_port"])
        self.calls = int(line["calls"])
        self.pids = Pids(
            int(line["supervisor_pid"]), int(line["front_pid"]), tuple(line["worker_pids"]), int(line["pool_pid"])
        )

    @property
    def sip(self) -> str:
        """host:port of the front."""
        return f"{self.sip_host}:{self.sip_port}"

    def pool_pid(self) -> int:
        """Of the pool that runs now."""
        return int(
            (self.said("pool ready") or self.said("ready", pool_pid=self.pids.pool))[-1].get("pid", self.pids.pool)
        )

    def hang_up(self) -> None:
        """SIGHUP: read the configuration again."""
        self.popen.send_signal(signal.SIGHUP)

    def drain(self) -> None:
        self.popen.send_signal(signal.SIGTERM)

    def assert_untouched(self) -> None:
        """Every process it began with still runs, and nothing failed that a log line calls an error."""
        gone = [pid for pid in self.pids.all() if not process_exists(pid)]
        assert not gone, f"processes {gone} of {self.pids} are gone: {self.tail()}"
        assert "Traceback" not in self.text(), self.text()[self.text().index("Traceback") :][:3000]

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 15.0) -> int:
        """End it; calls that still run get no grace."""
        if self.popen.poll() is None and how == signal.SIGTERM:
            self.popen.send_signal(how)
            how = signal.SIGINT
        return super().stop(how, timeout)
