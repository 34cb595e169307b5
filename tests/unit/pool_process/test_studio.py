"""One step: who is batched with whom, and who falls out of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.audio import AudioDriver
from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.encode.settings import EncoderSettings
from ims_avatar.errors import AvatarError, ImsAvatarError
from ims_avatar.flow import AccessUnit, AudioChunk
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.pool_process.studio import LoadedAvatar, Performer, Studio
from tests.support.coded_picture import read_coded_picture
from tests.support.fake_pool import LIPS, BreakingEngine
from tests.support.h264_stream import decode
from tests.support.pitch import opening_of, voice

SETTINGS = EncoderSettings(128, 128, 25, 400_000, "3.1")


class CountingEngine(FakeEngine):
    def __init__(self, frame_rate: int = 25) -> None:
        super().__init__(width=128, height=128, frame_rate=frame_rate)
        self.batches: list[int] = []

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        self.batches.append(len(lip_codes))
        return super().render(loop_index, lip_codes)


class PoisonLips:
    """Gives NaN to the second of its streams."""

    def lip_codes(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        codes = np.zeros((len(windows), 8), np.float32)
        codes[1] = np.nan
        return codes


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio(encoder_threads=2)
    yield studio
    studio.close()


def performer(avatar: LoadedAvatar, band: int | None = None) -> Performer:
    """A stream whose speech is `voice(band)` in the first second."""
    driver = AudioDriver()
    if band is not None:
        driver.push(AudioChunk(0.0, voice(band, 0.0, 1.0)))
    return Performer(avatar, driver, VideoEncoder(SETTINGS))


def step(studio: Studio, tick: int, cast: list[Performer]) -> dict[Performer, AccessUnit | ImsAvatarError]:
    outcomes = list(studio.step(tick, tick / 25, cast))
    assert len(outcomes) == len(cast)
    return dict(outcomes)


def test_streams_of_one_avatar_are_one_batch_and_keep_their_own_pictures(studio: Studio) -> None:
    engine = CountingEngine()
    avatar, other = LoadedAvatar(engine, LIPS), LoadedAvatar(CountingEngine(), LIPS)
    bands = [5, 10, 20, 30, 39]
    cast = [performer(avatar, band) for band in bands] + [performer(other, 15)]
    units: dict[Performer, list[AccessUnit]] = {one: [] for one in cast}
    for tick in range(5, 12):
        for one, outcome in step(studio, tick, cast).items():
            assert isinstance(outcome, AccessUnit)
            assert outcome.pts == tick / 25
            units[one].append(outcome)
    assert engine.batches == [5] * 7
    for one, band in zip(cast, [*bands, 15], strict=True):
        picture = read_coded_picture(decode(units[one])[-1])
        assert picture is not None
        assert picture.index == 11
        assert picture.opening == pytest.approx(opening_of(band), abs=0.03)


def test_the_first_picture_is_a_key_frame_and_later_ones_only_on_demand(studio: Studio) -> None:
    one = performer(LoadedAvatar(FakeEngine(width=128, height=128), LIPS))
    keyframes = []
    for tick in range(6):
        one.keyframe = one.keyframe or tick == 3
        outcome = step(studio, tick, [one])[one]
        assert isinstance(outcome, AccessUnit)
        keyframes.append(outcome.keyframe)
    assert keyframes == [True, False, False, True, False, False]


def test_a_broken_avatar_takes_only_its_own_streams_with_it(studio: Studio) -> None:
    broken = LoadedAvatar(BreakingEngine(width=128, height=128), LIPS)
    good = performer(LoadedAvatar(FakeEngine(width=128, height=128), LIPS))
    cast = [performer(broken), good, performer(broken)]
    for tick in range(4):
        assert all(isinstance(outcome, AccessUnit) for outcome in step(studio, tick, cast).values())
    outcomes = step(studio, 4, cast)
    assert isinstance(outcomes[good], AccessUnit)
    assert [type(outcomes[one]) for one in (cast[0], cast[2])] == [AvatarError, AvatarError]


def test_a_poisoned_lip_code_takes_only_its_own_stream_with_it(studio: Studio) -> None:
    engine = CountingEngine()
    avatar = LoadedAvatar(engine, PoisonLips())
    cast = [performer(avatar) for _ in range(3)]
    outcomes = step(studio, 0, cast)
    assert [isinstance(outcomes[one], AccessUnit) for one in cast] == [True, False, True]


def test_all_who_are_silent_share_one_picture(studio: Studio) -> None:
    engine = CountingEngine()
    avatar = LoadedAvatar(engine, LIPS)
    cast = [performer(avatar), performer(avatar, 20), performer(avatar), performer(avatar)]
    units: dict[Performer, list[AccessUnit]] = {one: [] for one in cast}
    for tick in range(5, 10):
        for one, outcome in step(studio, tick, cast).items():
            assert isinstance(outcome, AccessUnit)
            units[one].append(outcome)
    assert engine.batches == [2] * 5
    pictures = [read_coded_picture(decode(units[one])[-1]) for one in cast]
    openings = [picture.opening for picture in pictures if picture]
    assert openings == pytest.approx([0.0, opening_of(20), 0.0, 0.0], abs=0.03)


def test_a_loop_of_another_rate_is_played_at_its_own_speed(studio: Studio) -> None:
    one = performer(LoadedAvatar(CountingEngine(frame_rate=50), LIPS))
    units = [step(studio, tick, [one])[one] for tick in (10, 11)]
    pictures = [read_coded_picture(luma) for luma in decode([u for u in units if isinstance(u, AccessUnit)])]
    assert [picture.index for picture in pictures if picture] == [20, 22]


def test_a_step_without_anybody_is_nothing(studio: Studio) -> None:
    assert list(studio.step(1, 0.04, [])) == []
