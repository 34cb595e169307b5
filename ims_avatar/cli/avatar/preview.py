"""`ims-avatar avatar preview`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.avatars.repository import AUDIO_ENCODER, Avatar
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import AvatarArgument, ConfigOption, named, repository_of
from ims_avatar.config import LogConfig, load_config
from ims_avatar.ops.log import set_up_log

SPEECH = Path(__file__).parents[1] / "demo_speech.wav"


def preview(
    avatar: AvatarArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="sheet.png, sheet.jpg or film.mp4.")],
    audio: Annotated[Path, typer.Option("--audio", "-a", metavar="FILE", help="What it says in a film.")] = SPEECH,
    config: ConfigOption = None,
) -> None:
    """See an avatar: a sheet of mouth shapes and idle frames, or a short film of it speaking."""
    settings = load_config(config)
    set_up_log(LogConfig(level="warning"), "avatar")
    found = repository_of(settings).load(*named(avatar))
    from ims_avatar.cli.avatar.sheet import PICTURE_CODECS, draw_avatar_sheet, write_picture
    from ims_avatar.inference.engines.load import load_engine  # heavy: loads ONNX Runtime

    if out.suffix.lower() in PICTURE_CODECS:
        write_picture(out, draw_avatar_sheet(load_engine(found, settings.pool.engine), found.manifest.paste))
    else:
        _film(found, audio, out, config)
    console.out.print(f"{out}: {found.manifest.title}", markup=False, soft_wrap=True)


def _film(avatar: Avatar, audio: Path, out: Path, config: Path | None) -> None:
    from ims_avatar.driving.audio import AudioEncoder
    from ims_avatar.driving.driving_input import DrivingOptions, open_driving_input
    from ims_avatar.inference.engines.load import load_engine
    from ims_avatar.pool_process.library import own_encoder
    from ims_avatar.render.output import output_of
    from ims_avatar.render.render_film import render_film

    settings = load_config(config)
    engine = load_engine(avatar, settings.pool.engine, threads=settings.pool.render_threads)
    encoder = own_encoder(avatar) or AudioEncoder(repository_of(settings).base_model(AUDIO_ENCODER).folder)
    driving = open_driving_input("audio", str(audio), DrivingOptions(encoder))
    try:
        render_film(engine, driving, output_of(str(out), [str(audio)]))
    finally:
        driving.close()
