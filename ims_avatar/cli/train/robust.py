"""`ims-avatar train robust`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.cli import console
from ims_avatar.cli.train.bar import training_bar
from ims_avatar.cli.train.packages import require
from ims_avatar.config import LogConfig
from ims_avatar.ops.log import set_up_log


def robust(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Films of people, one each; without: drawn people only."),
    ] = None,
    work: Annotated[Path, typer.Option(metavar="DIR", help="People and checkpoint; a run goes on from here.")] = Path(
        "build/robust"
    ),
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Gets renderer/VERSION; none there is touched.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="Processor time per thread (on a GPU, by the clock); else 20 (2).")
    ] = None,
    drawn: Annotated[int, typer.Option(min=1, help="Drawn people.")] = 240,
    crops: Annotated[int, typer.Option(min=2, help="Pictures of each drawn person.")] = 24,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 1,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Folder of a renderer to go on from.")
    ] = None,
) -> None:
    """Train the renderer that draws the mouth of any face, from drawn people and the films in DIR.

    Interrupted or killed, the same command goes on with what was trained half a minute before. On several GPUs:
    torchrun --nproc-per-node N -m ims_avatar.training.faces.robust --folder WORK --data DIR, then this command for the
    files.
    """
    require("torch", "onnx", "skia", "scipy", "cv2")
    from ims_avatar.training.distribution import device_here, use_threads
    from ims_avatar.training.faces.robust import RobustPlan, train_robust, usual_minutes
    from ims_avatar.training.faces.robust_folder import NAME, build_base_model

    use_threads(threads)
    set_up_log(LogConfig(level="warning"), "train")
    work.mkdir(parents=True, exist_ok=True)
    directory = output or work / "versions"
    plan = RobustPlan(work, minutes or usual_minutes(device_here()), drawn, crops, data, seed=seed, start=start)
    with training_bar() as bar:
        run, judged = train_robust(plan, bar.trained, bar.said)
        bar.said("writing", 1.0)
        there = [int(p.name) for p in (directory / NAME).glob("*") if p.name.isdecimal()]
        folder = build_base_model(run, plan, judged, directory, max([0, *there]) + 1)
    console.out.print(f"{folder}: graphs, model card and measures", markup=False, soft_wrap=True)
