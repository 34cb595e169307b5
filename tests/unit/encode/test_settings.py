"""What is asked for is cut to what the level allows, never raised."""

from __future__ import annotations

import pytest

from ims_avatar.encode.settings import settings_under_level
from ims_avatar.errors import NotAcceptable
from ims_avatar.rtp.h264_level import level_of


@pytest.mark.parametrize(
    ("profile_level_id", "asked", "got"),
    [
        ("42e01f", (512, 512, 25), (512, 512, 25)),
        ("42e00c", (320, 240, 25), (320, 240, 20)),
        ("42e00c", (352, 288, 15), (352, 288, 15)),
        ("42e00d", (320, 240, 25), (320, 240, 25)),
        ("42e00c", (512, 512, 25), (304, 304, 6000 / 361)),
        ("42e00a", (320, 240, 25), (176, 128, 1485 / 88)),
        ("42e01e", (512, 512, 25), (512, 512, 25)),
    ],
)
def test_size_and_rate_stay_under_the_level(
    profile_level_id: str, asked: tuple[int, int, float], got: tuple[int, int, float]
) -> None:
    width, height, rate = asked
    settings = settings_under_level(
        width=width, height=height, frame_rate=rate, bit_rate=300_000, profile_level_id=profile_level_id
    )
    assert (settings.width, settings.height, settings.frame_rate) == pytest.approx(got)
    assert level_of(profile_level_id).holds(settings.width, settings.height)


def test_the_bit_rate_stays_under_the_level() -> None:
    settings = settings_under_level(width=176, height=144, frame_rate=15, bit_rate=400_000, profile_level_id="42e00a")
    assert settings.bit_rate == 76_800


def test_what_the_receiver_takes_beyond_its_level_is_not_cut() -> None:
    """RFC 6184 section 8.1: the level keeps its name."""
    settings = settings_under_level(
        width=512, height=512, frame_rate=25, bit_rate=700_000, profile_level_id="42e00c",
        max_mbps=25_600, max_fs=1024, max_br=600,
    )  # fmt: skip
    assert (settings.width, settings.height, settings.frame_rate) == (512, 512, 25)
    assert (settings.bit_rate, settings.level) == (700_000, "1.2")


def test_a_level_that_does_not_exist_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable, match="level_idc 255"):
        settings_under_level(width=512, height=512, frame_rate=25, bit_rate=1, profile_level_id="42e0ff")
