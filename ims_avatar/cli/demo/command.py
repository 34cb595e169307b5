"""The command: stage the call, judge it, show and keep what came of it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli import console
from ims_avatar.cli.demo import stage
from ims_avatar.cli.demo.results import summary, write_results
from ims_avatar.config import Config, LogConfig
from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.ops.log import set_up_log
from ims_avatar.phone.sound_source import read_sound

SPEECH = Path(__file__).parents[1] / "demo_speech.wav"
LONGEST_S = 60.0
LINGER_S = 0.6


def demo(
    audio: Annotated[Path, typer.Option("--audio", metavar="FILE", help="What the caller says.")] = SPEECH,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the results go.")] = Path("demo"),
    avatar: Annotated[str | None, typer.Option("--avatar", metavar="NAME", help="Who is seen.")] = None,
    avatars: Annotated[
        list[Path] | None, typer.Option("--avatars", metavar="FOLDER", help="Further folder of avatars; repeat.")
    ] = None,
) -> None:
    """See it work: a voice call between two phones of ours grows a talking avatar.

    Starts the service and two SIP phones as processes of their own on 127.0.0.1, plays recorded speech into an
    audio-only call, films what the called phone receives, and measures it. Takes about half a minute.
    """
    began = time.monotonic()
    set_up_log(LogConfig(level="error"), "demo")
    spoken = read_sound(audio, AUDIO_RATE)[: round(LONGEST_S * AUDIO_RATE)]
    name, paths = avatar or Config().avatars.default, [path.resolve() for path in avatars or []]
    repository = AvatarRepository(paths)
    shown = repository.load(name)
    work = _fresh(out)
    length = len(spoken) / AUDIO_RATE + LINGER_S
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[shown]}"),
        console=console.err,
        transient=True,
    ) as bar:
        task = bar.add_task("calling", total=length, shown="")

        def say(what: str) -> None:
            bar.console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {what}")

        def spoken_for(seconds: float) -> None:
            bar.update(task, completed=seconds, shown=f"{min(seconds, length):.0f} of {length:.0f} s")

        scene = stage.play(work, audio.resolve(), length, name, paths, stage.Progress(say, spoken_for))
        say("comparing lips and voice, sent and received sound")
        from ims_avatar.cli.judge.judgement import Judge  # heavy: loads ONNX Runtime

        judge = Judge(shown, repository)
        judgement = judge.measure(spoken, scene.caller, scene.callee, scene.callee_report).judged()
        files = write_results(out, scene, judgement)
    console.out.print(summary(judgement))
    console.out.print()
    for path in files:
        console.out.print(f"  {path}", soft_wrap=True)
    missed = judgement.missed_aims()
    for aim in missed:
        console.out.print(f"[yellow]• missed:[/] {aim}")
    console.out.print(f"[dim]done in {time.monotonic() - began:.0f} s; logs in {work}[/]", soft_wrap=True)
    picture = judgement.report.picture
    raise typer.Exit(0 if picture is not None and picture.pictures_decoded else 1)


def _fresh(out: Path) -> Path:
    """The folder of logs and raw recordings, emptied. Raises `RecordingError`."""
    work = out / "work"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    except OSError as error:
        raise RecordingError(
            f"{work} cannot be made ({error.strerror})", remedy="name another place with --out"
        ) from error
    return work
