"""Draws the idle loop of a character and stores it as a small film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ims_avatar.avatars.i420 import picture_of_planes, planes_of_rgb
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.training.characters.drawing import PICTURE_SIZE, draw
from ims_avatar.training.characters.idle import FRAME_RATE, LOOP_LENGTH, idle_frame
from ims_avatar.training.characters.style import CharacterStyle

QUALITY = 10
"""Constant rate factor: about 50 dB, so that nothing is lost that a call's 400 kb/s would show."""


def write_loop(style: CharacterStyle, path: Path) -> None:
    """An H.264 film of `LOOP_LENGTH` pictures with the mouth at rest."""
    rest = np.zeros(LIP_CODE_SIZE, np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE)
        stream.width = stream.height = PICTURE_SIZE
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FRAME_RATE)
        stream.options = {"crf": str(QUALITY), "preset": "slow", "tune": "animation", "threads": "1"}
        for index in range(LOOP_LENGTH):
            idle = idle_frame(index, style.habit)
            planes = planes_of_rgb(draw(style, rest, idle.pose, idle.expression))
            frame = av.VideoFrame.from_ndarray(picture_of_planes(planes), format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
