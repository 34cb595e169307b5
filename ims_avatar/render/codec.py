"""Video codecs of films and streams: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import OutputContainer
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

LIVE_BIT_RATE = 1_000_000
"""Bits a second of a live picture when nobody names another."""
_BUFFER_SECONDS = 1.0
_KEYFRAME_SECONDS = 2.0
"""Who joins a live stream waits at most so long for the first picture."""


@dataclass(frozen=True, slots=True)
class VideoCodec:
    encoder: str
    rtp_name: str
    """Encoding name in SDP (RFC 6184, RFC 7798)."""
    quality: int
    """Constant rate factor of files."""
    preset: str
    live_preset: str
    parameters: tuple[str, str]
    """Name and value of the option with the encoder's own parameters."""
    mp4_tag: str


VIDEO_CODECS = {
    "h264": VideoCodec("libx264", "H264", 20, "veryfast", "superfast", ("x264-params", "log-level=error"), "avc1"),
    # Apple's players open hvc1 only.
    "h265": VideoCodec("libx265", "H265", 23, "superfast", "ultrafast", ("x265-params", "log-level=error"), "hvc1"),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """What the numbers of pictures mean, by the codes of ITU-T H.273."""

    matrix: int
    full_range: bool
    primaries: int
    transfer: int

    @staticmethod
    def of(frame: av.VideoFrame) -> Colour:
        """Of a film's picture after it was made I420."""
        plain = frame.reformat(format="yuv420p")
        full = plain.color_range == ColorRange.JPEG
        return Colour(int(plain.colorspace), full, int(plain.color_primaries), int(plain.color_trc))


AVATAR_COLOUR = Colour(matrix=6, full_range=False, primaries=1, transfer=1)
"""ITU-R BT.601 from sRGB pictures, as every avatar is stored."""


@dataclass(frozen=True, slots=True)
class FilmForm:
    """Size, rate and coding of a film's picture."""

    width: int
    """Pixels, even."""
    height: int
    """Pixels, even."""
    rate: Fraction
    """Pictures a second."""
    codec: str = "h264"
    """A key of VIDEO_CODECS."""
    bit_rate: int | None = None
    """Bits a second; None: constant quality in files, LIVE_BIT_RATE in live streams."""
    colour: Colour = AVATAR_COLOUR


def add_video(container: OutputContainer, form: FilmForm, time_base: Fraction, live: bool) -> VideoStream:
    """A stream of `container` that encodes I420 pictures; a live one holds no picture back."""
    codec = VIDEO_CODECS[form.codec]
    stream = container.add_stream(codec.encoder, rate=form.rate)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = form.width, form.height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = time_base
    _tag(stream, form.colour)
    bit_rate = form.bit_rate or (LIVE_BIT_RATE if live else None)
    name, value = codec.parameters
    options: dict[str, object] = {"preset": codec.live_preset if live else codec.preset, name: value}
    if live:
        options |= {"tune": "zerolatency", "g": str(round(_KEYFRAME_SECONDS * form.rate))}
    if bit_rate:
        stream.bit_rate = bit_rate
        options |= {"maxrate": str(bit_rate), "bufsize": str(round(bit_rate * _BUFFER_SECONDS))}
    else:
        options["crf"] = str(codec.quality)
    stream.options = options
    if container.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = codec.mp4_tag
    return stream


def _tag(stream: VideoStream, colour: Colour) -> None:
    context = stream.codec_context
    context.colorspace, context.color_primaries, context.color_trc = colour.matrix, colour.primaries, colour.transfer
    context.color_range = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
