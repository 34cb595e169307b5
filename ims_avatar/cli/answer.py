"""`ims-avatar answer`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.cli import console
from ims_avatar.cli import phone_options as options
from ims_avatar.cli.phone_result import show
from ims_avatar.cli.phone_session import Files, on_interrupt, run_phone
from ims_avatar.config import LogConfig
from ims_avatar.ops.log import set_up_log
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.phone import Phone, PhoneSettings
from ims_avatar.phone.plan import CallPlan
from ims_avatar.phone.report import unmet
from ims_avatar.phone.sound_out import check_digits


def answer(
    address: options.Address = "127.0.0.1",
    port: options.Port = 5070,
    user: options.User = "callee",
    rtp_ports: options.RtpPorts = (40_000, 49_999),
    calls: Annotated[int, typer.Option("--calls", min=1, help="Take so many calls, then end.")] = 1,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for a call.")] = 3600.0,
    codec: options.Codecs = ["PCMU", "PCMA"],  # noqa: B006 - typer copies it
    play: options.Play = None,
    tone: options.Tone = 440.0,
    loop: options.Loop = False,
    seconds: options.Seconds = None,
    answer_after: Annotated[float, typer.Option("--answer-after", help="Ring so many seconds first.")] = 0.0,
    reject: Annotated[int | None, typer.Option("--reject", metavar="STATUS", help="Refuse calls, e.g. 486.")] = None,
    video: options.VideoOption = options.Video.accept,
    digits: options.Digits = "",
    wav: options.Wav = None,
    film: options.Film = None,
    raw: Annotated[Path | None, typer.Option("--raw", hidden=True)] = None,
    decode: Annotated[bool, typer.Option("--decode/--no-decode", hidden=True)] = True,
    trace: options.Trace = None,
    as_json: options.AsJson = False,
    expect_audio: options.ExpectSound = False,
    expect_video: options.ExpectVideo = False,
    expect_no_video: options.ExpectNoVideo = False,
    expect_digits: options.ExpectDigits = "",
) -> None:
    """Take a call: play a file or a tone, record, accept or refuse added video, and say what came.

    Without --seconds the caller decides when it ends. Recordings are of the first call. Exit status 0 when a call was
    answered and did what the --expect options ask, else 1.
    """
    set_up_log(LogConfig(level="warning"), "phone")
    files = Files(wav, film, trace, raw)
    plan = CallPlan(
        codecs=tuple(codec), play=play, tone_hz=tone, loop=loop,
        seconds=seconds, video=video.value, digits=check_digits(digits),
        answer_after=answer_after, reject=reject, keep=files.wants_media, decode=decode,
    )  # fmt: skip

    async def use(phone: Phone) -> list[PhoneCall]:
        phone.take_calls(lambda event: plan)
        host, sip_port = phone.sip_address
        ready = {"event": "phone ready", "sip_host": host, "sip_port": sip_port}
        line = json.dumps(ready) if as_json else f"waiting for calls at sip:{user}@{host}:{sip_port}"
        console.err.print(line, soft_wrap=True)
        taken: list[PhoneCall] = []
        task = asyncio.ensure_future(_take(phone, taken, calls, wait))
        with on_interrupt(lambda: _end(task, taken)):
            await asyncio.wait([task])
        return taken

    settings = PhoneSettings(address=address, sip_port=port, rtp_ports=rtp_ports, user=user, calls=calls)
    reports = run_phone(settings, files, use)
    problems = [] if reports else ["no call came"]
    for report in reports:
        problems += unmet(
            report, sound=expect_audio, video=expect_video, no_video=expect_no_video, digits=expect_digits
        )
    show(reports, problems, as_json=as_json)
    raise typer.Exit(int(bool(problems)))


async def _take(phone: Phone, taken: list[PhoneCall], calls: int, wait: float) -> None:
    try:
        async with asyncio.timeout(wait):
            while len(taken) < calls:
                taken.append(await phone.next_call())
    except TimeoutError:
        pass
    for call in taken:
        await call.ended.wait()


def _end(task: asyncio.Future[None], taken: list[PhoneCall]) -> None:
    """The first interrupt hangs up; without a call it ends the waiting."""
    if not any(not call.ended.is_set() for call in taken):
        task.cancel()
    for call in taken:
        call.hang_up()
