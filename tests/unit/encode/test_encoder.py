"""The encoder's output, judged by what a decoder and a packetiser see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.encode.settings import EncoderSettings
from ims_avatar.errors import MediaError
from ims_avatar.flow import AccessUnit, RenderedFrame
from ims_avatar.inference.engines.fake import FakeEngine
from tests.support.coded_picture import read_coded_picture
from tests.support.h264_stream import IDR, PPS, SEI, SPS, decode, nal_types, nal_units

SETTINGS = EncoderSettings(512, 512, 25, 400_000, "3.1")


def coded_frames(count: int, size: int = 512) -> list[RenderedFrame]:
    engine = FakeEngine(width=size, height=size)
    codes = np.zeros((1, 8), np.float32)
    return [RenderedFrame(n / 25, engine.render(1000 + n, codes)[0].copy()) for n in range(count)]


def restless_frames(count: int) -> list[RenderedFrame]:
    """A picture whose middle changes wholly from frame to frame: more than 400 kb/s can show well."""
    random = np.random.default_rng(7)
    frames = []
    for n in range(count):
        picture = np.full((768, 512), 128, np.uint8)
        picture[:512] = np.add.outer(np.arange(512) // 3, np.arange(512) // 4 + 3 * n) % 200
        picture[160:320, 160:320] = random.integers(0, 255, (160, 160))
        frames.append(RenderedFrame(n / 25, picture))
    return frames


def encoded(
    settings: EncoderSettings, frames: list[RenderedFrame], keyframes_at: tuple[int, ...] = ()
) -> list[AccessUnit]:
    encoder = VideoEncoder(settings)
    return [encoder.encode(frame, n in keyframes_at) for n, frame in enumerate(frames)]


def test_each_frame_leaves_at_once_with_its_pts_and_its_picture() -> None:
    frames = coded_frames(12)
    units = encoded(SETTINGS, frames)
    assert [unit.pts for unit in units] == [frame.pts for frame in frames]
    pictures = [read_coded_picture(luma) for luma in decode(units)]
    assert [picture.index for picture in pictures if picture] == list(range(1000, 1012))


def test_a_picture_beyond_its_level_keeps_size_and_level() -> None:
    """For a receiver with max-fs and max-mbps (RFC 6184 section 8.1)."""
    units = encoded(replace(SETTINGS, level="1.2"), coded_frames(3))
    assert nal_units(units[0].data)[0][3] == 12
    pictures = decode(units)
    assert [picture.shape for picture in pictures] == [(512, 512)] * 3
    assert [found.index for found in map(read_coded_picture, pictures) if found] == [1000, 1001, 1002]


def test_the_stream_says_constrained_baseline_and_the_level() -> None:
    sps = nal_units(encoded(replace(SETTINGS, level="3"), coded_frames(1))[0].data)[0]
    profile, constraints, level = sps[1:4]
    assert profile == 66
    assert constraints & 0x40  # constraint_set1: decodable by Main too, that is, constrained
    assert level == 30


def test_key_frames_carry_parameter_sets_and_come_at_start_on_demand_and_by_interval() -> None:
    units = encoded(replace(SETTINGS, keyframe_interval=0.4), coded_frames(24), keyframes_at=(7,))
    keys = [n for n, unit in enumerate(units) if unit.keyframe]
    assert keys == [0, 7, 17]
    for unit in (units[n] for n in keys):
        assert nal_types(unit.data) == [SPS, PPS, IDR]
    assert all(nal_types(unit.data) == [1] for n, unit in enumerate(units) if n not in keys)


def test_a_decoder_can_start_at_a_demanded_key_frame() -> None:
    units = encoded(SETTINGS, coded_frames(10), keyframes_at=(6,))
    picture = read_coded_picture(decode(units[6:])[0])
    assert picture is not None
    assert picture.index == 1006


@pytest.mark.parametrize("limit", [564, 1188])
def test_no_nal_unit_exceeds_the_slice_size(limit: int) -> None:
    units = encoded(replace(SETTINGS, slice_max_size=limit), restless_frames(30), keyframes_at=(9,))
    sizes = [len(nal) for unit in units for nal in nal_units(unit.data)]
    assert max(sizes) <= limit
    assert len(sizes) > len(units) * 1.5


def test_one_slice_a_picture_without_a_limit() -> None:
    assert max(len(nal) for unit in encoded(SETTINGS, restless_frames(5)) for nal in nal_units(unit.data)) > 1500


@pytest.mark.parametrize("bit_rate", [200_000, 400_000, 900_000])
def test_the_bit_rate_is_kept_over_four_seconds(bit_rate: int) -> None:
    units = encoded(replace(SETTINGS, bit_rate=bit_rate), restless_frames(150))[50:]
    assert 8 * sum(len(unit.data) for unit in units) / 4 == pytest.approx(bit_rate, rel=0.1)


def test_a_key_frame_is_no_burst() -> None:
    units = encoded(SETTINGS, restless_frames(120), keyframes_at=(60, 90))
    assert max(8 * len(unit.data) for unit in units) <= 0.5 * SETTINGS.bit_rate


def test_a_still_picture_costs_next_to_nothing() -> None:
    units = encoded(SETTINGS, coded_frames(1) * 50)[25:]
    assert 8 * sum(len(unit.data) for unit in units) < 0.2 * SETTINGS.bit_rate


def test_no_banner_of_the_encoder() -> None:
    assert SEI not in nal_types(encoded(SETTINGS, coded_frames(1))[0].data)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (176, 144), (240, 320), (640, 640), (352, 288), (144, 176)])
def test_other_sizes_show_the_whole_picture(width: int, height: int) -> None:
    settings = replace(SETTINGS, width=width, height=height)
    luma = decode(encoded(settings, coded_frames(3), keyframes_at=(2,)))[-1]
    assert luma.shape == (height, width)
    side = min(width, height)
    left = (width - side) // 2
    picture = read_coded_picture(luma[height - side :, left : left + side])
    assert picture is not None
    assert picture.index == 1002


def test_settings_that_libx264_refuses_name_the_cause() -> None:
    with pytest.raises(MediaError, match="libx264 refuses"):
        VideoEncoder(replace(SETTINGS, level="nine"))
