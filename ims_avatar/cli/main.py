"""The front door: `ims-avatar COMMAND`. Errors of our tree become one line with cause and remedy, never a traceback."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import ims_avatar
from ims_avatar.cli import console
from ims_avatar.cli.answer import answer
from ims_avatar.cli.avatar.command import avatar
from ims_avatar.cli.bench.command import bench
from ims_avatar.cli.call import call
from ims_avatar.cli.demo.command import demo
from ims_avatar.cli.doctor.command import doctor
from ims_avatar.cli.render import render
from ims_avatar.cli.serve import serve
from ims_avatar.cli.train.command import train
from ims_avatar.errors import ImsAvatarError

app = typer.Typer(
    name="ims-avatar",
    help="Avatar-enhanced voice calls: a SIP B2BUA that adds a talking 2D avatar to a running call.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class _Options:
    """Options before the command; typer fills them before the command runs."""

    debug = False


def _version(wanted: bool) -> None:
    if wanted:
        console.out.print(f"ims-avatar {ims_avatar.__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    _Options.debug = debug


app.command()(serve)
app.command()(call)
app.command()(answer)
app.command()(render)
app.add_typer(avatar, name="avatar")
app.command()(demo)
app.add_typer(train, name="train")
app.add_typer(bench, name="bench")
app.command()(doctor)


def run(arguments: list[str] | None = None) -> None:
    """Entry point of the `ims-avatar` script. Ends the process: 0 done, 1 not done, 2 wrong use, 130 interrupted."""
    try:
        app(args=arguments)
    except ImsAvatarError as error:
        if _Options.debug:
            raise
        console.show_library_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the outermost frame of the process
        if _Options.debug:
            raise
        console.show_error(
            f"{type(error).__name__}: {error}",
            "this is a fault of ims-avatar; run again with 'ims-avatar --debug ...' and report what it shows",
        )
        sys.exit(1)
