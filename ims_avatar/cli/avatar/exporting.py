"""`ims-avatar avatar export`."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.avatars.archive import write_archive
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import AvatarArgument, ConfigOption, avatar_named, size_text
from ims_avatar.config import LogConfig
from ims_avatar.ops.log import set_up_log


class Format(enum.StrEnum):
    avatar = "avatar"
    pth = "pth"
    onnx = "onnx"
    trt = "trt"
    mindir = "mindir"


def export_avatar(
    avatar: AvatarArgument,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="PATH", help="File (avatar, pth) or folder (onnx, trt, mindir).")
    ],
    format_: Annotated[Format, typer.Option("--format", "-f", help="What to make of it.")] = Format.avatar,
    architecture: Annotated[
        str,
        typer.Option("--architecture", metavar="LIST", help="trt: GPUs to build for, e.g. 75,86,89; any: from 8.0 on."),
    ] = "75,80,86,89",
    batch: Annotated[
        int, typer.Option("--batch", min=1, max=64, help="trt: most lip codes at once. mindir: that many, always.")
    ] = 8,
    config: ConfigOption = None,
) -> None:
    """Write an avatar as one file, or for another runtime.

    [b]avatar[/] one archive that `import` takes back, in every installation. [b]pth[/] everything as tensors, for
    torch; comes back. [b]onnx[/] a folder with both graphs, checked in three runtimes; comes back. [b]trt[/] TensorRT
    engines for the GPUs named. [b]mindir[/] for MindSpore, which deploy/mindspore.sh installs.
    """
    set_up_log(LogConfig(level="warning"), "avatar")
    found = avatar_named(avatar, config)
    if format_ is Format.avatar:
        write_archive(found, out)
        lines = [f"{size_text(out.stat().st_size)}, every file with its hash"]
    else:
        from ims_avatar.cli.avatar.exchange import EXPORTERS, ExportOptions

        lines = EXPORTERS[format_.value](found, out, ExportOptions(architecture, batch))
    for line in lines:
        console.out.print(f"{out}: {line}", markup=False, soft_wrap=True)
