"""Options that `call` and `answer` share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class Video(StrEnum):
    accept = "accept"
    refuse = "refuse"
    status488 = "488"


Address: TypeAlias = Annotated[str, typer.Option("--address", metavar="IP", help="Our address, for SIP and RTP.")]
Port: TypeAlias = Annotated[int, typer.Option("--port", help="Our SIP port; 0 takes a free one.")]
User: TypeAlias = Annotated[str, typer.Option("--user", help="User part of our SIP URI.")]
RtpPorts: TypeAlias = Annotated[
    tuple[int, int], typer.Option("--rtp-ports", metavar="LOW HIGH", help="UDP ports for sound and picture.")
]
Codecs: TypeAlias = Annotated[
    list[str], typer.Option("--codec", metavar="NAME", help="PCMU, PCMA, G722, opus ...; repeat, best first.")
]
Play: TypeAlias = Annotated[
    Path | None, typer.Option("--play", metavar="FILE", help="Say this (any sound ffmpeg reads); without it: a tone.")
]
Tone: TypeAlias = Annotated[float, typer.Option("--tone", metavar="HZ", help="The tone's pitch; 0 is silence.")]
Loop: TypeAlias = Annotated[bool, typer.Option("--loop", help="Play the file again and again.")]
Seconds: TypeAlias = Annotated[float | None, typer.Option("--seconds", help="Hang up so long after the answer.")]
VideoOption: TypeAlias = Annotated[
    Video, typer.Option("--video", help="Added video: accept, refuse (port 0), or refuse the whole offer with 488.")
]
Digits: TypeAlias = Annotated[str, typer.Option("--digits", help="Keys to press (RFC 4733) a second after the answer.")]
Wav: TypeAlias = Annotated[Path | None, typer.Option("--wav", metavar="FILE", help="Record the received sound.")]
Film: TypeAlias = Annotated[
    Path | None, typer.Option("--film", metavar="FILE", help="Record received picture and sound (.mp4).")
]
Trace: TypeAlias = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", help="Write every SIP message (JSON lines; holds personal data)."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="The result as JSON.")]
ExpectSound: TypeAlias = Annotated[bool, typer.Option("--expect-audio", help="Fail unless sound was heard.")]
ExpectVideo: TypeAlias = Annotated[bool, typer.Option("--expect-video", help="Fail unless pictures were decoded.")]
ExpectNoVideo: TypeAlias = Annotated[bool, typer.Option("--expect-no-video", help="Fail if pictures came.")]
ExpectDigits: TypeAlias = Annotated[str, typer.Option("--expect-digits", help="Fail unless these keys came.")]
