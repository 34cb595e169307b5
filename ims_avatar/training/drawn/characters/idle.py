"""How a drawn person idles: `enrol.idle`, each with a habit of their own, and glances and brows besides."""

from __future__ import annotations

from dataclasses import dataclass

from ims_avatar.enrol.idle import BLINKS, BREATHS, FRAME_RATE, LOOP_LENGTH, blink, breath, sway, wave
from ims_avatar.training.drawn.characters.pose import Expression, HeadPose

__all__ = ["CALM", "FRAME_RATE", "LOOP_LENGTH", "Habit", "LoopFrame", "idle_frame"]


@dataclass(frozen=True, slots=True)
class Habit:
    """How one person idles."""

    phase: float = 0.0
    """Where in the sway the loop begins, in turns."""
    sway: float = 1.0
    """Strength of the head's sideways motion and rotation."""
    nod: float = 1.0
    breaths: int = BREATHS
    """In one loop."""
    blinks: tuple[int, ...] = BLINKS
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


def idle_frame(frame: int, habit: Habit = CALM) -> LoopFrame:
    """Frame 0 .. LOOP_LENGTH - 1 of the loop."""
    gaze_x, gaze_y = next((x, y) for start, x, y in reversed(habit.glances) if frame >= start)
    breathed = breath(frame, habit.breaths)
    head = sway(frame, breathed, habit.phase, habit.sway, habit.nod)
    return LoopFrame(
        HeadPose(head.dx, head.dy, head.rotation, head.scale),
        Expression(
            blink=blink(frame, habit.blinks),
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            brow=wave(frame, (0.7, 2, 0.7 + habit.phase), (0.4, 3, 0.1)),
            breath=breathed,
        ),
    )
