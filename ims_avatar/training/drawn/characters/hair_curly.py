"""A cloud of curls around the head."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import skia

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, radial
from ims_avatar.training.drawn.characters.hair_paint import draw_edge, draw_mass
from ims_avatar.training.drawn.characters.style import CharacterStyle

_PUFF = 19.0
"""Radius of the bulges at the edge, in pixels."""


def _bumpy(points: list[tuple[float, float]], core: Path, radius: float) -> Path:
    """The core with a bulge at every point, one outline around all."""
    path = skia.Path(core)
    for number, (x, y) in enumerate(points):
        path.addCircle(x, y, radius * (1.0 + 0.16 * ((number * 7) % 5 - 2) / 2))
    return skia.Simplify(path)


def _curls(centre: tuple[float, float], half: tuple[float, float], count: int) -> list[Path]:
    """Small arcs spread evenly over an ellipse, as seeds in a sunflower: no two runs differ."""
    out = []
    for number in range(count):
        share, angle = np.sqrt((number + 0.5) / count), number * 2.399963
        x, y = centre[0] + half[0] * share * np.cos(angle), centre[1] + half[1] * share * np.sin(angle)
        size, turn = 6.5 + (number * 5) % 7 * 0.6, number * 1.7
        t = turn + np.linspace(0.0, 4.4, 7)
        px, py = x + size * np.cos(t), y + size * np.sin(t)
        arc = [(float(px[0]), float(py[0]))]
        quads = [(float(px[i]), float(py[i]), float(px[i + 1]), float(py[i + 1])) for i in (1, 3, 5)]
        out.append(curve(arc[0], *quads, close=False))
    return out


@lru_cache(maxsize=64)
def _cloud(x: float, w: float, top: float, eye: float, volume: float) -> tuple[Path, list[Path]]:
    half = ((w + 46) * volume, (eye - top + 70) * 0.80 * volume)
    y = top + 76.0
    angles = np.linspace(0, 2 * np.pi, 34, endpoint=False)
    rim = [(float(x + half[0] * np.cos(a)), float(y + half[1] * np.sin(a))) for a in angles]
    core = skia.Path()
    core.addOval(skia.Rect(x - half[0] - 6, y - half[1] - 6, x + half[0] + 6, y + half[1] + 6))
    return _bumpy(rim, core, _PUFF), _curls((x, y), (half[0] + 12, half[1] + 12), 240)


def draw_cloud(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    outline, curls = _cloud(f.centre_x, f.cheek_half, f.top, f.eye_y, hair.volume)
    shade = [(0.0, hair.light, 1.0), (0.45, hair.base, 1.0), (0.8, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    draw_mass(canvas, style, outline, radial((f.centre_x - 40, f.top - 30), 260, shade), curls)
    draw_edge(canvas, style, outline)


@lru_cache(maxsize=64)
def _hairline(x: float, w: float, top: float, eye: float) -> tuple[Path, list[Path]]:
    """What grows above the forehead and in front of the ears; it melts into the cloud behind it."""
    angles = np.linspace(np.pi * 1.02, np.pi * 1.98, 17)
    rise = eye - top - 30
    rim = [(float(x + (w - 3) * np.cos(a)), float(eye - 6 + rise * np.sin(a))) for a in angles]
    band = curve(
        (x - w - 18, eye - 6),
        (x - w - 18, top - 40, x - 40, top - 44, x, top - 44),
        (x + 40, top - 44, x + w + 18, top - 40, x + w + 18, eye - 6),
        (x + w - 2, eye - 4),
        (x + w - 8, eye - 60, x + 60, top + 34, x, top + 34),
        (x - 60, top + 34, x - w + 8, eye - 60, x - w + 2, eye - 4),
    )
    return _bumpy(rim, band, 11.0), _curls((x, top + 10), (w + 16, 74), 110)


def draw_curly_hairline(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    outline, curls = _hairline(f.centre_x, f.cheek_half, f.top, f.eye_y)
    shade = [(0.0, hair.light, 1.0), (0.45, hair.base, 1.0), (0.8, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    draw_mass(canvas, style, outline, radial((f.centre_x - 40, f.top - 30), 260, shade), curls, edge=0.15)
