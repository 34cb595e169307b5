"""People of films: crops and lip codes from landmarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.crop import FaceCrop, cut, face_crop, steadied
from ims_avatar.enrol.inside import paint_inside
from ims_avatar.faces.lip_code import code_of, packed
from ims_avatar.training.faces.people import Person, skin_luma


def film_person(
    path: Path,
    points: NDArray[np.float32],
    used: NDArray[np.bool_],
    on_progress: Callable[[float], None] = lambda share: None,
    *,
    crop: FaceCrop | None = None,
) -> tuple[Person, FaceCrop, NDArray[np.intp]]:
    """The person of a film: crops of the frames in `used` (T,), given the landmarks (T, 478, 3) of all frames.

    `crop`: how the face is laid into crops, if that is known already. Also returns that, and the number of the frame
    that each crop is of.
    """
    frames = np.flatnonzero(used & np.isfinite(points[:, 0, 0]))
    crop = crop or face_crop([points[i] for i in frames])
    steady = _steadied_in_shots(frames, [crop.to_crop(points[i]) for i in frames])
    matrices = dict(zip(frames.tolist(), steady, strict=True))
    luma, chroma = [], []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in matrices:
                planes = cut(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), matrices[number])
                luma.append(planes[0])
                chroma.append(planes[1])
                on_progress(len(luma) / len(frames))
            if len(luma) == len(frames):
                break
    lines = [crop.lines(points[i]) for i in frames]
    crops = np.stack(luma)
    person = Person(
        crops,
        np.stack(chroma),
        np.stack([code_of(line, crop.rest) for line in lines]),
        np.stack([packed(line) for line in lines]),
        packed(crop.rest),
        paint_inside(skin_luma(crops, crop.rest)),
    )
    return person, crop, frames


def _steadied_in_shots(frames: NDArray[np.intp], matrices: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Smoothed where frames follow each other, not across gaps."""
    breaks = np.flatnonzero(np.diff(frames) > 1) + 1
    return [m for part in np.split(np.arange(len(frames)), breaks) for m in steadied([matrices[i] for i in part])]


def part_of(person: Person, chosen: NDArray[np.intp]) -> Person:
    """Some crops of a person."""
    return replace(
        person,
        luma=person.luma[chosen],
        chroma=person.chroma[chosen],
        codes=person.codes[chosen],
        lines=person.lines[chosen],
    )
