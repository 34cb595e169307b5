"""Is somebody speaking, and how loudly? Decided by level alone, frame by frame, with no look at the future."""

from __future__ import annotations

from ims_avatar.driving.log_mel import FLOOR_DB

_FIRST_FLOOR = -45.0
"""Noise floor in dBFS assumed before anything was heard: steady noise up to about -40 dBFS never opens a mouth."""
_FIRST_LEVEL = -26.0
"""Speech level in dBFS assumed before anything was heard: the nominal level of telephone speech (ITU-T P.56, G.711)."""
_LOWEST_LEVEL = -48.0
_MARGIN = 8.0
"""Speech stands at least so many dB over the noise floor,"""
_RANGE = 34.0
"""and at most so many dB under the level of the loud syllables,"""
_ABSOLUTE = -60.0
"""and over this level in dBFS."""
_FLOOR_FALL = 0.25
"""Share of the way down that the floor takes in one frame."""
_FLOOR_RISE = 0.02
"""dB a frame: 2 dB a second, for noise that grows under speech."""
_LEVEL_RISE = 0.1
_LEVEL_FALL = 0.002
"""Share of the way to a frame's level that the speech level takes up and down; down, the first seconds go faster."""
_STEADY_FRAMES = 25
_STEADY_BLOCKS = 4
_STEADY_RANGE = 5.0
"""Sound that stays within so many dB for a second is noise or a tone, not speech: the floor jumps up to it."""


class LevelTracker:
    """Noise floor and speech level of one stream, in dBFS; feed it every frame's level in order."""

    def __init__(self) -> None:
        self.floor = _FIRST_FLOOR
        self.speech_level = _FIRST_LEVEL
        self._speech_frames = 0
        self._blocks: list[tuple[float, float]] = []
        self._count = 0
        self._low = 0.0
        self._high = FLOOR_DB

    def push(self, level: float) -> bool:
        """Takes the level of one 10 ms frame in dBFS; True if it is speech."""
        if level < self.floor:
            self.floor += _FLOOR_FALL * (max(level, FLOOR_DB) - self.floor)
        else:
            self.floor = min(level, self.floor + _FLOOR_RISE)
        self._notice_steady(level)
        threshold = max(self.floor + _MARGIN, self.speech_level - _RANGE, _ABSOLUTE)
        if level <= threshold:
            return False
        self._speech_frames += 1
        pace = _LEVEL_RISE if level > self.speech_level else max(_LEVEL_FALL, 1.0 / (25 + self._speech_frames))
        self.speech_level = max(_LOWEST_LEVEL, self.speech_level + pace * (level - self.speech_level))
        return True

    def _notice_steady(self, level: float) -> None:
        self._low, self._high = min(self._low, level), max(self._high, level)
        self._count += 1
        if self._count < _STEADY_FRAMES:
            return
        self._blocks = [*self._blocks[1 - _STEADY_BLOCKS :], (self._low, self._high)]
        self._count, self._low, self._high = 0, 0.0, FLOOR_DB
        low, high = min(b[0] for b in self._blocks), max(b[1] for b in self._blocks)
        if len(self._blocks) == _STEADY_BLOCKS and high - low < _STEADY_RANGE:
            self.floor = max(self.floor, low)


def gate_factor(since_speech: float, until_speech: float) -> float:
    """How far the mouth may open, 0..1, that many seconds after the last and before the next speech (inf: none known).

    Fully open until 40 ms after speech and closed at 90 ms: gaps inside words stay below that. Lips part at most 60 ms
    before the sound.
    """
    after = (0.09 - since_speech) / 0.05
    before = (0.08 - until_speech) / 0.05
    return round(min(1.0, max(0.0, after, before)), 6)
