"""The commands of `ims-avatar avatar`."""

from __future__ import annotations

import typer

from ims_avatar.cli.avatar.create import create
from ims_avatar.cli.avatar.exporting import export_avatar
from ims_avatar.cli.avatar.importing import import_avatar_file
from ims_avatar.cli.avatar.listing import list_avatars
from ims_avatar.cli.avatar.preview import preview
from ims_avatar.cli.avatar.removing import remove
from ims_avatar.cli.avatar.show import show

avatar = typer.Typer(help="Avatars: which there are, how they look, and how they come and go.", no_args_is_help=True)
avatar.command("list")(list_avatars)
avatar.command()(create)
avatar.command()(show)
avatar.command()(preview)
avatar.command()(remove)
avatar.command("export")(export_avatar)
avatar.command("import")(import_avatar_file)
