from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.audio import LOOK_AHEAD
from ims_avatar.training.speech.codec_round_trip import through_codec
from ims_avatar.training.speech.streaming import amplitude, as_received, correlation, lag, moments


def wave(shift: int = 0) -> NDArray[np.float32]:
    t = np.arange(400) - shift
    column = np.sin(t * 0.21) + 0.5 * np.sin(t * 0.53 + 1)
    return np.repeat(column[:, None], 8, axis=1).astype(np.float32)


@pytest.mark.parametrize("shift", [-2, 0, 1, 3])
def test_lag_is_positive_when_what_is_seen_comes_late(shift: int) -> None:
    assert lag(wave(shift), wave()) == pytest.approx(shift, abs=0.1)


def test_amplitude_and_correlation() -> None:
    assert amplitude(np.float32(0.7) * wave(), wave()) == pytest.approx(0.7)
    assert correlation(-wave(), wave()) == pytest.approx(-1.0)


def test_no_picture_hears_more_than_the_look_ahead() -> None:
    sound = np.ones(16000, np.int16)
    times = np.arange(20, dtype=np.float64) * 0.04
    for (driver, pts), time in zip(moments(sound, times, start=0.0), times, strict=True):
        assert pts == pytest.approx(time)
        heard = driver._samples / 16000
        assert time + LOOK_AHEAD - 0.0201 <= heard <= time + LOOK_AHEAD + 1e-6


@pytest.mark.parametrize("codec", ["pcm_mulaw", "pcm_alaw", "linear"])
def test_telephone_codecs_keep_length_time_and_shape(codec: str) -> None:
    t = np.arange(8000) / 8000
    sound = (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    out = through_codec(sound, codec)
    assert out.shape == sound.shape
    assert float(np.corrcoef(out, sound)[0, 1]) > 0.999


def test_what_is_received_has_the_rate_of_the_flow() -> None:
    received = as_received(np.zeros(8000, np.int16), "pcm_mulaw")
    assert received.dtype == np.int16 and abs(len(received) - 16000) <= 64
