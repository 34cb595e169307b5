"""What a renderer learns from: drawn crops with their lip codes, and the loop frames they belong to."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.i420 import planes_of_picture, planes_of_rgb
from ims_avatar.avatars.loop import read_loop
from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.characters.drawing import PICTURE_SIZE, draw
from ims_avatar.training.drawn.characters.idle import LOOP_LENGTH, idle_frame
from ims_avatar.training.drawn.crop import CropGeometry, PasteBox, find_crop, loop_matrices, paste_box
from ims_avatar.training.drawn.lip_corpus import random_lip_codes

_CORNER_SHARE = 0.5
"""Share of lip codes that speech seldom makes: no driving input may meet a mouth never drawn."""

_NICE = 10
"""Priority of the processes that draw."""


@dataclass(frozen=True, slots=True)
class Crops:
    """Drawn truth in crop coordinates."""

    lip_codes: NDArray[np.float32]
    loop_index: NDArray[np.int64]
    luma: NDArray[np.uint8]
    """(n, h, w)."""
    chroma: NDArray[np.uint8]
    """(n, 2, h/2, w/2)."""


@dataclass(frozen=True, slots=True)
class ReferenceLoop:
    """The paste box of every loop frame, as the call sees it: decoded."""

    box: PasteBox
    to_crop: NDArray[np.float32]
    """(loop length, 2, 3): box pixels to crop pixels."""
    luma: NDArray[np.uint8]
    """(loop length, box height, box width)."""
    chroma: NDArray[np.uint8]


def crop_geometry(character: str) -> CropGeometry:
    return find_crop(STYLES[character], np.random.default_rng(0))


def reference_loop(character: str, crop: CropGeometry, film: Path) -> ReferenceLoop:
    style = STYLES[character]
    box = paste_box(style, crop)
    pictures = read_loop(film, PICTURE_SIZE, PICTURE_SIZE, LOOP_LENGTH)
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    half_rows = slice(box.top // 2, (box.top + box.height) // 2)
    half_columns = slice(box.left // 2, (box.left + box.width) // 2)
    planes = [planes_of_picture(picture) for picture in pictures]
    return ReferenceLoop(
        box=box,
        to_crop=loop_matrices(style, crop, box),
        luma=np.stack([p.luma[rows, columns] for p in planes]),
        chroma=np.stack([p.chroma[:, half_rows, half_columns] for p in planes]),
    )


def _drawn(task: tuple[str, CropGeometry, NDArray[np.float32], NDArray[np.int64]]) -> tuple[NDArray[np.uint8], ...]:
    character, crop, codes, loop_index = task
    style = STYLES[character]
    planes = []
    for code, index in zip(codes, loop_index, strict=True):
        idle = idle_frame(int(index), style.habit)
        view = crop.view(style, idle.pose)
        planes.append(planes_of_rgb(draw(style, code, idle.pose, idle.expression, view)))
    return np.stack([p.luma for p in planes]), np.stack([p.chroma for p in planes])


def _step_back() -> None:
    """Low priority for this process, unless it has it already."""
    os.nice(max(0, _NICE - os.nice(0)))


def draw_crops(character: str, crop: CropGeometry, count: int, seed: int) -> Crops:
    """`count` random lip codes on random loop frames, drawn by all cores at low priority."""
    rng = np.random.default_rng(seed)
    codes = random_lip_codes(rng, count, _CORNER_SHARE)
    loop_index = rng.integers(0, LOOP_LENGTH, count)
    parts = np.array_split(np.arange(count), max(1, count // 64))
    tasks = [(character, crop, codes[part], loop_index[part]) for part in parts]
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), initializer=_step_back) as pool:
        done = pool.map(_drawn, tasks)
    return Crops(codes, loop_index, np.concatenate([d[0] for d in done]), np.concatenate([d[1] for d in done]))
