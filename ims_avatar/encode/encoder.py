"""Frames to access units: H.264 constrained baseline by libx264, one encoder a stream."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from ims_avatar.encode.fit import PictureFit
from ims_avatar.encode.settings import EncoderSettings
from ims_avatar.errors import MediaError
from ims_avatar.flow import AccessUnit, RenderedFrame

BUFFER_SECONDS = 0.4
"""Size of the rate buffer (VBV): a key frame takes at most about this much of the bit rate."""
LOWEST_QUANTIZER = 16
"""A picture that hardly moves is not refined beyond what an eye sees, whatever the bit rate."""
NAL_SEI = 6
START_CODE = b"\x00\x00\x01"


class VideoEncoder:
    """One stream's encoder. `encode` may be called from any thread, but not from two at once."""

    def __init__(self, settings: EncoderSettings) -> None:
        """Raises `MediaError` when libx264 refuses the settings."""
        self.settings = settings
        self._fit = PictureFit(settings.width, settings.height)
        self._count = 0
        try:
            self._context = _open(settings)
        except FFmpegError as error:
            raise MediaError(f"libx264 refuses {settings} ({error})", remedy="negotiate another size") from error

    def encode(self, frame: RenderedFrame, keyframe: bool = False) -> AccessUnit:
        """The access unit of `frame`, at once (no picture is held back); an IDR picture if `keyframe` or when due.

        A frame of another size is scaled whole into the stream's. Raises `MediaError` when libx264 fails.
        """
        picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(self._fit.fit(frame.i420)), format="yuv420p")
        picture.pts = self._count
        if keyframe:
            picture.pict_type = PictureType.I
        try:
            packets = self._context.encode(picture)
        except FFmpegError as error:
            raise MediaError(f"libx264 failed ({error})", remedy="report this with the log of the pool") from error
        data = b"".join(bytes(packet) for packet in packets)
        if self._count == 0:
            data = _without_banner(data)
        self._count += 1
        return AccessUnit(frame.pts, data, any(packet.is_keyframe for packet in packets))


def _open(settings: EncoderSettings) -> VideoCodecContext:
    rate = Fraction(settings.frame_rate).limit_denominator(1000)
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
    context.framerate, context.time_base = rate, 1 / rate
    context.bit_rate = settings.bit_rate
    context.thread_count = 1
    slices = f":slice-max-size={settings.slice_max_size}" if settings.slice_max_size else ""
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",  # x264 writes constraint_set1 = 1 with it: constrained baseline
        "level": settings.level,
        "forced-idr": "1",
        "g": str(max(1, round(settings.keyframe_interval * settings.frame_rate))),
        "maxrate": str(settings.bit_rate),
        "bufsize": str(round(settings.bit_rate * BUFFER_SECONDS)),
        "qmin": str(LOWEST_QUANTIZER),
        # Deblocking, which ultrafast leaves out, is worth 1 dB on faces and costs nothing that can be measured.
        "x264-params": f"annexb=1:repeat-headers=1:scenecut=0:no-deblock=0:deblock=1,0{slices}",
    }
    context.open()
    return context


def _without_banner(data: bytes) -> bytes:
    """The first access unit without x264's advertisement of itself, an SEI of 700 bytes that may exceed the MTU."""
    units = data.split(START_CODE)
    kept = [unit for unit in units[1:] if unit and unit[0] & 0x1F != NAL_SEI]
    return units[0] + START_CODE + START_CODE.join(kept)
