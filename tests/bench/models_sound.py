"""Sound for films that are measured."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.flow import AUDIO_RATE


def write_wav(path: Path, sound: NDArray[np.floating] | NDArray[np.int16]) -> None:
    """Mono at 16 kHz; floats are -1 to 1."""
    whole = sound if sound.dtype == np.int16 else np.round(np.clip(sound, -1, 1) * 32767)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(AUDIO_RATE)
        file.writeframes(whole.astype("<i2").tobytes())
