"""An avatar at a glance: mouth shapes from near above, the head as it moves in silence below, as one picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.manifest import PasteRectangle
from ims_avatar.avatars.staging import staged_file
from ims_avatar.driving.articulation import TARGETS
from ims_avatar.driving.phonemes import PhonemeGroup
from ims_avatar.errors import RecordingError
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engine import AvatarEngine

SHOWN = (
    PhonemeGroup.PAUSE,
    PhonemeGroup.OPEN,
    PhonemeGroup.MID_FRONT,
    PhonemeGroup.CLOSE_FRONT,
    PhonemeGroup.CLOSE_BACK,
    PhonemeGroup.MID_BACK,
    PhonemeGroup.LABIODENTAL,
    PhonemeGroup.DENTAL,
)
"""Rest, then the mouths of a, e, i, u, o, f and th."""
COLUMNS = 4
GAP = 8
BACKGROUND = 24
LARGEST_TILE = 320
"""Pixels of a tile's longer side; larger avatars are halved until they fit."""
PICTURE_CODECS = {".png": ("png", "rgb24"), ".jpg": ("mjpeg", "yuvj444p"), ".jpeg": ("mjpeg", "yuvj444p")}
"""By suffix: libavcodec's encoder and its kind of pixels."""

Rgb = NDArray[np.uint8]


def draw_avatar_sheet(engine: AvatarEngine, paste: PasteRectangle) -> Rgb:
    """RGB, uint8 (height, width, 3): eight mouths from near on frame 0, then eight frames of the loop with closed lips.

    `paste` is where the mouth is in the picture.
    """
    rest = np.zeros((1, LIP_CODE_SIZE), np.float32)
    step = max(1, engine.spec.loop_length // len(SHOWN))
    idle = [_halved(_rgb(engine.render(index * step, rest)[0])) for index in range(len(SHOWN))]
    height, width, _ = idle[0].shape
    mouths = [_rgb(engine.render(0, np.array([TARGETS[group]], np.float32))[0]) for group in SHOWN]
    return _arranged([*(_near(mouth, paste, width, height) for mouth in mouths), *idle])


def _rgb(i420: NDArray[np.uint8]) -> Rgb:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(i420), format="yuv420p")
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _near(rgb: Rgb, paste: PasteRectangle, width: int, height: int) -> Rgb:
    """As much of the picture around the mouth as a tile shows at full size."""
    left = min(max(0, paste.left + paste.width // 2 - width // 2), rgb.shape[1] - width)
    top = min(max(0, paste.top + paste.height // 2 - height // 2), rgb.shape[0] - height)
    return rgb[top : top + height, left : left + width]


def _halved(rgb: Rgb) -> Rgb:
    while max(rgb.shape[:2]) > LARGEST_TILE:
        height, width = (side // 2 * 2 for side in rgb.shape[:2])
        rgb = rgb[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    return rgb


def _arranged(tiles: list[Rgb]) -> Rgb:
    height, width, _ = tiles[0].shape
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.full((rows * (height + GAP) + GAP, COLUMNS * (width + GAP) + GAP, 3), BACKGROUND, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = GAP + index // COLUMNS * (height + GAP), GAP + index % COLUMNS * (width + GAP)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def write_picture(path: Path, rgb: Rgb) -> None:
    """Writes a PNG or JPEG, by the path's suffix. Raises `RecordingError` for another one, and when it cannot write."""
    if path.suffix.lower() not in PICTURE_CODECS:
        raise RecordingError(f"{path} names no kind of picture", remedy=f"use {', '.join(PICTURE_CODECS)}")
    name, pixels = PICTURE_CODECS[path.suffix.lower()]
    codec = av.CodecContext.create(name, "w")
    assert isinstance(codec, av.VideoCodecContext)
    height, width = (side // 2 * 2 for side in rgb.shape[:2])
    codec.height, codec.width, codec.pix_fmt, codec.framerate = height, width, pixels, Fraction(1)
    codec.time_base = Fraction(1)
    if name == "mjpeg":
        codec.options = {"qmin": "2", "qmax": "2"}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:height, :width]), format="rgb24")
    frame = frame.reformat(format=pixels)
    data = b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
    with staged_file(path) as part:
        part.write_bytes(data)
