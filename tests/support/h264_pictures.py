"""Small real H.264 pictures for tests of packets: encoded once, by the same libx264 that calls use."""

from __future__ import annotations

import functools
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from ims_avatar.flow import AccessUnit


@functools.cache
def h264_pictures(
    count: int, *, width: int = 128, height: int = 128, slice_max_size: int = 0, bit_rate: int = 400_000
) -> tuple[AccessUnit, ...]:
    """`count` noisy pictures at 25 fps from pts 0 on, the first a key frame; `slice_max_size`: bytes of a NAL unit."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.bit_rate, context.thread_count = bit_rate, 1
    parameters = "annexb=1:repeat-headers=1:keyint=1000" + (
        f":slice-max-size={slice_max_size}" if slice_max_size else ""
    )
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": parameters}
    random = np.random.default_rng(1)
    units = []
    for index in range(count):
        picture = random.integers(0, 256, (height * 3 // 2, width), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        units += [AccessUnit(index / 25, bytes(packet), packet.is_keyframe) for packet in context.encode(frame)]
    return tuple(units)
