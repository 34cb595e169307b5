"""Sounds with a known content, and what a sound contains: the proof that a voice arrived is its frequency."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def tone(frequency: float, seconds: float, rate: int, amplitude: float = 0.4) -> Samples:
    """int16 (seconds * rate,), a sine with 5 ms ramps at both ends."""
    time = np.arange(int(seconds * rate)) / rate
    ramp = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.005)
    return (32767 * amplitude * ramp * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


def sweep(low: float, high: float, seconds: float, rate: int, amplitude: float = 0.4) -> Samples:
    """int16 (seconds * rate,), a rising sine: every 20 ms of it is different, so that a packet can be recognised."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * (low * time + (high - low) / (2 * seconds) * time**2)
    return (32767 * amplitude * np.sin(phase)).astype(np.int16)


def silence(seconds: float, rate: int) -> Samples:
    return np.zeros(int(seconds * rate), np.int16)


def frequency_of(samples: Samples, rate: int) -> float:
    """The strongest frequency in Hz, to about 1 Hz for a second of sound. Raises AssertionError for silence."""
    if len(samples) < rate // 10:
        raise AssertionError(f"{len(samples)} samples are too few to find a frequency in")
    signal = samples.astype(np.float64) * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(signal, max(len(signal), 1 << 16)))
    spectrum[: int(50 * len(spectrum) * 2 / rate)] = 0
    if spectrum.max() < 10 * len(samples):
        raise AssertionError("silence where a tone should be")
    return float(np.argmax(spectrum)) * rate / (2 * (len(spectrum) - 1))


def share_of(samples: Samples, rate: int, frequency: float, width: float = 40.0) -> float:
    """How much of the sound's energy lies within `width` Hz of `frequency`, 0 to 1."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * np.hanning(len(samples)))) ** 2
    axis = np.fft.rfftfreq(len(samples), 1 / rate)
    total = float(spectrum[axis > 50].sum())
    return float(spectrum[np.abs(axis - frequency) <= width].sum()) / total if total else 0.0


def write_wav(path: Path, samples: Samples, rate: int, channels: int = 1) -> Path:
    """Write mono `samples`, repeated on every channel."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(samples.astype("<i2"), channels).tobytes())
    return path


def read_wav(path: Path) -> tuple[Samples, int]:
    """The first channel, int16 (n,), and the rate in Hz."""
    with wave.open(str(path), "rb") as source:
        data = np.frombuffer(source.readframes(source.getnframes()), "<i2")
        return data[:: source.getnchannels()].astype(np.int16), source.getframerate()
