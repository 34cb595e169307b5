"""Several calls placed from one process: the caller side of the bench."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.cli.phone_result import show
from ims_avatar.cli.phone_session import Files, on_interrupt, run_phone
from ims_avatar.config import LogConfig
from ims_avatar.errors import ConfigError
from ims_avatar.ops.log import set_up_log
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.phone import Phone, PhoneSettings
from ims_avatar.phone.plan import CallPlan


def callers(
    uris: Annotated[list[str], typer.Argument(metavar="URI...")],
    via: Annotated[str | None, typer.Option("--via")] = None,
    play: Annotated[Path | None, typer.Option("--play")] = None,
    seconds: Annotated[float, typer.Option("--seconds")] = 10.0,
    every: Annotated[float, typer.Option("--every", help="Seconds between two calls.")] = 0.1,
    raw: Annotated[Path | None, typer.Option("--raw")] = None,
    trace: Annotated[Path | None, typer.Option("--trace")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Place one call to each URI, all from one phone."""
    set_up_log(LogConfig(level="warning"), "phone")
    plan = CallPlan(codecs=("PCMU",), play=play, loop=True, seconds=seconds, keep=raw is not None)

    async def use(phone: Phone) -> list[PhoneCall]:
        if phone.capacity < len(uris):
            raise ConfigError(
                f"this SIP stack holds {phone.capacity} calls, {len(uris)} were asked for", remedy="use more processes"
            )
        placed: list[PhoneCall] = []

        def hang_up() -> None:
            for call in placed:
                call.hang_up()

        with on_interrupt(hang_up):
            for uri in uris:
                placed.append(phone.place(uri, plan, via))
                await asyncio.sleep(every)
            for call in placed:
                await call.ended.wait()
        return placed

    reports = run_phone(PhoneSettings(user="caller", calls=len(uris)), Files(raw=raw, trace=trace), use)
    problems = [f"{report.uri}: status {report.status}" for report in reports if not report.answered]
    show(reports, problems, as_json=as_json)
    raise typer.Exit(int(bool(problems)))
