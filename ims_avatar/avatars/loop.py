"""The reference loop of an avatar: a short film of the person doing nothing, decoded once and shared by all calls."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import CorruptModel

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
