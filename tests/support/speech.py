"""A voice that says a vowel at known instants: what lips must follow."""

from __future__ import annotations

import io
import subprocess
import wave
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.support.requirement import find

RATE = 8000


@cache
def vowel() -> NDArray[np.int16]:
    """About a third of a second of "ah" by espeak-ng, 8 kHz, from its first loud sample on."""
    program = find("espeak-ng")
    assert program, "espeak-ng is not installed"
    spoken = subprocess.run([program, "--stdout", "-s", "110", "[[A:]]"], capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(spoken)) as source:
        rate = source.getframerate()
        samples = np.frombuffer(source.readframes(1 << 20), "<i2").astype(np.float64)
    time = np.arange(int(len(samples) * RATE / rate)) / RATE
    smooth = np.convolve(samples, np.ones(3) / 3, "same")
    sound = np.interp(time, np.arange(len(samples)) / rate, smooth)
    loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1]]
    return np.asarray(np.round(sound / np.abs(sound).max() * 20_000), np.int16)


def syllables(starts: list[float], seconds: float) -> NDArray[np.int16]:
    """int16 at 8 kHz: `vowel` at every instant of `starts`, silence between."""
    sound = np.zeros(int(seconds * RATE), np.int16)
    for start in starts:
        at = int(start * RATE)
        piece = vowel()[: max(0, len(sound) - at)]
        sound[at : at + len(piece)] = piece
    return sound
