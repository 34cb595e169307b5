"""Sound to log-mel frames, as it comes: 10 ms hop, telephone band only: narrowband and wideband calls look alike."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ims_avatar.flow import AUDIO_RATE

HOP = 160
"""Samples from one frame to the next (10 ms)."""
WINDOW = 400
"""Samples under one frame (25 ms). Frame k is centred on sample k * HOP and needs WINDOW / 2 samples after it."""
BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 100.0, 3800.0
"""What survives G.711 and the filters of telephone networks (ITU-T G.712)."""
FLOOR_DB = -90.0
"""Band power in dBFS below which nothing is told apart: digital silence."""

_FFT = 512


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    mel: NDArray[np.float64] = 2595.0 * np.log10(1.0 + hz / 700.0)
    return mel


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    hz: NDArray[np.float64] = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return hz


@cache
def _filters() -> NDArray[np.float32]:
    """(bins, BANDS + 1): triangles over the mel scale; the last column adds up the whole band."""
    low, high = hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    edges = mel_to_hz(np.linspace(low, high, BANDS + 2))
    bins = np.arange(_FFT // 2 + 1) * AUDIO_RATE / _FFT
    rising = (bins[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    whole = ((bins >= LOWEST_HZ) & (bins <= HIGHEST_HZ)).astype(np.float64)[:, None]
    # 2 / (N * sum(w^2)) turns one-sided |X|^2 into mean power (Parseval), so that the columns are powers re full scale.
    scale = 2.0 / (_FFT * float(np.sum(_hann() ** 2)))
    return (np.concatenate([triangles, whole], axis=1) * scale).astype(np.float32)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(WINDOW).astype(np.float32)


class LogMelStream:
    """Log-mel frames of one stream. Chunks may have any size: the frames are those of the whole sound.

    Before the first sample there was silence. State: at most one window of samples.
    """

    def __init__(self) -> None:
        self._tail = np.zeros(WINDOW // 2, np.float32)

    def push(self, samples: NDArray[np.int16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Takes int16 (n,) at 16 kHz; returns the frames completed: (bands (m, BANDS), level (m,)), both dBFS."""
        pool = np.concatenate([self._tail, samples.astype(np.float32) * np.float32(1 / 32768)])
        count = max(0, (len(pool) - WINDOW) // HOP + 1)
        self._tail = pool[count * HOP :]
        if count == 0:
            return np.zeros((0, BANDS), np.float32), np.zeros(0, np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(pool, WINDOW)[: (count - 1) * HOP + 1 : HOP]
        spectrum = np.fft.rfft(frames * _hann(), _FFT)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _filters()
        decibel = 10.0 * np.log10(np.maximum(power, np.float32(10.0 ** (FLOOR_DB / 10.0))))
        return decibel[:, :BANDS].astype(np.float32), decibel[:, BANDS].astype(np.float32)
