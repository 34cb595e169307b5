"""Every drawn person that is shipped: whole, closed when closed, open as told, and idling without a jump.

Clara is looked at more closely in `test_shipped_avatar`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ims_avatar
from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.inference.engines.load import load_engine
from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.lip_corpus import corner_cases, speech_like
from ims_avatar.training.drawn.mouth_look import mouth_look
from tests.support.mouth import correlation, mouth_openings

LIBRARY = Path(ims_avatar.__file__).parent / "avatars" / "library"
LARGEST = 5_200_000
"""Bytes of one avatar's folder: they travel with every installation."""
REST = np.zeros((1, 8), np.float32)
BEHIND_LIPS = np.array([[0, 0, 0, 0, 0, 0, 0, 0.05]], np.float32)


SHIPPED = sorted(STYLES.keys() & {folder.name for folder in LIBRARY.iterdir()})


def test_six_people_are_shipped_in_all_three_finishes() -> None:
    assert len(SHIPPED) >= 6
    assert {STYLES[name].finish for name in SHIPPED} == {"soft", "flat", "painted"}


@pytest.fixture(scope="module", params=SHIPPED)
def avatar(request: pytest.FixtureRequest) -> Avatar:
    return AvatarRepository(shipped=LIBRARY).find(str(request.param))


@pytest.fixture(scope="module")
def loop(avatar: Avatar) -> NDArray[np.uint8]:
    manifest = avatar.manifest
    return read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)


def test_the_folder_is_whole_and_small(avatar: Avatar) -> None:
    avatar.verify()
    assert avatar.manifest.title == STYLES[avatar.manifest.name].title
    assert {"model_card", "model_card_page", "sheet_1x", "sheet_4x"} <= avatar.manifest.files.keys()
    assert sum(entry.size for entry in avatar.manifest.files.values()) < LARGEST


def test_the_mouth_opens_as_told_and_closes(avatar: Avatar) -> None:
    look = mouth_look(STYLES[avatar.manifest.name])
    engine = load_engine(avatar, "onnx")
    rng = np.random.default_rng(42)
    codes = np.concatenate([speech_like(rng, 24), corner_cases(rng, 24)])
    seen = mouth_openings((engine.render(i * 31 % 225, code[None])[0].copy() for i, code in enumerate(codes)), look)
    assert np.isfinite(seen).all()
    assert correlation(seen, codes[:, 0]) >= 0.95
    assert 0.9 <= np.polyfit(codes[:, 0], seen, 1)[0] <= 1.1
    rest = mouth_openings((engine.render(index, REST)[0].copy() for index in range(0, 225, 9)), look)
    assert (rest == 0).all()


def test_at_rest_the_picture_is_the_loops(avatar: Avatar, loop: NDArray[np.uint8]) -> None:
    engine = load_engine(avatar, "onnx")
    for index in (0, 70, 140, 210):
        assert (engine.render(index, REST)[0] == loop[index]).all()


def test_nothing_jumps_where_the_drawn_mouth_takes_over(avatar: Avatar, loop: NDArray[np.uint8]) -> None:
    """All of it is shown here, closed: a tongue behind closed lips is not seen."""
    engine = load_engine(avatar, "onnx")
    for index in (0, 70, 140, 210):
        error = engine.render(index, BEHIND_LIPS)[0].astype(float) - loop[index]
        assert 10 * np.log10(255**2 / (error**2).mean()) > 45


def test_the_loop_has_no_seam_and_the_eyes_blink(avatar: Avatar, loop: NDArray[np.uint8]) -> None:
    """The step from the last picture to the first is like others; a blink changes the eyes' rows most."""
    face = STYLES[avatar.manifest.name].face
    luma = loop[:, :512].astype(np.int16)
    steps = np.abs(np.diff(np.concatenate([luma, luma[:1]]), axis=0)).mean(axis=(1, 2))
    usual = np.percentile(steps[:-1], 90)
    assert steps[-1] <= 1.2 * usual
    assert np.abs(luma[112] - luma[0]).mean() > 1.2 * usual, "a cut would be seen"
    eyes = luma[:, round(face.eye_y) - 14 : round(face.eye_y) + 14, 170:342]
    changes = np.abs(np.diff(eyes, axis=0)).mean(axis=(1, 2))
    assert (changes > 3 * np.median(changes)).sum() >= 2 * len(STYLES[avatar.manifest.name].habit.blinks)
