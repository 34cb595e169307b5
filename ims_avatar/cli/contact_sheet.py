"""A film at a glance: a grid of its pictures, each with its time and the sound around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.cli.bitmap_font import text_mask
from ims_avatar.errors import RecordingError

GAP = 6
STRIP = 40
"""Height of the sound strip under a picture, pixels."""
STRIP_SECONDS = 0.6
"""Sound shown under a picture; its middle is the picture's instant."""
BACKGROUND, SOUND, MARK = (24, 26, 32), (120, 170, 255), (255, 190, 90)


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """RGB, uint8 (height, width, 3), shown at `at` seconds of the film."""

    at: float
    rgb: NDArray[np.uint8]


def draw_sheet(
    pictures: Sequence[TimedPicture], sound: NDArray[np.int16], rate: int, *, columns: int = 4
) -> NDArray[np.uint8]:
    """The sheet as RGB, uint8 (height, width, 3). `sound` is mono and starts at second 0 of the film."""
    if not pictures:
        raise RecordingError("no picture was received", remedy="look at the SIP ladder: was video refused?")
    height, width, _ = pictures[0].rgb.shape
    rows = -(-len(pictures) // columns)
    cell_height, cell_width = height + STRIP + GAP, width + GAP
    sheet = np.empty((rows * cell_height + GAP, columns * cell_width + GAP, 3), np.uint8)
    sheet[:] = BACKGROUND
    for index, picture in enumerate(pictures):
        top, left = GAP + index // columns * cell_height, GAP + index % columns * cell_width
        sheet[top : top + height, left : left + width] = picture.rgb
        _write_time(sheet[top : top + height, left : left + width], picture.at)
        _draw_sound(sheet[top + height : top + height + STRIP, left : left + width], sound, rate, picture.at)
    return sheet


def _write_time(tile: NDArray[np.uint8], at: float) -> None:
    mask = text_mask(f"{at:.2f} s")
    height, width = mask.shape
    corner = tile[4 : 4 + height + 6, 4 : 4 + width + 6]
    corner[:] = corner // 3
    area = corner[3 : 3 + height, 3 : 3 + width]
    area[mask[: area.shape[0], : area.shape[1]]] = 255


def _draw_sound(strip: NDArray[np.uint8], sound: NDArray[np.int16], rate: int, at: float) -> None:
    height, width, _ = strip.shape
    edges = (at + np.linspace(-STRIP_SECONDS / 2, STRIP_SECONDS / 2, width + 1)) * rate
    bounds = np.clip(edges.astype(int), 0, len(sound))
    loudest = max(1, int(np.abs(sound.astype(np.int32)).max(initial=1)))
    for x in range(width):
        piece = sound[bounds[x] : max(bounds[x + 1], bounds[x] + 1)]
        level = int(np.abs(piece.astype(np.int32)).max(initial=0)) / loudest
        half = round(level * (height // 2 - 3))
        strip[height // 2 - half : height // 2 + half + 1, x] = SOUND
    strip[:, width // 2] = MARK


def write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Raises `RecordingError` when the file cannot be written."""
    codec = av.CodecContext.create("png", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.height, codec.width = rgb.shape[:2]
    codec.pix_fmt = "rgb24"
    codec.framerate = Fraction(1)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    data = b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror})", remedy="free some space") from error
