from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ims_avatar.driving.log_mel import BANDS, FLOOR_DB, HOP, WINDOW, LogMelStream, hz_to_mel, mel_to_hz


def noise(seconds: float, seed: int = 3) -> NDArray[np.int16]:
    return (np.random.default_rng(seed).normal(size=int(seconds * 16000)) * 3000).astype(np.int16)


def tone(hz: float, amplitude: float = 32767.0) -> NDArray[np.int16]:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(16000) / 16000)).astype(np.int16)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1200), min_size=1, max_size=12))
def test_chunks_of_any_size_give_the_frames_of_the_whole(sizes: list[int]) -> None:
    sound = noise(0.5)
    whole_bands, whole_levels = LogMelStream().push(sound)
    stream = LogMelStream()
    parts, at = [], 0
    for size in [*sizes, len(sound)]:
        parts.append(stream.push(sound[at : at + size]))
        at += size
    np.testing.assert_allclose(np.concatenate([p[0] for p in parts]), whole_bands, atol=1e-3)
    np.testing.assert_allclose(np.concatenate([p[1] for p in parts]), whole_levels, atol=1e-3)


def test_a_frame_comes_with_the_last_sample_under_its_window_and_not_before() -> None:
    stream = LogMelStream()
    assert len(stream.push(noise(1.0)[: WINDOW // 2 - 1])[1]) == 0
    assert len(stream.push(noise(1.0)[:1])[1]) == 1
    assert len(stream.push(noise(1.0)[: HOP - 1])[1]) == 0
    assert len(stream.push(noise(1.0)[:1])[1]) == 1


def test_the_level_of_a_full_scale_sine_is_minus_three_dbfs() -> None:
    _, levels = LogMelStream().push(tone(1000.0))
    assert abs(float(np.median(levels)) + 3.01) < 0.1


def test_a_tone_stands_in_its_band() -> None:
    bands, _ = LogMelStream().push(tone(1000.0))
    lowest, highest = hz_to_mel(np.array([100.0, 3800.0])).tolist()
    edges = mel_to_hz(np.linspace(lowest, highest, BANDS + 2))
    loudest = int(np.median(bands.argmax(axis=1)))
    assert edges[loudest] < 1000.0 < edges[loudest + 2]


def test_what_a_telephone_does_not_carry_is_not_heard() -> None:
    _, inside = LogMelStream().push(tone(1000.0))
    _, above = LogMelStream().push(tone(5000.0))
    assert float(np.median(above)) < float(np.median(inside)) - 50.0


def test_digital_silence_is_the_floor() -> None:
    bands, levels = LogMelStream().push(np.zeros(1600, np.int16))
    assert (bands == FLOOR_DB).all() and (levels == FLOOR_DB).all()
