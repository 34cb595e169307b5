"""Encoders and decoders that PyAV brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
from av.codec import Codec

from ims_avatar.cli.doctor.finding import Finding, limit, ok, problem

VOICE_DECODERS = {
    "pcm_mulaw": "PCMU",
    "pcm_alaw": "PCMA",
    "g722": "G722",
    "amrnb": "AMR",
    "amrwb": "AMR-WB",
    "opus": "Opus",
}
"""libavcodec's name of each codec that the tap decodes, and its RTP name."""

Usable = Callable[[str, str], bool]


def usable(name: str, mode: str) -> bool:
    """Whether libavcodec has the codec and, for an encoder, opens it: one for hardware may lack its device."""
    try:
        Codec(name, "w" if mode == "w" else "r")
        if mode == "w":
            context = av.CodecContext.create(name, "w")
            assert isinstance(context, av.VideoCodecContext)
            context.width, context.height, context.pix_fmt = 256, 256, "yuv420p"
            context.time_base = Fraction(1, 25)
            if name == "libx265":
                context.options = {"x265-params": "log-level=none"}
            context.open()
    except (av.FFmpegError, ValueError):
        return False
    return True


def check_codecs(works: Usable = usable) -> Iterator[Finding]:
    version = f"PyAV {av.__version__}"
    if works("libx264", "w"):
        yield ok("H.264 encoder", f"libx264 ({version})")
    else:
        yield problem(
            "H.264 encoder",
            f"{version} without libx264",
            "pip install --force-reinstall 'av>=18.1,<19' (the wheel of PyPI)",
        )
    if works("libx265", "w"):
        yield ok("H.265 encoder", "libx265 (calls use H.264)")
    else:
        yield limit("H.265 encoder", "no libx265", "nothing yet: calls use H.264", "none needed")
    if works("h264_nvenc", "w"):
        yield ok("hardware encoder", "h264_nvenc opens (calls use libx264)")
    else:
        yield limit(
            "hardware encoder",
            "no usable NVENC",
            "encoding takes CPU, about 2 % of a core a call",
            "none needed without an NVIDIA GPU",
        )
    missing = [rtp for name, rtp in VOICE_DECODERS.items() if not works(name, "r")]
    heard = [rtp for rtp in VOICE_DECODERS.values() if rtp not in missing]
    if not missing:
        yield ok("voice decoders", ", ".join(heard))
    else:
        yield limit(
            "voice decoders",
            ", ".join(heard) or "none",
            f"calls in {', '.join(missing)} get no moving lips",
            "pip install --force-reinstall 'av>=18.1,<19'",
        )
