"""`ims-avatar call`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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


def call(
    uri: Annotated[str, typer.Argument(metavar="URI", help="Whom to call, e.g. sip:bob@192.0.2.20:5060.")],
    via: Annotated[
        str | None, typer.Option("--via", metavar="URI", help="Send the call through this proxy, e.g. the service.")
    ] = None,
    address: options.Address = "127.0.0.1",
    port: options.Port = 0,
    user: options.User = "caller",
    rtp_ports: options.RtpPorts = (30_000, 39_999),
    codec: options.Codecs = ["PCMU", "PCMA"],  # noqa: B006 - typer copies it
    play: options.Play = None,
    tone: options.Tone = 440.0,
    loop: options.Loop = False,
    seconds: options.Seconds = None,
    ring: Annotated[float, typer.Option("--ring", help="Cancel when nobody answered after so many seconds.")] = 60.0,
    offer_video: Annotated[bool, typer.Option("--offer-video", help="Offer to receive video from the start.")] = False,
    video: options.VideoOption = options.Video.accept,
    digits: options.Digits = "",
    wav: options.Wav = None,
    film: options.Film = None,
    raw: Annotated[Path | None, typer.Option("--raw", hidden=True)] = None,
    trace: options.Trace = None,
    as_json: options.AsJson = False,
    expect_audio: options.ExpectSound = False,
    expect_video: options.ExpectVideo = False,
    expect_no_video: options.ExpectNoVideo = False,
    expect_digits: options.ExpectDigits = "",
) -> None:
    """Place one call: play a file or a tone, record, press keys, and say what came back.

    The caller hangs up when all was played (or after --seconds). Exit status 0 when the call was answered and did what
    the --expect options ask, else 1.
    """
    set_up_log(LogConfig(level="warning"), "phone")
    files = Files(wav, film, trace, raw)
    plan = CallPlan(
        codecs=tuple(codec), play=play, tone_hz=tone, loop=loop,
        seconds=seconds if seconds or play else 10.0, video=video.value,
        offer_video=offer_video, digits=check_digits(digits), give_up_after=ring, keep=files.wants_media,
    )  # fmt: skip

    async def use(phone: Phone) -> list[PhoneCall]:
        placed = phone.place(uri, plan, via)
        with on_interrupt(placed.hang_up):
            await placed.ended.wait()
        return [placed]

    settings = PhoneSettings(address=address, sip_port=port, rtp_ports=rtp_ports, user=user)
    reports = run_phone(settings, files, use)
    problems = unmet(reports[0], sound=expect_audio, video=expect_video, no_video=expect_no_video, digits=expect_digits)
    show(reports, problems, as_json=as_json)
    raise typer.Exit(int(bool(problems)))
