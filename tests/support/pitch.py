"""Speech-like sound that says who speaks: a tone that swells and fades four times a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.audio import LEAD, WINDOW_FRAMES
from ims_avatar.driving.log_mel import BANDS, HIGHEST_HZ, HOP, LOWEST_HZ, hz_to_mel, mel_to_hz
from ims_avatar.flow import AUDIO_RATE

HIGHEST_OPENING = 0.6
PICTURE_FRAME = WINDOW_FRAMES - 1 - round(LEAD * AUDIO_RATE / HOP)
"""Index in the audio encoder's window of the frame nearest to the instant shown."""


def voice(band: int, begin: float, seconds: float) -> NDArray[np.int16]:
    """int16 (seconds * 16000,): sound in the middle of mel band `band` of BANDS, as heard `begin` seconds into it."""
    low, high = hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    frequency = mel_to_hz(np.linspace(low, high, BANDS + 2))[band + 1]
    time = begin + np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    swell = 0.55 + 0.45 * np.cos(2 * np.pi * 4 * time)
    sound: NDArray[np.float64] = 8000 * swell * np.sin(2 * np.pi * frequency * time)
    return sound.astype(np.int16)


def opening_of(band: int) -> float:
    """How far the fake avatar's mouth opens for `voice(band, ...)`."""
    return HIGHEST_OPENING * band / (BANDS - 1)
