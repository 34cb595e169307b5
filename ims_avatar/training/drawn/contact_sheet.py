"""Sheets of rendered pictures beside the drawn truth, to be looked at: whole pictures, and mouths at four times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skia
from numpy.typing import NDArray

from ims_avatar.avatars.i420 import planes_of_picture, rgb_of_planes
from ims_avatar.driving.articulation import TARGETS
from ims_avatar.driving.phonemes import PhonemeGroup
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.training.drawn.characters.style import CharacterStyle
from ims_avatar.training.drawn.renderer_measures import drawn_picture

SHOWN = (
    PhonemeGroup.PAUSE,
    PhonemeGroup.OPEN,
    PhonemeGroup.CLOSE_FRONT,
    PhonemeGroup.CLOSE_BACK,
    PhonemeGroup.LABIODENTAL,
    PhonemeGroup.DENTAL,
    PhonemeGroup.MID_FRONT,
    PhonemeGroup.MID_BACK,
)
"""Mouths on the sheets, in this order."""
_LOOP_STEP = 31
"""Loop frames between one picture and the next, so that the head stands differently in each."""
_AROUND = (96, 38, 90)
"""Pixels beside, above and below the middle of the mouth that show it with all of its border."""

_JPEG_QUALITY = 80
"""A quarter of a PNG's size, with nothing lost that one looks for on a sheet."""

Rgb = NDArray[np.uint8]


def write_sheets(style: CharacterStyle, engine: AvatarEngine, folder: Path) -> None:
    """`sheet_1x.jpg`: pictures as a call shows them. `sheet_4x.jpg`: mouths, rendered above, drawn truth below."""
    rendered, truth = [], []
    for number, group in enumerate(SHOWN):
        code = np.array(TARGETS[group], np.float32)
        index = number * _LOOP_STEP % engine.spec.loop_length
        rendered.append(_rgb(engine.render(index, code[None])[0]))
        truth.append(_rgb(drawn_picture(style, code, index)))
    whole = [picture[:, 56:456] for picture in rendered]
    write_jpeg(folder / "sheet_1x.jpg", _halved(_stack(whole, 4)))
    pairs = [np.concatenate([_enlarged(r, style), _enlarged(t, style)]) for r, t in zip(rendered, truth, strict=True)]
    write_jpeg(folder / "sheet_4x.jpg", _stack(pairs[:4], 2))


def _rgb(picture: NDArray[np.uint8]) -> Rgb:
    return rgb_of_planes(planes_of_picture(picture))


def _enlarged(picture: Rgb, style: CharacterStyle) -> Rgb:
    """The mouth at four times."""
    x, y = round(style.face.centre_x), round(style.face.mouth_y)
    beside, above, below = _AROUND
    return picture[y - above : y + below, x - beside : x + beside].repeat(4, axis=0).repeat(4, axis=1)


def _halved(picture: Rgb) -> Rgb:
    height, width, _ = picture.shape
    blocks = picture[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, 3)
    halved: Rgb = blocks.mean(axis=(1, 3)).astype(np.uint8)
    return halved


def _stack(pictures: list[Rgb], columns: int) -> Rgb:
    rows = [np.concatenate(pictures[i : i + columns], axis=1) for i in range(0, len(pictures), columns)]
    return np.concatenate(rows)


def write_png(path: Path, rgb: Rgb) -> None:
    _image(rgb).save(str(path), skia.kPNG)


def write_jpeg(path: Path, rgb: Rgb) -> None:
    _image(rgb).save(str(path), skia.kJPEG, _JPEG_QUALITY)


def _image(rgb: Rgb) -> skia.Image:
    alpha = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    pixels = np.ascontiguousarray(np.concatenate([rgb, alpha], axis=2))
    return skia.Image.fromarray(pixels, colorType=skia.kRGBA_8888_ColorType)
