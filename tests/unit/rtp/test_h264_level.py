"""Levels against the cases that TS 26.114 and real handsets put before us."""

from __future__ import annotations

import pytest

from ims_avatar.rtp.h264_level import level_of


@pytest.mark.parametrize(
    ("profile_level_id", "name"),
    [
        ("42e00c", "1.2"), ("42E01F", "3.1"), ("42e00a", "1"), ("42e00b", "1.1"), ("42f00b", "1b"), ("42e009", "1b"),
        ("64000b", "1.1"), ("42c014", "2"), ("428028", "4"), ("640034", "5.2"),
    ],
)  # fmt: skip
def test_the_level_is_read_from_idc_and_constraint_set3(profile_level_id: str, name: str) -> None:
    assert level_of(profile_level_id).name == name


@pytest.mark.parametrize("text", ["", "42e0", "42e01", "42e0zz", "42e000", "42e0ff", "42e01f00"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        level_of(text)


@pytest.mark.parametrize(
    ("profile_level_id", "width", "height", "rate"),
    [("42e00c", 320, 240, 20), ("42e00c", 352, 288, 15.15), ("42e00d", 320, 240, 39.6), ("42e01f", 512, 512, 105.5)],
)
def test_frame_rates_of_known_sizes(profile_level_id: str, width: int, height: int, rate: float) -> None:
    level = level_of(profile_level_id)
    assert level.holds(width, height)
    assert level.frame_rate(width, height) == pytest.approx(rate, abs=0.1)


def test_too_large_or_too_long_pictures_do_not_fit() -> None:
    level = level_of("42e00c")
    assert not level.holds(512, 512)
    assert not level.holds(1024, 48)
    assert level.holds(896, 112)
