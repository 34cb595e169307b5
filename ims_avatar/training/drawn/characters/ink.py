"""The line of flat pictures."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.brushes import mixed
from ims_avatar.training.drawn.characters.style import CharacterStyle

OUTLINE = 4.0
"""Pixels: contours of the flat finish."""
DETAIL = 2.8
"""Pixels: lines inside a shape."""


def ink(style: CharacterStyle) -> int:
    """Nearly black, with a tinge of the hair."""
    return mixed(style.hair.dark, 0x1C1522, 0.75)
