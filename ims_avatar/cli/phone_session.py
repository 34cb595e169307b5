"""One phone from start to end, for `call` and `answer`: device, trace, signals, recordings."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ims_avatar.cli.ladder import TracedMessage, write_trace
from ims_avatar.cli.phone_result import record
from ims_avatar.clock import SystemClock
from ims_avatar.errors import RecordingError
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.phone import Phone, PhoneSettings
from ims_avatar.phone.recording import write_state
from ims_avatar.phone.report import CallReport


@dataclass(frozen=True, slots=True)
class Files:
    """Where recordings go; None: nowhere."""

    wav: Path | None = None
    film: Path | None = None
    trace: Path | None = None
    raw: Path | None = None
    """Directory for everything that was received with its times, for the demo and the bench."""

    @property
    def wants_media(self) -> bool:
        return bool(self.wav or self.film or self.raw)

    def check(self) -> None:
        """Raises `RecordingError` before the call for a place that does not exist."""
        for path in (self.wav, self.film, self.trace):
            if path is not None and not path.resolve().parent.is_dir():
                raise RecordingError(f"{path}: no such directory", remedy="make it first")


def run_phone(
    settings: PhoneSettings, files: Files, use: Callable[[Phone], Awaitable[list[PhoneCall]]]
) -> list[CallReport]:
    """Start the phone, `use` it, stop it, write what is to be written; the reports of its calls."""
    files.check()
    messages: list[TracedMessage] = []
    clock = SystemClock()
    if files.trace is not None:
        settings = replace(
            settings, on_message=lambda sent, text: messages.append(TracedMessage(clock.monotonic(), sent, text))
        )
    calls = asyncio.run(_run(settings, use))
    if files.trace is not None:
        write_trace(files.trace, messages)
    reports = []
    for number, call in enumerate(calls):
        first = number == 0
        written = record(call, files.wav if first else None, files.film if first else None)
        if files.raw is not None:
            write_state(files.raw, number, call)
        reports.append(replace(call.report(), recordings=written))
    return reports


async def _run(settings: PhoneSettings, use: Callable[[Phone], Awaitable[list[PhoneCall]]]) -> list[PhoneCall]:
    phone = Phone(settings)
    phone.start()
    try:
        return await use(phone)
    finally:
        phone.stop()


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM hang up instead of ending the phone in the middle of a call."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
