"""What the audio encoder sees: log-mel frames relative to the running level of the speech: loudness does not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.log_mel import BANDS, LogMelStream
from ims_avatar.driving.silence import LevelTracker

FEATURES = BANDS
FEATURE_VERSION = 1
"""Goes into every model file: a model trained on other features is refused at load."""
SILENT = -2.5
"""Value of every feature of digital silence, and the lowest there is."""

CENTRE_DB, SCALE_DB = -25.0, 15.0
"""A feature of 0 is a band this far from the level of the speech; a step of 1 is so many dB."""


class FeatureStream:
    """Features of one stream, causal: the level a frame is divided by is that of the sound so far."""

    def __init__(self) -> None:
        self._mel = LogMelStream()
        self._tracker = LevelTracker()

    def restart(self) -> None:
        """The next sample does not follow the last one. What is known of the level stays."""
        self._mel = LogMelStream()

    def push(self, samples: NDArray[np.int16]) -> tuple[NDArray[np.float32], list[bool]]:
        """Takes int16 (n,) at 16 kHz; returns the frames completed: (features (m, FEATURES), is it speech? (m,))."""
        bands, levels = self._mel.push(samples)
        speech: list[bool] = []
        reference = np.empty((len(levels), 1), np.float32)
        for k, level in enumerate(levels.tolist()):
            speech.append(self._tracker.push(level))
            reference[k] = self._tracker.speech_level
        relative = (bands - reference - CENTRE_DB) / SCALE_DB
        return np.clip(relative, SILENT, -SILENT), speech
