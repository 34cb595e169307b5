"""How the commands speak: results on standard output, progress and errors on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ims_avatar.errors import ImsAvatarError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def show_error(cause: str, remedy: str = "") -> None:
    """One red line that names the cause, and what to do about it."""
    line = Text("error: ", style="bold red").append(cause, style="red")
    if remedy:
        line.append(f". Remedy: {remedy}", style="default")
    err.print(line, soft_wrap=True)


def show_library_error(error: ImsAvatarError) -> None:
    cause = str(error)
    if error.remedy:
        cause = cause.removesuffix(f". Remedy: {error.remedy}")
    show_error(cause, error.remedy)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A plain table without vertical lines; the first column is emphasised."""
    shown = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for index, name in enumerate(columns):
        shown.add_column(name, header_style="dim", style="bold" if index == 0 else "", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return shown
