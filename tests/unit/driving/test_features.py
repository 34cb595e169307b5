from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.features import FEATURES, SILENT, FeatureStream


def buzz(level_db: float, seconds: float = 4.0) -> NDArray[np.int16]:
    """A voice-like buzz of 120 Hz, in syllables of 0.2 s with gaps of 0.1 s; level of the syllables in dBFS."""
    t = np.arange(int(seconds * 16000)) / 16000
    pulses = np.sum([np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 25)], axis=0)
    scale = 10 ** (level_db / 20) / np.sqrt(np.mean(pulses**2))
    return np.asarray(np.round(pulses * (np.mod(t, 0.3) < 0.2) * scale * 32767), np.int16)


def test_loudness_does_not_matter_once_the_level_is_known() -> None:
    loud, _ = FeatureStream().push(buzz(-10.0))
    quiet, _ = FeatureStream().push(buzz(-35.0))
    heard = (quiet[200:] > SILENT + 0.5) & (loud[200:] > SILENT + 0.5)
    assert heard.mean() > 0.2
    assert float(np.abs(loud[200:] - quiet[200:])[heard].mean()) < 0.15


def test_silence_is_the_lowest_value_and_not_speech() -> None:
    features, speech = FeatureStream().push(np.zeros(16000, np.int16))
    assert features.shape == (len(speech), FEATURES)
    assert (features == SILENT).all() and not any(speech)


def test_after_a_restart_the_level_is_still_known() -> None:
    stream = FeatureStream()
    stream.push(buzz(-35.0))
    stream.restart()
    again, _ = stream.push(buzz(-35.0, 0.3))
    fresh, _ = FeatureStream().push(buzz(-35.0, 0.3))
    assert float(again[5:15].mean()) > float(fresh[5:15].mean()) + 0.2
