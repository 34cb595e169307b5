"""What a person does who does nothing: breathes, blinks, sways a little. A loop without a seam."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ims_avatar.training.characters.pose import Expression, HeadPose

FRAME_RATE = 25
LOOP_LENGTH = 225
"""Frames: nine seconds."""

_BLINK = (0.35, 0.92, 1.0, 0.75, 0.38, 0.10)
"""Lid closure, frame by frame: it falls within 80 ms and rises within 160 ms."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How one person idles."""

    phase: float = 0.0
    """Where in the sway the loop begins, in turns."""
    sway: float = 1.0
    """Strength of the head's sideways motion and rotation."""
    nod: float = 1.0
    breaths: int = 2
    """In one loop."""
    blinks: tuple[int, ...] = (31, 104, 117, 176)
    """Frames at which a blink begins."""
    glances: tuple[tuple[int, float, float], ...] = (
        (0, 0.0, 0.0),
        (40, 1.6, -0.4),
        (92, -0.9, 0.2),
        (108, 0.6, 0.0),
        (150, -1.7, -0.3),
        (206, 0.0, 0.0),
    )
    """First frame and gaze of each fixation, in pixels."""


CALM = Habit()


@dataclass(frozen=True, slots=True)
class LoopFrame:
    pose: HeadPose
    expression: Expression


def _wave(frame: int, *parts: tuple[float, int, float]) -> float:
    """Sum of sines given as (amplitude, whole cycles in the loop, phase): periodic, so the loop has no seam."""
    return sum(a * math.sin(2 * math.pi * (cycles * frame / LOOP_LENGTH + phase)) for a, cycles, phase in parts)


def _blink(frame: int, starts: tuple[int, ...]) -> float:
    return max((_BLINK[frame - start] for start in starts if 0 <= frame - start < len(_BLINK)), default=0.0)


def idle_frame(frame: int, habit: Habit = CALM) -> LoopFrame:
    """Frame 0 .. LOOP_LENGTH - 1 of the loop."""
    gaze_x, gaze_y = next((x, y) for start, x, y in reversed(habit.glances) if frame >= start)
    breath = 0.5 - 0.5 * math.cos(2 * math.pi * habit.breaths * frame / LOOP_LENGTH)
    p, sway, nod = habit.phase, habit.sway, habit.nod
    pose = HeadPose(
        dx=sway * _wave(frame, (2.2, 1, p), (0.9, 3, 0.31 - p), (0.35, 5, 0.12)),
        dy=nod * _wave(frame, (0.9, 2, 0.20 + p), (0.5, 3, 0.62)) - 0.8 * breath,
        rotation=sway * _wave(frame, (0.75, 1, 0.18 + p), (0.30, 2, 0.55 - 2 * p), (0.12, 5, 0.4)),
        scale=1.0 + _wave(frame, (0.004, 1, 0.43 + p), (0.002, 2, 0.05)),
    )
    return LoopFrame(
        pose,
        Expression(
            blink=_blink(frame, habit.blinks),
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            brow=_wave(frame, (0.7, 2, 0.7 + p), (0.4, 3, 0.1)),
            breath=breath,
        ),
    )
