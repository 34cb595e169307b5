"""How a run of the face trainings shows itself: what is done, then loss, picture and lips, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ims_avatar.cli import console

if TYPE_CHECKING:
    from ims_avatar.training.faces.face_training import Progress as Stage


class TrainingBar:
    """Takes what a run tells; writes lines instead of a bar where there is no terminal."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._doing = ""

    def said(self, what: str, share: float) -> None:
        self._progress.update(self._task, description=what, total=1.0, completed=share, shown="")
        if what != self._doing:
            self._doing = what
            self._line(what)

    def trained(self, stage: Stage) -> None:
        shown = (
            f"step {stage.step}: loss {stage.loss:.4f}, {stage.psnr_db:.2f} dB, lips r {stage.lip_correlation:.3f}, "
            f"{stage.seconds_left / 60:.1f} min left"
        )
        self._progress.update(self._task, description="training", total=1.0, completed=stage.share, shown=shown)
        self._line(shown)

    def _line(self, text: str) -> None:
        if not console.err.is_terminal:
            console.err.print(text, markup=False, soft_wrap=True)


@contextmanager
def training_bar() -> Iterator[TrainingBar]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[shown]}"), TimeElapsedColumn())
    with Progress(*columns, console=console.err, transient=True) as progress:
        yield TrainingBar(progress, progress.add_task("beginning", total=None, shown=""))
