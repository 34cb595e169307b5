"""Draws the idle loop of a character and stores it as a small film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.i420 import picture_of_planes, planes_of_rgb
from ims_avatar.avatars.loop import write_loop as write_film
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.training.drawn.characters.drawing import PICTURE_SIZE, draw
from ims_avatar.training.drawn.characters.idle import FRAME_RATE, LOOP_LENGTH, idle_frame
from ims_avatar.training.drawn.characters.style import CharacterStyle

_QUALITY = 13
"""Constant rate factor: nothing is lost that a call's 400 kb/s would show, and a loop has half a megabyte."""


def write_loop(style: CharacterStyle, path: Path) -> None:
    """An H.264 film of `LOOP_LENGTH` pictures with the mouth at rest."""
    options = {"crf": str(_QUALITY), "preset": "slow", "tune": "animation"}
    write_film(path, _pictures(style), PICTURE_SIZE, FRAME_RATE, options)


def _pictures(style: CharacterStyle) -> Iterator[NDArray[np.uint8]]:
    rest = np.zeros(LIP_CODE_SIZE, np.float32)
    for index in range(LOOP_LENGTH):
        idle = idle_frame(index, style.habit)
        yield picture_of_planes(planes_of_rgb(draw(style, rest, idle.pose, idle.expression)))
