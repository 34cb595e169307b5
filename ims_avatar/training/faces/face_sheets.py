"""Crops of real or drawn faces beside their truth, to be looked at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.training.faces.face_validation import Rendered

_QUALITY = 88
_SHOWN = 8
_GAP = 4


def write_crops(path: Path, seen: list[Rendered], zoom: int) -> None:
    """A JPEG: for each person three rows, truth, bend alone, mended; luma, enlarged `zoom` times."""
    rows = [_row(planes, zoom) for person in seen for planes in (person.truth, person.bent, person.mended)]
    gap = np.full((_GAP, rows[0].shape[1]), 255, np.uint8)
    sheet = np.concatenate([part for row in rows for part in (row, gap)])
    path.write_bytes(cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())


def _row(luma: object, zoom: int) -> NDArray[np.uint8]:
    """Some of the crops (n, 1, h, w), 0..1, side by side."""
    crops = np.asarray(luma)[:, 0]
    chosen = crops[np.linspace(0, len(crops) - 1, min(_SHOWN, len(crops))).astype(int)]
    pictures = [(np.clip(crop, 0, 1) * 255).round().astype(np.uint8) for crop in chosen]
    size = (pictures[0].shape[1] * zoom, pictures[0].shape[0] * zoom)
    large = [np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_NEAREST), np.uint8) for p in pictures]
    return np.concatenate(large, axis=1)
