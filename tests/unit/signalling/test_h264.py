"""H.264 profiles and levels in SDP, and the picture that a level can hold."""

from __future__ import annotations

import pytest

from ims_avatar.signalling.h264 import (
    Picture,
    fitting_picture,
    limits_of,
    lower_level,
    packetization_mode,
    profile_level_id,
    profile_of,
)
from ims_avatar.signalling.sdp import Fmtp

SQUARE = Picture(512, 512, 25)


@pytest.mark.parametrize(
    ("level_id", "profile"),
    [
        ("42e01f", "constrained baseline"),
        ("42C01F", "constrained baseline"),
        ("4d801f", "constrained baseline"),
        ("58c01f", "constrained baseline"),
        ("42801f", "baseline"),
        ("42000a", "baseline"),
        ("58801f", "baseline"),
        ("4d001f", "main"),
        ("4d401f", "main"),
        ("58001f", "extended"),
        ("64001f", "high"),
        ("640c1f", "constrained high"),
        ("6e001f", None),
        ("f4001f", None),
        ("640c", None),
        ("nonsense", None),
        ("42e0ff", None),
        ("", None),
    ],
)
def test_the_profile_is_read_from_rfc_6184_table_5(level_id: str, profile: str | None) -> None:
    assert profile_of(level_id) == profile


@pytest.mark.parametrize(
    ("level_id", "other", "expected"),
    [
        ("42e01f", "42e00c", "42e00c"), ("42e00c", "42e01f", "42e00c"), ("42E01F", "42e01f", "42e01f"),
        ("640c1f", "42e00d", "640c0d"), ("42e01f", "42f00b", "42f00b"), ("640c1f", "42f00b", "640c09"),
        ("42f00b", "42e00a", "42e00a"), ("42e00b", "42f00b", "42f00b"), ("42e00a", "42f00b", "42e00a"),
        ("42e014", "42e00d", "42e00d"),
    ],
)  # fmt: skip
def test_only_the_level_goes_down(level_id: str, other: str, expected: str) -> None:
    assert lower_level(level_id, other) == expected


@pytest.mark.parametrize(
    ("level_id", "parameters", "expected"),
    [
        ("42e01f", {}, Picture(512, 512, 25)),
        ("42e01e", {}, Picture(512, 512, 25)),
        ("42e016", {}, Picture(448, 448, 25)),
        ("42e015", {}, Picture(448, 448, 25)),
        ("42e014", {}, Picture(304, 304, 25)),
        ("42e00d", {}, Picture(304, 304, 25)),
        ("42e00c", {}, Picture(240, 240, 25)),
        ("42e00b", {}, Picture(160, 160, 25)),
        ("42000a", {}, Picture(128, 128, 23)),
        ("42e00c", {"max_mbps": 25600, "max_fs": 1024}, Picture(512, 512, 25)),
        ("42e00c", {"max_mbps": 11880}, Picture(304, 304, 25)),
        ("42e00c", {"max_mbps": "-5", "max_fs": "junk"}, Picture(240, 240, 25)),
    ],
)
def test_the_picture_follows_the_macroblocks(level_id: str, parameters: dict[str, object], expected: Picture) -> None:
    assert fitting_picture(SQUARE, limits_of(Fmtp.of(97, **parameters), level_id)) == expected


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Picture(640, 480, 25), Picture(272, 208, 25)),
        (Picture(160, 160, 10), Picture(160, 160, 10)),
        (Picture(96, 96, 25), Picture(96, 96, 25)),
    ],
)
def test_the_shape_is_kept(wish: Picture, expected: Picture) -> None:
    assert fitting_picture(wish, limits_of(Fmtp(97), "42e00c")) == expected


def test_a_receiver_may_raise_its_bit_rate() -> None:
    assert limits_of(Fmtp(97), "42e00c").max_bit_rate == 384 * 1200
    assert limits_of(Fmtp.of(97, max_br=1000), "42e00c").max_bit_rate == 1000 * 1200


def test_what_an_absent_fmtp_means() -> None:
    assert profile_level_id(Fmtp(97)) == "42000a"
    assert profile_level_id(Fmtp(97), "42e01f") == "42e01f"
    assert profile_level_id(Fmtp.of(97, profile_level_id="42E01F")) == "42e01f"
    assert packetization_mode(Fmtp(97)) == 0
    assert packetization_mode(Fmtp.of(97, packetization_mode=1)) == 1
    assert packetization_mode(Fmtp.of(97, packetization_mode=7)) == -1
