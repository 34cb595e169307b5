"""SIPp 3.6 (Debian: sip-tester) running one scenario; its exit status says whether the call went as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_sip_port, is_bound
from tests.support.process import Process, wait_until
from tests.support.scenarios import write_scenario


@dataclass(frozen=True)
class SippSettings:
    media: Path
    """Folder with the sound and picture that the scenarios play (see `sipp_media`)."""
    remote: str = ""
    """host:port where a caller sends everything; empty for a callee."""
    service: str = "bob"
    """User part of the Request-URI."""
    target: str = ""
    """host:port of the Request-URI, when it is not `remote`."""
    transport: str = "u1"
    """`u1` UDP, `t1` TCP over one connection."""
    timeout_s: int = 40
    patience_s: int = 20
    """How long it waits for any one message."""


class Sipp(Process):
    """`status`: 0 every message came as the scenario says, 1 the call failed, else killed or not started."""

    def __init__(self, scenario: str, folder: Path, host: str, settings: SippSettings) -> None:
        self.scenario, self.host = scenario, host
        self.port = free_sip_port(host)
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = f"{scenario}-{self.port}"
        self._messages, self._errors = folder / f"{stem}.messages", folder / f"{stem}.errors"
        xml = write_scenario(scenario, folder / f"{stem}.xml")
        argv: list[object] = ["sipp", *([settings.remote] if settings.remote else []), "-sf", xml]
        argv += ["-i", host, "-mi", host, "-p", self.port, "-mp", 10_000, "-s", settings.service]
        argv += ["-m", 1, "-r", 1, "-t", settings.transport, "-nostdin", "-nd"]
        argv += ["-recv_timeout", settings.patience_s * 1000]
        argv += ["-trace_msg", "-message_file", self._messages, "-trace_err", "-error_file", self._errors]
        argv += [
            "-timeout",
            f"{settings.timeout_s}s",
            "-timeout_error",
            "-key",
            "target",
            settings.target or settings.remote,
        ]
        super().__init__(argv, folder / f"{stem}.log", cwd=settings.media, env={"TERM": "dumb"})
        wait_until(self._listens, 10, lambda: f"SIPp does not listen on {self.uri_host}: {self.tail()}")

    def _listens(self) -> bool:
        if self.popen.poll() is not None:
            raise AssertionError(f"SIPp exited with {self.popen.returncode}: {self.tail()}")
        return is_bound(self.host, self.port)

    @property
    def uri_host(self) -> str:
        return f"{self.host}:{self.port}"

    def status(self, timeout: float = 45.0) -> int:
        return self.wait_exit(timeout)

    def expect_success(self, timeout: float = 45.0) -> None:
        status = self.status(timeout)
        assert status == 0, f"{self.scenario} ended with {status}: {self.errors()[-1500:]}\n{self.messages()[-4000:]}"

    def messages(self) -> str:
        return self._messages.read_text(errors="replace") if self._messages.exists() else ""

    def errors(self) -> str:
        return self._errors.read_text(errors="replace") if self._errors.exists() else self.tail()

    def received(self) -> list[str]:
        """Start lines of the messages that came in, in order."""
        blocks = re.split(r"-{20,}[^\n]*\n", self.messages())
        heads = [re.match(r"(?:UDP|TCP) message received[^\n]*\n\s*(\S[^\r\n]*)", block) for block in blocks]
        return [head[1].strip() for head in heads if head]

    def saw(self, pattern: str) -> bool:
        """Whether anything sent or received matches."""
        return re.search(pattern, self.messages(), re.MULTILINE) is not None
