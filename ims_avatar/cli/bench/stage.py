"""The calls of the bench: phones in few processes, first directly, then through the service."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ims_avatar.cli.bench.usage import Share, machine_busy_s, shares, usages
from ims_avatar.cli.processes import PhoneProcess, Service
from ims_avatar.errors import StartError
from ims_avatar.phone.recording import CallRecording, read_state
from ims_avatar.phone.report import CallReport

CALLS_A_PHONE = 4
"""What every build of the SIP stack holds."""
EVERY_S = 0.1
NICE = 5
"""The phones stand for others' machines: they shall not take CPU from the service, whose pool runs at this niceness."""
SETTLE_S = 1.0
"""After the last answer, before the machine's share is measured."""
END_MARGIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ends of one call; its recordings are read when they are needed, they are large."""

    caller: CallReport
    callee: CallReport
    caller_raw: tuple[Path, int]
    callee_raw: tuple[Path, int]

    def recordings(self) -> tuple[CallRecording, CallRecording]:
        return read_state(*self.caller_raw), read_state(*self.callee_raw)


@dataclass(frozen=True, slots=True)
class Run:
    pairs: list[Pair]
    service: list[Share]
    phones: list[Share]
    others_cpu_percent: float
    """Of one core, taken by everything else on the machine."""
    failed: list[CallReport]
    """Callers whose call was not answered."""


def run_calls(
    folder: Path, calls: int, seconds: float, audio: Path, service: Service | None, say: Callable[[str], None]
) -> Run:
    """`calls` calls at once for `seconds`, through the service or without it. Raises `StartError`."""
    groups = [min(CALLS_A_PHONE, calls - first) for first in range(0, calls, CALLS_A_PHONE)]
    with ExitStack() as stack:
        callees = [
            stack.enter_context(PhoneProcess(f"callee-{n}", folder, [*_ANSWER, "--calls", str(count)], niceness=NICE))
            for n, count in enumerate(groups)
        ]
        addresses = [callee.wait_ready() for callee in callees]
        callers = []
        for n, count in enumerate(groups):
            host, port = addresses[n]
            uris = [f"sip:bench-{CALLS_A_PHONE * n + k}@{host}:{port}" for k in range(count)]
            dial = [
                "bench",
                "callers",
                *uris,
                "--play",
                str(audio),
                "--seconds",
                f"{seconds:.2f}",
                "--every",
                f"{EVERY_S}",
            ]
            dial += ["--via", service.uri] if service else []
            callers.append(stack.enter_context(PhoneProcess(f"caller-{n}", folder, dial, niceness=NICE)))
        phones = [*callers, *callees]
        took = _watch(service, phones, seconds)
        say("calls are over")
        return _gather(callers, callees, *took)


_ANSWER = ("answer", "--port", "0", "--tone", "0", "--no-decode", "--wait", "60")


def _watch(
    service: Service | None, phones: Sequence[PhoneProcess], seconds: float
) -> tuple[list[Share], list[Share], float]:
    """Until all phones are done; what the processes and everybody else took in the middle of it."""
    ours = _names(service) if service else {}
    theirs = {phone.pid: phone.name for phone in phones}
    time.sleep(SETTLE_S + EVERY_S * CALLS_A_PHONE + 1.0)
    before, busy, began = usages([*ours, *theirs]), machine_busy_s(), time.monotonic()
    time.sleep(max(seconds - 4.0, 1.0))
    after, lasted = usages([*ours, *theirs]), time.monotonic() - began
    all_percent = 100 * (machine_busy_s() - busy) / lasted
    deadline = time.monotonic() + END_MARGIN_S
    for phone in phones:
        if phone.wait(max(0.0, deadline - time.monotonic())) is None:
            raise StartError(f"{phone.name} does not end", remedy=f"see {phone.log}")
    service_shares, phone_shares = shares(ours, before, after, lasted), shares(theirs, before, after, lasted)
    known = sum(share.cpu_percent for share in (*service_shares, *phone_shares))
    return service_shares, phone_shares, max(0.0, round(all_percent - known, 1))


def _names(service: Service) -> dict[int, str]:
    pids = service.pids
    workers = {pid: f"call worker {number}" for number, pid in enumerate(pids.workers, 1)}
    return {pids.supervisor: "supervisor", pids.front: "front", **workers, pids.pool: "pool"}


def _gather(
    callers: Sequence[PhoneProcess],
    callees: Sequence[PhoneProcess],
    service: list[Share],
    phones: list[Share],
    others_cpu_percent: float,
) -> Run:
    answered = {
        _user(report): (report, (callee.raw, number))
        for callee in callees
        for number, report in enumerate(callee.reports())
    }
    pairs, failed = [], []
    for caller in callers:
        for number, report in enumerate(caller.reports()):
            other = answered.get(_user(report))
            if report.answered and other is not None:
                pairs.append(Pair(report, other[0], (caller.raw, number), other[1]))
            else:
                failed.append(report)
    return Run(pairs, service, phones, others_cpu_percent, failed)


def _user(report: CallReport) -> str:
    return report.uri.removeprefix("sip:").partition("@")[0]


def service_for(folder: Path, calls: int, avatar: str, avatar_paths: Sequence[Path], calls_a_worker: int) -> Service:
    """A service with places for `calls` calls; callers are shown to callees."""
    workers = -(-calls // calls_a_worker)
    config: dict[str, Any] = {
        "sip": {"port": 0, "workers": workers, "drain_grace_s": 1.0},
        "rules": [{"name": "bench", "whose": "caller", "viewer": "callee", "avatar": avatar, "when": "reinvite"}],
        "pool": {"capacity": calls},
        "avatars": {"default": avatar, "paths": [str(path) for path in avatar_paths]},
    }
    return Service(folder, config)
