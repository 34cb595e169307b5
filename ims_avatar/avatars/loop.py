"""The reference loop of an avatar: a short film of the person doing nothing, decoded once and shared by all calls."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import CorruptModel

QUALITY = 10
"""Constant rate factor: about 50 dB, so that nothing is lost that a call's 400 kb/s would show."""

_REMEDY = "restore the avatar's folder from where it came, or train it again"


def read_loop(path: Path, width: int, height: int, frames: int) -> NDArray[np.uint8]:
    """All pictures of the film, I420, uint8 (frames, height * 3 // 2, width). `CorruptModel` if it has others."""
    pictures = np.empty((frames, height * 3 // 2, width), np.uint8)
    count = 0
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if count == frames or (frame.width, frame.height) != (width, height):
                    count += 1
                    break
                pictures[count] = frame.to_ndarray(format="yuv420p")
                count += 1
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise CorruptModel(f"{path}: the reference loop cannot be decoded ({error})", remedy=_REMEDY) from error
    if count != frames:
        raise CorruptModel(f"{path}: the reference loop is not {frames} pictures of {width}x{height}", remedy=_REMEDY)
    return pictures


def write_loop(
    path: Path, pictures: Iterable[NDArray[np.uint8]], size: int, frame_rate: int, options: dict[str, str]
) -> None:
    """An H.264 film of square I420 pictures, uint8 (size * 3 // 2, size). `options`: x264's, besides the quality."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=frame_rate)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, frame_rate)
        stream.options = {"crf": str(QUALITY), "threads": "1", **options}
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
