"""The commands of `ims-avatar bench`."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.markup import escape

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli import console
from ims_avatar.cli.bench.callers import callers
from ims_avatar.cli.bench.stage import Run, run_calls, service_for
from ims_avatar.cli.demo.command import SPEECH
from ims_avatar.config import Config, LogConfig
from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.ops.log import set_up_log
from ims_avatar.phone.sound_source import read_sound
from ims_avatar.signalling.stack_facts import stack_facts

bench = typer.Typer(help="Measure the service under load.", no_args_is_help=True)
bench.command(hidden=True)(callers)
DIRECT_S = 5.0
COMPLAINTS = 8
"""Warnings and errors of the service that are shown."""


@bench.command()
def call(
    calls: Annotated[int, typer.Option("--calls", "-n", min=1, help="Calls at once.")] = 1,
    seconds: Annotated[float, typer.Option("--seconds", "-s", min=6.0, help="Length of each call.")] = 20.0,
    avatar: Annotated[str | None, typer.Option("--avatar", metavar="NAME", help="Who is seen.")] = None,
    avatars: Annotated[
        list[Path] | None, typer.Option("--avatars", metavar="FOLDER", help="Further folder of avatars; repeat.")
    ] = None,
    audio: Annotated[Path, typer.Option("--audio", metavar="FILE", help="What the callers say.")] = SPEECH,
    out: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers here too.")] = None,
) -> None:
    """Calls with avatars: CPU and memory, set-up time, delay of the voice, lip sync, frame rate.

    Starts the real service and pairs of phones on this machine. The phones' own CPU is told apart, but they share the
    machine: on two cores they slow the service down.
    """
    set_up_log(LogConfig(level="error"), "bench")
    name, paths = avatar or Config().avatars.default, [path.resolve() for path in avatars or []]
    repository = AvatarRepository(paths)
    shown = repository.load(name)
    spoken = _repeated(read_sound(audio, AUDIO_RATE), seconds)
    began = time.monotonic()

    def say(what: str) -> None:
        console.err.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {what}")

    with _work_folder() as folder:
        say("without the service, for comparison")
        direct = run_calls(folder / "direct", min(calls, 2), DIRECT_S, audio.resolve(), None, say)
        say("starting the service")
        with service_for(folder / "service", calls, name, paths, stack_facts().calls_a_worker) as service:
            service.wait_ready()
            say(f"{calls} calls through the service for {seconds:.0f} s")
            run = run_calls(folder / "phones", calls, seconds, audio.resolve(), service, say)
            for complaint in service.complaints()[:COMPLAINTS]:
                say(f"[yellow]{escape(complaint)}[/]")
        say("comparing what was sent and what was received")
        from ims_avatar.cli.bench.results import call_table, process_table, sum_up
        from ims_avatar.cli.judge.judgement import Judge

        judge = Judge(shown, repository)
        measured = [judge.measure(spoken, *pair.recordings(), pair.callee) for pair in run.pairs]
        result = sum_up(direct, run, measured, _direct_delays(direct, spoken), seconds)
    console.out.print(f"\n{result.machine}\n")
    console.out.print(process_table(result))
    console.out.print()
    console.out.print(call_table(result))
    if out is not None:
        _write(out, json.dumps(result.as_json(), indent=2) + "\n")
    raise typer.Exit(int(bool(run.failed) or not run.pairs))


@contextmanager
def _work_folder() -> Iterator[Path]:
    """For logs and recordings; it stays when the bench fails, for they say why."""
    folder = Path(tempfile.mkdtemp(prefix="ims-avatar-bench-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _repeated(sound: NDArray[np.int16], seconds: float) -> NDArray[np.int16]:
    """As the callers say it: again and again."""
    times = -(-round(seconds * AUDIO_RATE) // len(sound))
    return np.tile(sound, times)[: round(seconds * AUDIO_RATE)]


def _direct_delays(direct: Run, spoken: NDArray[np.int16]) -> list[object]:
    from ims_avatar.cli.judge.sound_delay import added_delays

    return [added_delays(spoken[: round(DIRECT_S * AUDIO_RATE)], *pair.recordings()) for pair in direct.pairs]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror})", remedy="name another place") from error
