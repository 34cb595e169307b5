"""A sheet that shows at a glance what became of a reference: the picture, a blink, and mouths, near and whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.manifest import PasteRectangle
from ims_avatar.inference.engine import AvatarEngine

MOUTHS = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.50, 0.0, 0.0, 0.05, 0.0, 0.42, -0.02, 0.0),
    (0.15, 0.15, 0.0, 0.04, 0.0, 0.08, 0.03, 0.05),
    (0.11, -0.25, 1.0, 0.02, 0.0, 0.12, -0.01, 0.0),
    (0.05, 0.0, 0.0, 0.04, 1.0, 0.05, 0.0, 0.0),
)
"""Lip codes: at rest, and the mouths of a, i, u and f."""
TILE = 256
_GAP = 8
_BACKGROUND = 24
_QUALITY = 88

Rgb = NDArray[np.uint8]


def draw_sheet(engine: AvatarEngine, original: Rgb, paste: PasteRectangle) -> Rgb:
    """RGB, uint8. First row: the original, then the loop at rest. Second: mouths. Third: the same from near."""
    length = engine.spec.loop_length
    rest = np.array(MOUTHS[:1], np.float32)
    idle = [_rgb(engine.render(k * length // len(MOUTHS), rest)[0]) for k in range(1, len(MOUTHS))]
    spoken = [_rgb(engine.render(0, np.array([code], np.float32))[0]) for code in MOUTHS]
    rows = (
        [_sized(original), *(_sized(picture) for picture in idle)],
        [_sized(picture) for picture in spoken],
        [_sized(_near(picture, paste)) for picture in spoken],
    )
    step = TILE + _GAP
    sheet = np.full((len(rows) * step + _GAP, len(MOUTHS) * step + _GAP, 3), _BACKGROUND, np.uint8)
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            top, left = _GAP + row * step, _GAP + column * step
            sheet[top : top + TILE, left : left + TILE] = tile
    return sheet


def write_sheet(path: Path, sheet: Rgb) -> None:
    """As JPEG. `OSError` when it cannot be written."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    path.write_bytes(data.tobytes())


def _rgb(i420: NDArray[np.uint8]) -> Rgb:
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420), np.uint8)


def _near(rgb: Rgb, paste: PasteRectangle) -> Rgb:
    """A square around what is painted."""
    side = min(max(paste.width, paste.height), *rgb.shape[:2])
    left = min(max(paste.left + (paste.width - side) // 2, 0), rgb.shape[1] - side)
    top = min(max(paste.top + (paste.height - side) // 2, 0), rgb.shape[0] - side)
    return rgb[top : top + side, left : left + side]


def _sized(rgb: Rgb) -> Rgb:
    how = cv2.INTER_AREA if rgb.shape[0] >= TILE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (TILE, TILE), interpolation=how), np.uint8)
