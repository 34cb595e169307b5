"""The call of the demo: the service, a callee and a caller as processes of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ims_avatar.cli.processes import PhoneProcess, Service
from ims_avatar.errors import StartError
from ims_avatar.phone.recording import CallRecording, read_state
from ims_avatar.phone.report import CallReport

END_MARGIN_S = 30.0
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Scene:
    """What both phones brought home."""

    caller: CallRecording
    callee: CallRecording
    caller_report: CallReport
    callee_report: CallReport
    caller_trace: Path
    callee_trace: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """Told while the demo runs."""

    say: Callable[[str], None]
    """Something happened."""
    spoken: Callable[[float], None]
    """The call has lasted so many seconds."""


def play(folder: Path, audio: Path, seconds: float, avatar: str, avatar_paths: list[Path], progress: Progress) -> Scene:
    """Start everything, make the call, end everything. Raises `StartError` naming who failed and where its log is."""
    progress.say("starting the service: front, two call workers, the pool")
    with Service(folder, _configuration(avatar, avatar_paths)) as service:
        service.wait_ready()
        progress.say(f"service ready at {service.uri}")
        with PhoneProcess("callee", folder, ["answer", "--port", "0", "--user", "callee", "--tone", "0"]) as callee:
            host, port = callee.wait_ready()
            progress.say(f"callee waits at {host}:{port}; the caller dials, with sound only")
            dial = ["call", f"sip:callee@{host}:{port}", "--via", service.uri, "--user", "caller", "--codec", "PCMU"]
            dial += ["--play", str(audio), "--seconds", f"{seconds:.2f}"]
            with PhoneProcess("caller", folder, dial) as caller:
                _watch(service, caller, callee, seconds, progress)
                return Scene(
                    read_state(caller.raw), read_state(callee.raw), caller.reports()[0], callee.reports()[0],
                    caller.trace, callee.trace,
                )  # fmt: skip


def _configuration(avatar: str, avatar_paths: list[Path]) -> dict[str, Any]:
    """Everybody is on this machine; whoever calls is shown as an avatar to who is called."""
    return {
        "sip": {"port": 0, "workers": 2, "drain_grace_s": 1.0},
        "rules": [{"name": "demo", "whose": "caller", "viewer": "callee", "avatar": avatar, "when": "reinvite"}],
        "avatars": {"default": avatar, "paths": [str(path) for path in avatar_paths]},
    }


def _watch(service: Service, caller: PhoneProcess, callee: PhoneProcess, seconds: float, progress: Progress) -> None:
    """Until both phones are done."""
    told: set[str] = set()
    waited = 0.0
    while caller.running or callee.running:
        if not service.running:
            raise StartError(f"the service ended: {service.last_words()}", remedy=f"see {service.log}")
        if waited > seconds + END_MARGIN_S:
            raise StartError("the call does not end", remedy=f"see {service.log}")
        for line in service.events():
            _tell(line, told, progress)
        if "call begins" in told:
            progress.spoken(waited)
        (caller if caller.running else callee).wait(POLL_S)
        waited += POLL_S


def _tell(line: dict[str, Any], told: set[str], progress: Progress) -> None:
    words = {
        "call begins": "the service has the call and places its other leg",
        "offer sent": "answered; the service adds video by re-INVITE",
        "avatar shown": "the callee took it: the avatar speaks",
        "call over": "the caller hung up",
    }
    event = str(line.get("event"))
    if event in words and event not in told:
        told.add(event)
        progress.say(words[event])
