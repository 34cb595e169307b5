"""`ims-avatar render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ims_avatar.cli import console
from ims_avatar.config import LogConfig, load_config
from ims_avatar.ops.log import set_up_log


def render(
    audio: Annotated[Path, typer.Option("--audio", "-a", metavar="FILE", help="What the avatar says.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The film, e.g. out.mp4.")],
    avatar: Annotated[str | None, typer.Option("--avatar", metavar="NAME", help="Without it: avatars.default.")] = None,
    bit_rate: Annotated[int, typer.Option("--bit-rate", help="Bits a second of the picture.")] = 400_000,
    config: Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration (YAML).")] = None,
) -> None:
    """Make a film of an avatar that speaks a sound file: the pool and the encoder of a call, without a call."""
    settings = load_config(config)
    set_up_log(LogConfig(level="warning"), "render")
    from ims_avatar.pool_process.library import avatar_loader  # heavy: loads ONNX Runtime
    from ims_avatar.pool_process.render_file import render_file

    one_stream = settings.model_copy(update={"pool": settings.pool.model_copy(update={"capacity": 1})})
    loaded = avatar_loader(one_stream)(avatar or settings.avatars.default)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[shown]}"), TimeRemainingColumn())
    with Progress(*columns, console=console.err, transient=True) as progress:
        task = progress.add_task(f"rendering {out}", total=None, shown="")

        def on_progress(done: float, total: float) -> None:
            shown = f"{done:.1f} of {total:.1f} s" if total else f"{done:.1f} s"
            progress.update(task, completed=done, total=total or None, shown=shown)

        made = render_file(loaded, audio, out, on_progress, bit_rate=bit_rate)
    speed = made.seconds / made.took if made.took else 0.0
    line = (
        f"{out}: {made.frames} pictures, {made.seconds:.1f} s, made in {made.took:.1f} s ({speed:.1f} times real time)"
    )
    console.out.print(line, markup=False, soft_wrap=True)
