"""`ims-avatar train audio-encoder`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ims_avatar.cli import console
from ims_avatar.cli.train.packages import require

if TYPE_CHECKING:
    from ims_avatar.training.speech.encoder_run import Progress as Stage

Work = Annotated[Path, typer.Option(metavar="DIR", help="Corpora, frames and checkpoint; a run goes on from here.")]
Output = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Gets a folder for the new version; none there is touched.")
]
_LINE_EVERY = 0.05
"""Of a run: so often a line goes into a log."""


def audio_encoder(
    work: Work = Path("build/audio_encoder"),
    output: Output = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="Processor time of one core (on a GPU, by the clock); else 20 (5)."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 21,
    wide: Annotated[
        int, typer.Option(min=12, help="Channels: more hear better where a GPU trains them, and cost every call.")
    ] = 192,
    scale: Annotated[float, typer.Option(min=0.001, help="Size of the synthetic speech; 0.05 for a trial.")] = 1.0,
    limit: Annotated[int, typer.Option(min=0, help="Utterances of each held-out set to measure; 0: none.")] = 120,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train anew: forget the run in the working folder.")] = False,
) -> None:
    """Train the network that turns sound into lips, from Debian's synthesisers and recordings.

    Interrupted or killed, the same command goes on with what was trained half a minute before.
    """
    require("torch", "onnx", "scipy", "pocketsphinx")
    from ims_avatar.training.distribution import device_here
    from ims_avatar.training.speech.audio_encoder import Settings, train_audio_encoder
    from ims_avatar.training.speech.encoder_run import usual_minutes

    minutes = minutes or usual_minutes(device_here())
    settings = Settings(work, output or work / "versions", minutes, seed, wide, scale, limit, fresh)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[shown]}"), TimeElapsedColumn())
    with Progress(*columns, console=console.err) as progress:
        task = progress.add_task("preparing", total=None, shown="")
        watch = _Watch()

        def on_progress(stage: Stage) -> None:
            shown = watch.shown(stage, time.monotonic())
            progress.update(task, total=1.0, completed=stage.done, shown=shown)
            if watch.is_due(stage):
                line(shown)

        def said(what: str) -> None:
            progress.update(task, description=what)
            line(what)

        def line(text: str) -> None:
            if not console.err.is_terminal:  # a log has no bar
                console.err.print(text, markup=False, soft_wrap=True)

        folder = train_audio_encoder(settings, on_progress, said)
    console.out.print(f"{folder}: model, model card and measures", markup=False, soft_wrap=True)


class _Watch:
    """Says how a run is doing, and when it will be done at the pace it has had so far."""

    def __init__(self) -> None:
        self._begun: tuple[float, float] | None = None
        self._line_after = 0.0

    def shown(self, stage: Stage, now: float) -> str:
        begun_at, begun_done = self._begun = self._begun or (now, stage.done)
        gained = stage.done - begun_done
        left = (1.0 - stage.done) * (now - begun_at) / gained if gained > 0.002 else None
        time_left = "" if left is None else f", {left / 60:.0f} min left"
        numbers = f"loss {stage.loss:.3f}, groups {stage.accuracy:.0%}, r {stage.r_opening:.2f}"
        return f"step {stage.step}: {numbers}{time_left}"

    def is_due(self, stage: Stage) -> bool:
        """Whether a log should get a line: now and then, not at every step."""
        if stage.done < self._line_after:
            return False
        self._line_after = stage.done + _LINE_EVERY
        return True
