"""How much later the listener hears what the speaker said: by content, packet by packet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.cli.judge.alignment import align, delays
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.phone.recording import CallRecording

LONGEST_LAG_S = 2.0
COARSE = 16
"""Envelope samples are so many times coarser than the sound's in the first search."""


def added_delays(
    spoken: NDArray[np.int16], speaker: CallRecording, listener: CallRecording
) -> NDArray[np.float64] | None:
    """Seconds from a packet's leaving the speaker to the arrival of the same sound at the listener, one a packet.

    `spoken` is what the speaker played, mono at 16 kHz. A direct call over loopback has 0. None: the sound was not
    found again.
    """
    shift = position_in(spoken, listener.sound)
    if shift is None or not len(listener.sound_arrivals):
        return None
    seconds, arrivals = listener.sound_arrivals.T
    # Content that begins at `second` of what was heard began at `second - shift` of what was spoken.
    numbers = np.round((seconds - shift) / speaker.packet_s).astype(int)
    known = (numbers >= 0) & (numbers < min(len(speaker.send_times), int(len(spoken) / AUDIO_RATE / speaker.packet_s)))
    found = arrivals[known] - speaker.send_times[numbers[known]]
    return found if len(found) else None


def position_in(spoken: NDArray[np.int16], heard: NDArray[np.int16]) -> float | None:
    """Second of `heard` at which `spoken` begins (negative: its beginning is missing); None when it is not there."""
    coarse = align(_loudness(spoken), _loudness(heard), AUDIO_RATE / COARSE, -LONGEST_LAG_S, LONGEST_LAG_S)
    if coarse is None or coarse.correlation < 0.5:
        return None
    margin = 0.1
    whole = spoken.astype(np.float64)
    start = round((coarse.lag - margin) * AUDIO_RATE)
    there = heard.astype(np.float64)
    there = there[start:] if start >= 0 else np.concatenate((np.zeros(-start), there))
    found = delays(whole, there, AUDIO_RATE, latest=2 * margin)
    return float(np.median(found)) + start / AUDIO_RATE if found else None


def _loudness(sound: NDArray[np.int16]) -> NDArray[np.float64]:
    usable = len(sound) // COARSE * COARSE
    return np.asarray(np.abs(sound[:usable].astype(np.float64)).reshape(-1, COARSE).mean(axis=1), np.float64)
