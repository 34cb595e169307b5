from __future__ import annotations

import math

import numpy as np
import pytest

from ims_avatar.driving.silence import LevelTracker, gate_factor


def noise_levels(mean: float, frames: int) -> list[float]:
    return list(np.random.default_rng(5).normal(mean, 0.5, frames))


def syllables(loud: float, frames: int) -> list[float]:
    """Levels of speech: 150 ms of vowel, 50 ms of a dip of 25 dB, and a pause of 0.3 s every 1.5 s."""
    return [loud - (45.0 if k % 150 > 120 else 25.0 if k % 20 > 14 else 0.0) for k in range(frames)]


@pytest.mark.parametrize("level", [-42.0, -50.0, -60.0, -90.0])
def test_steady_noise_is_never_speech(level: float) -> None:
    tracker = LevelTracker()
    assert not any(tracker.push(value) for value in noise_levels(level, 1000))


def test_loud_noise_is_speech_for_a_second_at_most() -> None:
    tracker = LevelTracker()
    heard = [tracker.push(value) for value in noise_levels(-25.0, 1000)]
    assert not any(heard[110:])


@pytest.mark.parametrize("loud", [-6.0, -20.0, -40.0])
def test_vowels_are_speech_and_pauses_are_not_at_any_level(loud: float) -> None:
    tracker = LevelTracker()
    levels = syllables(loud, 900)
    heard = [tracker.push(level) for level in levels]
    later = range(300, 900)  # after two phrases
    assert all(heard[k] for k in later if levels[k] == loud)
    assert not any(heard[k] for k in later if levels[k] == loud - 45.0)


def test_speech_over_noise_is_found_and_the_noise_is_not() -> None:
    tracker = LevelTracker()
    for value in noise_levels(-45.0, 300):
        tracker.push(value)
    levels = [max(level, -45.0) for level in syllables(-22.0, 900)]
    heard = [tracker.push(level) for level in levels]
    assert all(heard[k] for k in range(900) if levels[k] == -22.0)
    assert not any(heard[k] for k in range(900) if levels[k] == -45.0)


def test_the_speech_level_follows_the_loud_syllables() -> None:
    tracker = LevelTracker()
    for level in syllables(-35.0, 3000):
        tracker.push(level)
    assert -38.0 < tracker.speech_level < -33.0


def test_the_gate_is_open_in_gaps_of_words_and_closed_after_ninety_milliseconds() -> None:
    assert gate_factor(0.0, math.inf) == 1.0
    assert gate_factor(0.04, math.inf) == 1.0
    assert 0.0 < gate_factor(0.07, math.inf) < 1.0
    assert gate_factor(0.09, math.inf) == 0.0
    assert gate_factor(math.inf, math.inf) == 0.0
    assert gate_factor(math.inf, 0.02) == 1.0
