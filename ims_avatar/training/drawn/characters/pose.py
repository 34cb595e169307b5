"""What moves in a drawn person besides the lips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadPose:
    """How the head stands against its rest: a similarity around the middle of the neck."""

    dx: float = 0.0
    """Pixels to the right."""
    dy: float = 0.0
    """Pixels down."""
    rotation: float = 0.0
    """Degrees, clockwise."""
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Expression:
    blink: float = 0.0
    """0 open, 1 closed."""
    gaze_x: float = 0.0
    """Pixels by which the irises move to the right."""
    gaze_y: float = 0.0
    brow: float = 0.0
    """Pixels by which the eyebrows rise."""
    breath: float = 0.0
    """0 breathed out, 1 breathed in: shoulders rise by about two pixels."""


AT_REST = HeadPose()
NEUTRAL = Expression()
