"""`ims-avatar avatar import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.avatars.intake import Admission, import_avatar
from ims_avatar.avatars.repository import Avatar
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import ConfigOption, IntoOption, destination, repository_of
from ims_avatar.config import LogConfig, load_config
from ims_avatar.ops.log import set_up_log

SourceArgument = Annotated[Path, typer.Argument(metavar="FILE", help="What export made: an archive, a folder or .pth.")]


def import_avatar_file(
    source: SourceArgument,
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Call it this, version 1.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Let it in beside other versions of its name.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Its networks were changed after the export, on purpose; needs --as.")
    ] = False,
    into: IntoOption = None,
    config: ConfigOption = None,
) -> None:
    """Take in an avatar that was exported: an archive, a folder, or a .pth file.

    It comes in whole or not at all: every hash is checked, nothing in it is executed, and it must render a picture.
    """
    settings = load_config(config)
    set_up_log(LogConfig(level="warning"), "avatar")
    terms = Admission(destination(settings, into), name, update, changed)
    repository = repository_of(settings, into)
    if source.suffix == ".pth":
        from ims_avatar.cli.avatar.exchange import pth_import  # heavy: loads torch

        admitted = pth_import(source, terms, repository, _render_once)
    else:
        admitted = import_avatar(source, terms, repository, _render_once)
    manifest = admitted.avatar.manifest
    what = "imported" if admitted.new else "is there already:"
    line = f"{what} {manifest.name}/{manifest.version}, {manifest.title}: {admitted.avatar.folder}"
    console.out.print(line, markup=False, soft_wrap=True)


def _render_once(avatar: Avatar) -> None:
    from ims_avatar.inference.engines.onnx import onnx_engine  # heavy: loads ONNX Runtime

    onnx_engine(avatar).warm_up([2])
