from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.audio import LOOK_AHEAD, WINDOW_FRAMES, AudioDriver
from ims_avatar.driving.features import FEATURES, SILENT
from ims_avatar.flow import AudioChunk

OPEN = np.array([0.5, 0.1, 0.5, 0.05, 0.5, 0.4, 0.03, 0.5], np.float32)
"""An encoder that always wants an open mouth: what closes it is the gate."""
START = 1000.0


def voice(seconds: float, seed: int = 1, level: float = 6000.0) -> NDArray[np.int16]:
    """Noise in syllables: loud for 0.16 s, half as loud for 0.06 s."""
    n = int(seconds * 16000)
    loud = np.where(np.mod(np.arange(n), 3520) < 2560, 1.0, 0.5)
    return (np.random.default_rng(seed).normal(size=n) * level * loud).clip(-32768, 32767).astype(np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * 16000), np.int16)


def push(driver: AudioDriver, sound: NDArray[np.int16], start: float = START, size: int = 320) -> None:
    for at in range(0, len(sound), size):
        driver.push(AudioChunk(start + at / 16000, sound[at : at + size]))


def openings(sound: NDArray[np.int16], offset: float = 0.0) -> Iterator[tuple[float, float]]:
    """(seconds from the first sample, opening) of each picture of a stream in 20 ms chunks, gate only."""
    driver = AudioDriver()
    at = 0
    for n in range(int(len(sound) / 640) - 3):
        time = n * 0.04 + offset
        while (at + 320) / 16000 <= time + LOOK_AHEAD:
            driver.push(AudioChunk(START + at / 16000, sound[at : at + 320]))
            at += 320
        driver.window(START + time)
        yield time, float(driver.finish(START + time, OPEN).values[0])


@pytest.mark.parametrize("size", [1, 7, 160, 333, 16000])
def test_chunk_sizes_do_not_change_windows(size: int) -> None:
    sound = voice(0.6)
    wanted, got = AudioDriver(), AudioDriver()
    push(wanted, sound)
    push(got, sound, size=size)
    for pts in (START + 0.1, START + 0.333, START + 0.5):
        np.testing.assert_allclose(got.window(pts), wanted.window(pts), atol=1e-3)


def test_a_window_needs_no_sound_beyond_the_look_ahead() -> None:
    sound = voice(1.0)
    for pts in START + np.arange(0.3, 0.6, 0.0213):
        enough, more = AudioDriver(), AudioDriver()
        push(enough, sound[: round((pts - START + LOOK_AHEAD) * 16000) + 1], size=16)
        push(more, sound, size=16)
        np.testing.assert_allclose(enough.window(pts), more.window(pts), atol=1e-3)


def test_missing_sound_is_silence() -> None:
    driver = AudioDriver()
    assert (driver.window(START) == SILENT).all()
    push(driver, voice(0.2))
    late = driver.window(START + 10.0)
    assert late.shape == (WINDOW_FRAMES, FEATURES) and late.dtype == np.float32
    assert (late == SILENT).all()


def test_a_gap_keeps_the_sound_after_it_in_place() -> None:
    sound = np.concatenate([voice(0.5), silence(0.3), voice(0.5, seed=2)])
    whole, gap = AudioDriver(), AudioDriver()
    push(whole, sound)
    push(gap, sound[:8000])
    push(gap, sound[12800:], START + 0.8)
    np.testing.assert_allclose(gap.window(START + 1.1), whole.window(START + 1.1), atol=1e-3)


def test_sound_that_comes_twice_is_dropped() -> None:
    sound = voice(1.0)
    once, twice = AudioDriver(), AudioDriver()
    push(once, sound)
    push(twice, sound[:8000])
    push(twice, sound[4800:], START + 0.3, size=1600)
    np.testing.assert_allclose(twice.window(START + 0.8), once.window(START + 0.8), atol=1e-3)


def test_after_a_long_gap_the_stream_starts_anew() -> None:
    driver = AudioDriver()
    push(driver, voice(0.5))
    push(driver, voice(0.7), START + 100.0)
    assert (driver.window(START + 100.5)[-10:] > SILENT).any()


def test_clock_drift_is_followed_without_a_gap() -> None:
    driver = AudioDriver()
    sound = voice(20.0)
    for n in range(1000):  # a sender whose clock is 200 ppm slow
        driver.push(AudioChunk(START + n * 0.02 * 1.0002, sound[n * 320 : n * 320 + 320]))
        if n % 2:
            driver.window(START + n * 0.02 - 0.1)
    assert (driver.window(START + 19.9) > SILENT).any(axis=1).all()


def test_old_sound_is_forgotten() -> None:
    driver = AudioDriver()
    push(driver, voice(2.0))
    wanted = driver.window(START + 0.8).copy()
    driver.window(START + 1.9)
    assert (driver.window(START + 0.8) != wanted).any()


@pytest.mark.parametrize("offset", [0.0, 0.013, 0.031])
def test_silence_closes_the_mouth_within_100_ms_and_keeps_it_closed(offset: float) -> None:
    seen = list(openings(np.concatenate([silence(0.3), voice(1.5), silence(2.0)]), offset))
    assert all(opening == 0.0 for time, opening in seen if time >= 1.9)
    assert all(opening > 0.2 for time, opening in seen if 0.34 <= time <= 1.79)


def test_the_mouth_rests_until_the_first_sound() -> None:
    seen = list(openings(np.concatenate([silence(0.5), voice(1.0)])))
    assert all(opening == 0.0 for time, opening in seen if time < 0.42)


@pytest.mark.parametrize("dbfs", [-50.0, -60.0])
def test_line_noise_never_opens_the_mouth(dbfs: float) -> None:
    noise = np.random.default_rng(4).normal(size=5 * 16000) * 32768 * 10 ** (dbfs / 20)
    assert {opening for _, opening in openings(noise.astype(np.int16))} == {0.0}


def test_the_mouth_closes_in_noise_after_speech() -> None:
    noise = np.random.default_rng(4).normal(size=6 * 16000) * 32768 * 10 ** (-50 / 20)
    noise[16000 : 3 * 16000] += voice(2.0)
    seen = list(openings(noise.clip(-32768, 32767).astype(np.int16)))
    assert all(opening == 0.0 for time, opening in seen if time >= 3.1 or time < 0.9)


def test_reset_closes_the_mouth_at_once_and_forgets_what_was_queued() -> None:
    driver = AudioDriver()
    push(driver, voice(3.0))
    driver.window(START + 1.0)
    assert driver.finish(START + 1.0, OPEN).values[0] > 0.3
    driver.reset()
    assert (driver.window(START + 1.04) == SILENT).all()
    assert driver.finish(START + 1.04, OPEN).values.max() == 0.0


def test_a_lip_code_stays_in_its_range() -> None:
    driver = AudioDriver()
    push(driver, voice(1.0))
    for wild in (np.full(8, 99.0, np.float32), np.full(8, -99.0, np.float32)):
        code = driver.finish(START + 0.5, wild)
        assert code.pts == START + 0.5 and code.values.dtype == np.float32
        assert code.values.min() >= -0.3 and code.values.max() <= 1.0 and 0.0 <= code.values[0] <= 0.6
