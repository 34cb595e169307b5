from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.cli.judge.alignment import align, delays, envelope

RATE = 8000


def _speechlike(seconds: float, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    noise = np.random.default_rng(seed).normal(0, 3000, round(seconds * RATE))
    swell = np.interp(
        np.arange(len(noise)), np.arange(0, len(noise), 800), np.random.default_rng(2).random(-(-len(noise) // 800))
    )
    return noise * swell


@pytest.mark.parametrize("lag", [-0.08, 0.0, 0.12])
def test_the_lag_of_a_shifted_copy_is_found(lag: float) -> None:
    whole = _speechlike(3)
    shift = round(lag * RATE)
    found = align(whole[1000:-2000], whole[1000 - shift : len(whole) - 2000 - shift], RATE, -0.2, 0.2)
    assert found is not None
    assert found.lag == pytest.approx(lag, abs=1 / RATE)
    assert found.correlation == pytest.approx(1.0)


def test_a_lag_between_two_samples_is_found() -> None:
    at = np.arange(200) / 25
    found = align(np.sin(2 * at), np.sin(2 * (at - 0.055)), 25, -0.2, 0.2)
    assert found is not None and found.lag == pytest.approx(0.055, abs=0.004)


def test_a_curve_that_never_moves_has_no_lag() -> None:
    assert align(np.zeros(100), np.ones(100), 25, -0.2, 0.2) is None


def test_a_curve_too_short_has_no_lag() -> None:
    assert align(np.arange(3.0), np.arange(3.0), 25, -0.2, 0.2) is None


def test_the_delay_of_each_loud_window_is_found_through_noise() -> None:
    sent = _speechlike(4)
    received = np.concatenate((np.zeros(960), sent)) + np.random.default_rng(3).normal(0, 100, len(sent) + 960)
    found = delays(sent, received, RATE)
    assert len(found) >= 6
    assert found == pytest.approx([0.12] * len(found), abs=1 / RATE)


def test_a_delay_that_changes_is_seen_window_by_window() -> None:
    sent = _speechlike(2)
    received = np.concatenate((np.zeros(800), sent[:RATE], np.zeros(400), sent[RATE:]))
    found = delays(sent, received, RATE)
    assert found[0] == pytest.approx(0.1, abs=1 / RATE)
    assert found[-1] == pytest.approx(0.15, abs=1 / RATE)


def test_silence_and_strange_sound_have_no_delay() -> None:
    assert delays(np.zeros(RATE), np.zeros(2 * RATE), RATE) == []
    assert delays(_speechlike(1, seed=5), _speechlike(2, seed=6), RATE) == []


def test_the_envelope_rises_where_the_sound_is() -> None:
    sound = np.zeros(RATE, np.int16)
    sound[RATE // 2 :] = 5000
    curve = envelope(sound, RATE, 25, 25)
    assert len(curve) == 25
    assert curve[5] == pytest.approx(4.0) and curve[20] == pytest.approx(np.log10(5000.0**2))
