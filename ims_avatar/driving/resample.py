"""Sound from any rate and layout to int16 mono at one rate."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray


class Resampler:
    """Any frames to int16 mono samples at one rate. Takes the frame's samples away: never give a frame to two."""

    def __init__(self, rate: int) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)

    def push(self, frame: av.AudioFrame | None) -> NDArray[np.int16]:
        """int16 (n,); None gives what was held back."""
        if frame is not None and not frame.samples:
            return np.empty(0, np.int16)
        pieces = [piece.to_ndarray()[0].astype(np.int16, copy=False) for piece in self._resampler.resample(frame)]
        return np.concatenate(pieces) if pieces else np.empty(0, np.int16)


def sound_frame(samples: NDArray[np.int16], rate: int) -> av.AudioFrame:
    """int16 mono (n,) as a frame."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def resampled(samples: NDArray[np.int16], rate: int, wanted: int) -> NDArray[np.int16]:
    """A whole sound, int16 mono (n,), at another rate."""
    if rate == wanted or not len(samples):
        return samples
    resampler = Resampler(wanted)
    return np.concatenate([resampler.push(sound_frame(samples, rate)), resampler.push(None)])
