"""`ims-avatar avatar create`."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import ConfigOption, IntoOption, destination, repository_of
from ims_avatar.config import LogConfig, load_config
from ims_avatar.errors import AvatarError
from ims_avatar.ops.log import set_up_log


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, - and _.")],
    reference: Annotated[
        Path, typer.Option("--reference", "-r", metavar="FILE", help="A photograph, a drawing, or a film of a face.")
    ],
    consent: Annotated[
        str, typer.Option("--consent", metavar="TEXT", help="What the person shown agreed to, and when. Always needed.")
    ] = "",
    face: Annotated[
        int | None, typer.Option("--face", metavar="N", help="Which one of several, from the left.")
    ] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="How lists call it; else NAME.")] = "",
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Under which it may be passed on.")
    ] = "all rights reserved",
    still: Annotated[bool, typer.Option("--still", help="Of a film, use the best picture only.")] = False,
    drawn: Annotated[bool, typer.Option("--drawn", help="The picture is a drawing, not a photograph.")] = False,
    into: IntoOption = None,
    config: ConfigOption = None,
) -> None:
    """Make an avatar of a picture or a film of a face. It speaks at once; training can make it better.

    A name that is taken gets its next version; nothing is overwritten.
    """
    settings = load_config(config)
    set_up_log(LogConfig(level="warning"), "avatar")
    record = ConsentRecord(
        statement=statement_of(consent),
        recorded_by=current_user(),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    directory = destination(settings, into)
    from ims_avatar.faces.models import require_libraries

    require_libraries()
    from ims_avatar.enrol.create import Enrolment, create_avatar  # needs the extra `vision`

    enrolment = Enrolment(name, reference, record, title, licence, face, still, drawn)
    with _shown_progress() as progress:
        avatar = create_avatar(enrolment, directory, repository_of(settings, into), progress)
    manifest = avatar.manifest
    console.out.print(f"created {manifest.name}/{manifest.version}: {avatar.folder}", markup=False, soft_wrap=True)
    console.out.print(f"how it looks: {avatar.path('preview')}", markup=False, soft_wrap=True)


def statement_of(consent: str) -> str:
    if not consent.strip():
        raise AvatarError(
            "no consent is given: an avatar can be made to say anything, so the person shown must have agreed to it",
            remedy='write down what was agreed to: --consent "Jane Doe agreed on 3 May 2026 to be shown in our calls"; '
            'for a drawing say so: --consent "shows nobody: drawn by ..."',
        )
    return consent.strip()


def current_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user of this number
        return "unknown"


@contextmanager
def _shown_progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error while it is a terminal; nothing is left of it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=console.err, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)
