"""The commands of `ims-avatar train`."""

from __future__ import annotations

import typer

from ims_avatar.cli.train.audio_encoder import audio_encoder
from ims_avatar.cli.train.personalised import personalised
from ims_avatar.cli.train.robust import robust

train = typer.Typer(help="Train the networks that move an avatar. Needs the extra 'train'.", no_args_is_help=True)
train.command()(personalised)
train.command()(robust)
train.command("audio-encoder")(audio_encoder)
