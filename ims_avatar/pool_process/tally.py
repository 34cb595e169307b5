"""What the pool counts of itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ims_avatar.pool_process.studio import StageTimes

KEPT_STEPS = 250
"""Steps (ten seconds) over which recent figures are taken."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One executed step."""

    at: float
    """Monotonic seconds of its end."""
    took: float
    """Seconds from the tick it belonged to until its last access unit was handed over."""
    frames: int
    stages: StageTimes


class Tally:
    """Counters since the start, and the last `KEPT_STEPS` steps."""

    def __init__(self) -> None:
        self.frames = 0
        self.late_frames = 0
        self.skipped_steps = 0
        self._steps: deque[StepRecord] = deque(maxlen=KEPT_STEPS)

    def skipped(self, steps: int, frames: int) -> None:
        self.skipped_steps += steps
        self.late_frames += frames

    def add(self, record: StepRecord) -> None:
        self.frames += record.frames
        self._steps.append(record)

    def frame_rate(self, now: float) -> float:
        """Access units a second over the steps kept, up to `now`."""
        if not self._steps:
            return 0.0
        span = max(now - self._steps[0].at, 1e-3)
        return sum(step.frames for step in self._steps) / span

    def batch(self) -> float:
        """Mean number of streams in a step."""
        return sum(step.frames for step in self._steps) / len(self._steps) if self._steps else 0.0

    def step_ms(self) -> dict[str, float]:
        """Milliseconds: p50 and p99 of tick to last access unit, and the mean of every stage."""
        if not self._steps:
            return {}
        p50, p99 = np.percentile([step.took for step in self._steps], (50, 99))
        count = len(self._steps)
        seconds = {
            "p50": float(p50),
            "p99": float(p99),
            "driving": sum(step.stages.driving for step in self._steps) / count,
            "render": sum(step.stages.render for step in self._steps) / count,
            "encode": sum(step.stages.encode for step in self._steps) / count,
        }
        return {name: round(value * 1000, 3) for name, value in seconds.items()}
