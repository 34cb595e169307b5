"""People who are drawn on the fly: exact lips for any number of faces."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.i420 import planes_of_rgb
from ims_avatar.enrol.inside import InsideColours, paint
from ims_avatar.faces.lip_code import (
    CROP_EYES,
    CROP_HEIGHT,
    CROP_MOUTH,
    CROP_WIDTH,
    PLACES,
    MouthLines,
    code_of,
    packed,
)
from ims_avatar.training.drawn.characters.brushes import mixed
from ims_avatar.training.drawn.characters.drawing import View, draw
from ims_avatar.training.drawn.characters.mouth import CAVITY, MouthShape, mouth_shape
from ims_avatar.training.drawn.characters.random_style import random_style
from ims_avatar.training.drawn.characters.style import CharacterStyle
from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.faces.people import Person

_CORNER_SHARE = 0.4


def crop_view(style: CharacterStyle) -> View:
    """The crop of a drawn face, as `enrol.crop` would cut it."""
    face = style.face
    scale = CROP_EYES / (2 * (face.eye_distance + style.eyes.half_width))
    rest = _lines(style, mouth_shape(style, np.zeros(8, np.float32)), np.array([[1.0, 0, 0], [0, 1.0, 0]]))
    seam = float(rest.lips[1, len(PLACES) // 2])
    dx, dy = CROP_MOUTH[0] - scale * face.centre_x, CROP_MOUTH[1] - scale * seam
    return View(np.array([[scale, 0.0, dx], [0.0, scale, dy]]), CROP_WIDTH, CROP_HEIGHT)


def _lines(style: CharacterStyle, shape: MouthShape, plane: NDArray[np.float64]) -> MouthLines:
    """Lip lines of a drawn mouth after a map without turn."""
    scale = float(plane[0, 0])
    corners = shape.upper_outer[[0, -1], 0]
    centre, half = float(corners.mean()), float(corners[1] - corners[0]) / 2
    lips = np.empty((4, len(PLACES)))
    for row, line in enumerate((shape.upper_outer, shape.upper_inner, shape.lower_inner, shape.lower_outer)):
        lips[row] = np.interp(centre + half * PLACES, line[:, 0], line[:, 1])
    chin = style.face.chin_y + shape.chin_drop
    return MouthLines(
        centre * scale + plane[0, 2], half * scale, lips * scale + plane[1, 2], chin * scale + plane[1, 2]
    )


def drawn_person(style: CharacterStyle, codes: NDArray[np.float32]) -> Person:
    """The crops of a character for these lip codes, (n, 8). The first crop is the mouth at rest."""
    view = crop_view(style)
    codes = np.concatenate([np.zeros((1, codes.shape[1]), np.float32), codes])
    shapes = [_lines(style, mouth_shape(style, code), view.matrix) for code in codes]
    measured = np.stack([code_of(lines, shapes[0]) for lines in shapes])
    # What lips of lines cannot tell stays as it was asked for.
    measured[:, 7] = codes[:, 7]
    planes = [planes_of_rgb(draw(style, code, view=view)) for code in codes]
    return Person(
        np.stack([p.luma for p in planes]),
        np.stack([p.chroma for p in planes]),
        measured,
        np.stack([packed(lines) for lines in shapes]),
        packed(shapes[0]),
        paint(inside_colours(style)),
    )


def inside_colours(style: CharacterStyle) -> InsideColours:
    """What this character's mouth is drawn with inside."""
    lips = style.lips
    teeth, gums, tongue, cavity = (
        _yuv(colour) for colour in (mixed(lips.teeth, lips.teeth_shade, 0.3), lips.tongue_shade, lips.tongue, CAVITY)
    )
    return InsideColours(teeth, gums, tongue, cavity)


def _yuv(colour: int) -> tuple[float, float, float]:
    rgb = np.full((2, 2, 3), [colour >> 16, colour >> 8 & 255, colour & 255], np.uint8)
    planes = planes_of_rgb(rgb)
    return float(planes.luma[0, 0]), float(planes.chroma[0, 0, 0]), float(planes.chroma[1, 0, 0])


def _random_person(task: tuple[int, int]) -> Person:
    seed, crops = task
    rng = np.random.default_rng(seed)
    codes = random_lip_codes(rng, 8 * crops, _CORNER_SHARE)  # speech begins with a pause: a few of many
    return drawn_person(random_style(rng), codes[rng.choice(len(codes), crops, replace=False)])


def random_people(count: int, crops: int, seed: int) -> Iterator[Person]:
    """`count` people nobody drew before, `crops` pictures of each, by all cores at low priority."""
    tasks = [(seed * 1_000_003 + number, crops) for number in range(count)]
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), initializer=os.nice, initargs=(15,)) as pool:
        yield from pool.imap(_random_person, tasks)
