"""What is seen inside a mouth that no picture shows: teeth and tongue, painted, in the light of the face.

Two textures of one mouth width by half of one, in Y, Cb, Cr and alpha (0..1 for 0..255): the middle row of the upper
one is the edge of the upper teeth, of the lower one that of the lower teeth. `training.mouth_warp` hangs them up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 64, 32
_FINE = 6
"""Painted so many times finer, then averaged: edges are smooth."""

Yuv = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class InsideColours:
    """Y, Cb, Cr of what is inside a mouth, 0..255, in full light."""

    teeth: Yuv
    gums: Yuv
    tongue: Yuv
    cavity: Yuv


PHOTOGRAPHED = InsideColours((155.0, 121.0, 137.0), (105.0, 119.0, 150.0), (112.0, 117.0, 153.0), (60.0, 120.0, 144.0))
"""As cameras see them on skin of `_PLAIN_LIGHT`: duller than one thinks, because lips shade teeth. Of the colours that
were tried these differ least from the films of twelve people: by 1.5 dB less than white teeth on black."""
_UPPER_EDGES = (0.0, 0.158, 0.275, 0.375, 0.445)
_LOWER_EDGES = (0.0, 0.10, 0.20, 0.30, 0.38)
"""Where one tooth ends and the next begins, from the middle, in mouth widths; farther back they look narrower."""
_PLAIN_LIGHT = 150.0
"""Luma of skin in the light that the colours above are painted for."""

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]


def paint_inside(skin_luma: float) -> NDArray[np.float32]:
    """Upper and lower texture, float32 (8, 32, 64), for a photographed face whose skin has this mean luma (0..255)."""
    return paint(PHOTOGRAPHED, float(np.clip(skin_luma / _PLAIN_LIGHT, 0.45, 1.15)))


def paint(colours: InsideColours, light: float = 1.0) -> NDArray[np.float32]:
    """Both textures in these colours; `light` is a factor on their luma."""
    x = (np.arange(WIDTH * _FINE) + 0.5) / (WIDTH * _FINE) - 0.5
    y = ((np.arange(HEIGHT * _FINE) + 0.5) / (HEIGHT * _FINE) - 0.5) / 2
    layers = _upper(x[None], y[:, None], colours), _lower(x[None], y[:, None], colours)
    return np.concatenate([_texture(*layer, colours.teeth, light) for layer in layers]).astype(np.float32)


def _texture(colour: NDArray[np.float64], alpha: NDArray[np.float64], teeth: Yuv, light: float) -> NDArray[np.float64]:
    """(4, HEIGHT, WIDTH) of colour (3, fine, fine) and alpha. What is not seen has the teeth's colour: samples between
    it and a tooth must not be green."""
    weighted = np.concatenate([colour * alpha, alpha[None]])
    mean = weighted.reshape(4, HEIGHT, _FINE, WIDTH, _FINE).mean(axis=(2, 4))
    filled = np.where(mean[3:] > 1e-3, mean[:3] / np.maximum(mean[3:], 1e-3), _plane(teeth))
    filled[0] *= light
    return np.concatenate([filled / 255.0, mean[3:]])


def _row_of_teeth(x: NDArray[np.float64], edges: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Across the row: place in each tooth (-1..1, its middle 0), and the light that falls on it."""
    places = np.abs(x)
    number = np.clip(np.searchsorted(edges, places, side="right") - 1, 0, len(edges) - 2)
    begin, end = np.array(edges)[number], np.array(edges)[number + 1]
    place = 2 * (places - begin) / (end - begin) - 1
    light = (1 - 0.10 * np.abs(place) ** 4) * (1 - 0.62 * (places / 0.46) ** 2.2).clip(0.15)
    return place, light


def _upper(x: NDArray[np.float64], y: NDArray[np.float64], colours: InsideColours) -> Layer:
    place, light = _row_of_teeth(x, _UPPER_EDGES)
    arc = -0.10 * x**2 - 0.010 * np.abs(place) ** 3  # the row curves up to the sides, every tooth's corners are round
    gum = -0.165 + 0.012 * place**2 - 0.12 * x**2
    teeth = (y <= arc) & (np.abs(x) < _UPPER_EDGES[-1])
    shade = light * (1 - 0.12 * np.exp(-(((y - arc) / 0.012) ** 2)))
    colour = np.where(y < gum, _plane(colours.gums), _plane(colours.teeth))
    colour[0] *= shade
    return colour, teeth.astype(np.float64)


def _lower(x: NDArray[np.float64], y: NDArray[np.float64], colours: InsideColours) -> Layer:
    place, light = _row_of_teeth(x, _LOWER_EDGES)
    arc = 0.10 * x**2 + 0.008 * np.abs(place) ** 3
    teeth = (y >= arc) & (np.abs(x) < _LOWER_EDGES[-1])
    tongue = ((x / 0.30) ** 2 + ((y - 0.07) / 0.13) ** 2 < 1) & ~teeth
    back = 1 - 0.55 * np.clip((0.03 - y) / 0.10, 0, 1)
    furrow = 1 - 0.16 * np.exp(-((x / 0.018) ** 2))
    colour = np.where(teeth, _plane(colours.teeth), np.where(tongue, _plane(colours.tongue), _plane(colours.cavity)))
    colour[0] *= np.where(teeth, 0.80 * light, np.where(tongue, back * furrow, 1.0))
    return colour, np.ones_like(colour[0])  # behind everything is the cavity


def _plane(colour: Yuv) -> NDArray[np.float64]:
    return np.array(colour)[:, None, None]
