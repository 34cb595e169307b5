"""Do lips and voice fit? By the pictures' content, by the sender's reports, and by arrival.

Positive = the sound comes first, as in EBU R37, which allows +40 to -60 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.cli.judge.alignment import Alignment, Series, align, envelope
from ims_avatar.driving.audio import AudioDriver, AudioEncoder
from ims_avatar.flow import AUDIO_RATE, AudioChunk
from ims_avatar.phone.recording import CallRecording

CURVE_RATE = 50.0
"""Hz of the curves that are compared."""
BATCH = 15
"""Instants in one run of the encoder: 0.3 s, which the driver still remembers."""
WITHIN_S = 0.4
CHUNK = 320


def arrival_skews(recording: CallRecording) -> NDArray[np.float64] | None:
    """Seconds, one a picture: how much later it came than sound of the same capture instant. None without reports."""
    ntp = recording.picture_ntp
    if not np.isfinite(recording.sound_ntp) or not np.isfinite(ntp).any() or not len(recording.sound_arrivals):
        return None
    seconds, arrivals = recording.sound_arrivals.T
    known = np.isfinite(ntp)
    when = ntp[known] - recording.sound_ntp
    inside = (when >= seconds[0]) & (when <= seconds[-1])
    # A packet's sound arrives with the packet: its first sample waited longest for it.
    number = np.searchsorted(seconds, when[inside], side="right") - 1
    found = recording.picture_arrivals[known][inside] - arrivals[number]
    return found if len(found) else None


def fitting_lag(curve: Series, instants: Series, reference: Series) -> Alignment | None:
    """How late, in seconds, `curve` (known at `instants`) follows `reference` (at CURVE_RATE, from second 0)."""
    steps = np.arange(len(reference)) / CURVE_RATE
    first, last = instants[0], instants[-1]
    covered = (steps >= first) & (steps <= last)
    if covered.sum() < 2 * CURVE_RATE:
        return None
    return align(reference[covered], np.interp(steps[covered], instants, curve), CURVE_RATE, -WITHIN_S, WITHIN_S)


def loudness_curve(sound: NDArray[np.int16]) -> Series:
    """Loudness of the sound at CURVE_RATE, smoothed as a mouth moves."""
    curve = envelope(sound, AUDIO_RATE, CURVE_RATE, int(len(sound) * CURVE_RATE / AUDIO_RATE))
    window = np.hanning(9)
    return np.convolve(curve, window / window.sum(), mode="same")


def expected_openings(sound: NDArray[np.int16], instants: Series, encoder: AudioEncoder) -> Series:
    """What the lips should do at `instants` seconds of this sound, by the audio encoder that every avatar shares."""
    driver = AudioDriver()
    openings: list[float] = []
    pushed = 0
    for start in range(0, len(instants), BATCH):
        batch = [float(instant) for instant in instants[start : start + BATCH]]
        while pushed < len(sound) and pushed / AUDIO_RATE < batch[-1] + encoder.look_ahead + 0.02:
            driver.push(AudioChunk(pushed / AUDIO_RATE, sound[pushed : pushed + CHUNK]))
            pushed += CHUNK
        raw = encoder.lip_codes(np.stack([driver.window(instant) for instant in batch]))
        openings += [float(driver.finish(instant, code).values[0]) for instant, code in zip(batch, raw, strict=True)]
    return np.array(openings)
