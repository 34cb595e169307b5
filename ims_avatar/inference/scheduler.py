"""Which streams go into which step. Pure: time is an argument, decisions are values, nothing is rendered here.

Ticks are numbered from the start of the machine's monotonic clock, so that a restarted pool goes on where the last one
stopped: the same instant has the same tick, and the avatar's head is where it would have been.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ims_avatar.errors import PoolError

Key = TypeVar("Key", bound=Hashable)

TICK_RATE = 25
"""Steps a second."""


def ticks_a_frame(frame_rate: float, tick_rate: int = TICK_RATE) -> int:
    """Every how many ticks a stream of at most `frame_rate` frames a second is shown.

    Even spacing counts, not only the mean: a level limits the time between any two pictures (H.264 A.3.1 c).
    """
    if frame_rate <= 0:
        raise PoolError(f"a stream of {frame_rate} frames a second", remedy="ask for at least 1")
    return max(1, math.ceil(tick_rate / frame_rate - 1e-9))


@dataclass(frozen=True, slots=True)
class Step(Generic[Key]):
    """One decision: these streams get a picture for instant `pts`."""

    tick: int
    due: float
    """Monotonic seconds at which the step should start."""
    pts: float
    streams: tuple[Key, ...]
    skipped_steps: int
    """Steps before this one whose time passed unused."""
    skipped_frames: int
    """Pictures that streams would have got in those steps."""


@dataclass(slots=True)
class _Entry:
    every: int
    first_tick: int | None = None
    """Tick of the stream's first step: the phase of its frames."""

    def due_at(self, tick: int) -> bool:
        return self.first_tick is None or (tick - self.first_tick) % self.every == 0

    def due_in(self, first: int, last: int) -> int:
        """How many of the ticks first..last (both included) are this stream's."""
        if self.first_tick is None or last < first:
            return 0
        offset = self.first_tick
        return (last - offset) // self.every - (first - 1 - offset) // self.every


class Scheduler(Generic[Key]):
    """Decides step by step. A late step is skipped, never queued; a new stream starts in the next step."""

    def __init__(self, latency: float, tick_rate: int = TICK_RATE) -> None:
        """`latency`: seconds from a frame's pts to its tick (look-ahead of the driving encoder, packet, margin)."""
        self._latency = latency
        self._tick_rate = tick_rate
        self._entries: dict[Key, _Entry] = {}
        self._last_tick: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key, frame_rate: float) -> float:
        """From the next step on, `key` gets pictures. Returns the frames a second it will get."""
        every = ticks_a_frame(frame_rate, self._tick_rate)
        self._entries[key] = _Entry(every)
        return self._tick_rate / every

    def remove(self, key: Key) -> None:
        """`key` gets no more pictures, not even those of a step that is being executed. Unknown keys are ignored."""
        self._entries.pop(key, None)

    def next_due(self, now: float) -> float:
        """When the next step should start: the next tick not yet used, at `now` or before it when it is already due."""
        tick = math.floor(now * self._tick_rate + 1e-6)
        if self._last_tick is not None and tick <= self._last_tick:
            tick = self._last_tick + 1
        return tick / self._tick_rate

    def decide(self, now: float) -> Step[Key] | None:
        """The step that is due at `now`, or None when the current tick was used already."""
        tick = math.floor(now * self._tick_rate + 1e-6)
        last = self._last_tick
        if last is not None and tick <= last:
            return None
        skipped = range(tick, tick) if last is None else range(last + 1, tick)
        self._last_tick = tick
        running = any(entry.first_tick is not None for entry in self._entries.values())
        skipped_frames = sum(entry.due_in(skipped.start, skipped.stop - 1) for entry in self._entries.values())
        streams = tuple(key for key, entry in self._entries.items() if entry.due_at(tick))
        for key in streams:
            entry = self._entries[key]
            if entry.first_tick is None:
                entry.first_tick = tick
        due = tick / self._tick_rate
        return Step(tick, due, due - self._latency, streams, len(skipped) if running else 0, skipped_frames)

    def wanted(self, key: Key) -> bool:
        """Whether a picture of `key` that was just rendered may still leave: False once it was removed."""
        return key in self._entries
