from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.driving.moment import MOMENT_SAMPLES, Moment
from ims_avatar.render.code_track import CodeTrack


def moments(count: int) -> list[Moment]:
    """Moment n opens by n and sounds like n."""
    return [Moment(np.eye(8, dtype=np.float32)[0] * n, np.full(MOMENT_SAMPLES, n, np.int16)) for n in range(count)]


@pytest.mark.parametrize("rate", [10.0, 23.976, 25.0, 29.97, 60.0])
def test_codes_lie_between_those_around_them_whatever_the_films_rate(rate: float) -> None:
    track = CodeTrack(iter(moments(50)))
    times = np.arange(int(1.9 * rate)) / rate
    heard = []
    for time in times:
        spoken = track.at(float(time))
        heard += spoken.sound
        assert spoken.lip_code[0] == pytest.approx(time * 25, abs=1e-3)
    heard += list(track.rest())
    assert (np.concatenate(heard)[::MOMENT_SAMPLES] == np.arange(50)).all()


def test_after_the_end_the_mouth_rests() -> None:
    track = CodeTrack(iter(moments(5)))
    assert track.at(0.16).lip_code[0] == pytest.approx(4.0, abs=1e-3)
    assert track.at(0.18).lip_code[0] == pytest.approx(2.0, abs=1e-3)
    assert not track.at(1.0).lip_code.any() and track.at(2.0).sound == []
