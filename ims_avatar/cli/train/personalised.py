"""`ims-avatar train personalised`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.avatars.places import data_directory
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli import console
from ims_avatar.cli.avatar.create import current_user, statement_of
from ims_avatar.cli.avatar.options import ConfigOption, IntoOption, destination, repository_of
from ims_avatar.cli.train.bar import training_bar
from ims_avatar.cli.train.packages import require
from ims_avatar.config import LogConfig, load_config
from ims_avatar.errors import AvatarNotFound
from ims_avatar.ops.log import set_up_log


class Quality(StrEnum):
    """Which network, and for how long."""

    normal = "normal"
    high = "high"


def personalised(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the avatar: small letters, digits, - and _.")],
    video: Annotated[
        Path, typer.Option("--video", metavar="FILE", help="The person talks, a minute or more, with sound.")
    ],
    consent: Annotated[
        str, typer.Option("--consent", metavar="TEXT", help="What the person agreed to; needed unless NAME has it.")
    ] = "",
    quality: Annotated[
        Quality, typer.Option(help="high: a larger network, trained six times as long.")
    ] = Quality.normal,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="How long to train; else as long as pays here.")
    ] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="How lists call it; else NAME.")] = "",
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Under which it may be passed on.")
    ] = "all rights reserved",
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 2,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 1,
    work: Annotated[Path | None, typer.Option(metavar="DIR", help="Checkpoint; a run goes on from here.")] = None,
    into: IntoOption = None,
    config: ConfigOption = None,
) -> None:
    """Train an avatar on a film of one person: their own mouth, and lips that go with their own voice.

    Interrupted or killed, the same command goes on with what was trained half a minute before. A new version is
    written; one that is better is never put behind.
    """
    settings = load_config(config)
    require("torch", "onnx", "scipy", "cv2", "ai_edge_litert")
    set_up_log(LogConfig(level="warning"), "train")
    directory, repository = destination(settings, into), repository_of(settings, into)
    record = _consent(name, consent, repository)
    from ims_avatar.enrol.create import check_name
    from ims_avatar.training.distribution import device_here, use_threads
    from ims_avatar.training.faces.personal_folder import build_personalised
    from ims_avatar.training.faces.personalised import PersonalPlan, train_personalised, usual_minutes

    check_name(name)
    use_threads(threads)
    folder = work or (data_directory() or Path("build")) / "runs" / name
    wide = quality is Quality.high
    plan = PersonalPlan(video, folder, minutes or usual_minutes(device_here(), wide=wide), seed, wide)
    with training_bar() as bar:
        made = train_personalised(plan, repository, bar.trained, bar.said)
        bar.said("writing", 1.0)
        avatar = build_personalised(made, name, title, licence, record, directory, repository)
    for line in made.film.lines():
        console.out.print(line, markup=False, soft_wrap=True)
    manifest = avatar.manifest
    console.out.print(f"trained {manifest.name}/{manifest.version}: {avatar.folder}", markup=False, soft_wrap=True)


def _consent(name: str, given: str, repository: AvatarRepository) -> ConsentRecord:
    """What was given, else what the avatar of this name has on record."""
    if not given.strip():
        try:
            known = repository.find(name).manifest.consent
        except AvatarNotFound:
            known = ""
        if isinstance(known, ConsentRecord):
            return known
    return ConsentRecord(
        statement=statement_of(given),
        recorded_by=current_user(),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
