"""What a person does who does nothing: breathes, blinks, sways a little. A loop without a seam."""

from __future__ import annotations

import math
from dataclasses import dataclass

FRAME_RATE = 25
LOOP_LENGTH = 225
"""Frames: nine seconds."""
BREATHS = 2
"""In one loop."""
BLINKS = (31, 104, 117, 176)
"""Frames at which a blink begins; two of them follow each other closely, as people's do."""

_BLINK = (0.35, 0.92, 1.0, 0.75, 0.38, 0.10)
"""Lid closure, frame by frame: it falls within 80 ms and rises within 160 ms."""
SWAYING_EYE_DISTANCE = 143.0
"""Pixels between the outer corners of the eyes of the drawn head whose sway the numbers below are."""


@dataclass(frozen=True, slots=True)
class Sway:
    """How the head stands against its rest, in a picture of 512 pixels that a head fills."""

    dx: float
    """Pixels to the right."""
    dy: float
    rotation: float
    """Degrees clockwise."""
    scale: float


def wave(frame: int, *parts: tuple[float, int, float]) -> float:
    """Sum of sines given as (amplitude, whole cycles in the loop, phase): periodic, so the loop has no seam."""
    return sum(a * math.sin(2 * math.pi * (cycles * frame / LOOP_LENGTH + phase)) for a, cycles, phase in parts)


def blink(frame: int, starts: tuple[int, ...] = BLINKS) -> float:
    """How far the lids are down, 0..1."""
    return max((_BLINK[frame - start] for start in starts if 0 <= frame - start < len(_BLINK)), default=0.0)


def breath(frame: int, breaths: int = BREATHS) -> float:
    """0 breathed out, 1 breathed in."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * breaths * frame / LOOP_LENGTH)


def sway(frame: int, breathed: float, phase: float = 0.0, strength: float = 1.0, nod: float = 1.0) -> Sway:
    """The head in frame 0 .. LOOP_LENGTH - 1. `phase`: where in the sway the loop begins, in turns."""
    return Sway(
        dx=strength * wave(frame, (2.2, 1, phase), (0.9, 3, 0.31 - phase), (0.35, 5, 0.12)),
        dy=nod * wave(frame, (0.9, 2, 0.20 + phase), (0.5, 3, 0.62)) - 0.8 * breathed,
        rotation=strength * wave(frame, (0.75, 1, 0.18 + phase), (0.30, 2, 0.55 - 2 * phase), (0.12, 5, 0.4)),
        scale=1.0 + wave(frame, (0.004, 1, 0.43 + phase), (0.002, 2, 0.05)),
    )
