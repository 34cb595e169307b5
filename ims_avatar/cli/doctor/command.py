"""The command: run all checks, show them, and say by the exit status whether calls can get their avatar."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ims_avatar.cli import console
from ims_avatar.cli.doctor.avatars import check_avatars
from ims_avatar.cli.doctor.codecs import check_codecs
from ims_avatar.cli.doctor.engines import check_engines, check_extras
from ims_avatar.cli.doctor.finding import Finding, State
from ims_avatar.cli.doctor.ports import check_address, check_ports
from ims_avatar.cli.doctor.sip_stack import check_sip_stack
from ims_avatar.config import Config, load_config

MARKS: dict[State, tuple[str, str]] = {"ok": ("✓", "green"), "limit": ("•", "yellow"), "problem": ("✗", "bold red")}

CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    check_sip_stack,
    lambda config: check_codecs(),
    lambda config: check_engines(),
    check_avatars,
    check_ports,
    check_address,
    lambda config: check_extras(),
)


def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration (YAML) to check against.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
) -> None:
    """Show what is installed, what that limits, and what to do about it.

    Exit status 1 when something keeps calls from getting their avatar.
    """
    settings = load_config(config)
    findings = [finding for check in CHECKS for finding in check(settings)]
    if as_json:
        console.out.print_json(json.dumps([finding.as_json() for finding in findings]))
    else:
        _show(findings)
    raise typer.Exit(int(any(finding.state == "problem" for finding in findings)))


def _show(findings: list[Finding]) -> None:
    rows = [(_mark(finding.state), finding.subject, _details(finding)) for finding in findings]
    console.out.print(console.table("", ("", "what", "found"), rows))
    problems = sum(finding.state == "problem" for finding in findings)
    if problems:
        console.out.print(f"\n[bold red]{problems} to mend[/] before calls can get their avatar.")
    else:
        console.out.print("\n[green]Ready:[/] ims-avatar serve, or see it work: ims-avatar demo")


def _mark(state: State) -> Text:
    sign, style = MARKS[state]
    return Text(sign, style=style)


def _details(finding: Finding) -> Text:
    text = Text(finding.found)
    if finding.limits:
        text.append(f"\n{finding.limits}", style="dim")
    if finding.remedy and finding.remedy != "none needed":
        text.append("\nremedy: ", style="bold").append(finding.remedy)
    return text
