"""What the shipped avatar looks like: closed when closed, open as told, and no seam around the mouth.

The truth for a mouth at rest is the reference loop itself, and for the mask's border it is the loop whatever the lips
do: so neither drawing nor training is needed to judge.
"""

from __future__ import annotations

import json

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.load import load_engine
from ims_avatar.training.drawn.lip_corpus import corner_cases, speech_like
from tests.support.mouth import correlation, mouth_openings

AVATAR = AvatarRepository().find("clara")
SIZE = AVATAR.manifest.height
STRONGEST_SEAM = 0.8
"""Luma steps of gradient by which the border may differ from the loop's, on average.

Perfect crops, drawn and not rendered, have 0.25; a patch six steps too bright, which is just seen at 4x, has more."""


@pytest.fixture(scope="module")
def engine() -> AvatarEngine:
    return load_engine(AVATAR, "onnx")


@pytest.fixture(scope="module")
def loop() -> NDArray[np.uint8]:
    manifest = AVATAR.manifest
    return read_loop(AVATAR.path("loop"), manifest.width, manifest.height, manifest.loop_frames)


def mask(loop: NDArray[np.uint8], index: int) -> NDArray[np.float64]:
    """0..1 in the paste rectangle: how much of it is rendered."""
    box = AVATAR.manifest.paste
    matrices = np.array(json.loads(AVATAR.path("loop_matrices").read_text()), np.float32)
    session = ort.InferenceSession(str(AVATAR.path("reference")), providers=["CPUExecutionProvider"])
    planes = loop[index, SIZE:].reshape(2, SIZE // 2, -1)
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    half_rows = slice(rows.start // 2, rows.stop // 2)
    inputs = {
        "luma": np.ascontiguousarray(loop[index, rows, columns])[None, None],
        "chroma": np.ascontiguousarray(planes[:, half_rows, columns.start // 2 : columns.stop // 2])[None],
        "to_crop": matrices[index],
    }
    share: NDArray[np.float64] = np.asarray(session.run(["luma_share"], inputs)[0], np.float64)[0, 0] / 255
    return share


def boxed(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    box = AVATAR.manifest.paste
    return picture[box.top : box.top + box.height, box.left : box.left + box.width].astype(np.float64)


def seam(picture: NDArray[np.float64], still: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """Mean difference of gradients along the border of what is pasted."""
    border = (share > 0.01) & (share < 0.99)
    difference = picture - still
    steps = np.hypot(*np.gradient(difference))
    return float(steps[border].mean())


def test_the_mouth_follows_the_lip_code_on_unrelated_frames(engine: AvatarEngine) -> None:
    rng = np.random.default_rng(42)
    codes = np.concatenate([speech_like(rng, 120), corner_cases(rng, 60)])
    pictures = [engine.render(int(rng.integers(0, 1000)), code[None])[0].copy() for code in codes]
    seen = mouth_openings(pictures)
    assert np.isfinite(seen).all()
    assert correlation(seen, codes[:, 0]) >= 0.95
    assert 0.9 <= np.polyfit(codes[:, 0], seen, 1)[0] <= 1.1, "opens as far as told"


def test_a_closed_mouth_is_closed_over_the_whole_loop(engine: AvatarEngine) -> None:
    rest = np.zeros((1, 8), np.float32)
    seen = mouth_openings(engine.render(index, rest)[0].copy() for index in range(engine.spec.loop_length))
    assert (seen == 0).all()


def test_at_rest_the_picture_is_the_loops(engine: AvatarEngine, loop: NDArray[np.uint8]) -> None:
    for index in range(0, engine.spec.loop_length, 15):
        assert (engine.render(index, np.zeros((1, 8), np.float32))[0] == loop[index]).all()


def test_nothing_outside_the_mask_is_touched(engine: AvatarEngine, loop: NDArray[np.uint8]) -> None:
    code = np.array([[0.5, 0, 0, 0.05, 0, 0.42, 0, 0]], np.float32)
    for index in (0, 60, 180):
        picture = engine.render(index, code)[0]
        box = AVATAR.manifest.paste
        outside = np.ones((SIZE, SIZE), bool)
        outside[box.top : box.top + box.height, box.left : box.left + box.width] = mask(loop, index) == 0
        assert (picture[:SIZE][outside] == loop[index, :SIZE][outside]).all()


def test_no_edge_shows_around_the_mouth(engine: AvatarEngine, loop: NDArray[np.uint8]) -> None:
    codes = corner_cases(np.random.default_rng(3), 12)
    for index in range(0, engine.spec.loop_length, 25):
        share = mask(loop, index)
        still = boxed(loop[index])
        seams = [seam(boxed(picture), still, share) for picture in engine.render(index, codes)]
        assert max(seams) < STRONGEST_SEAM


def test_the_edge_check_sees_a_patch_that_is_six_steps_too_bright(
    engine: AvatarEngine, loop: NDArray[np.uint8]
) -> None:
    share, still = mask(loop, 0), boxed(loop[0])
    hard = (share > 0.5) * 6.0
    assert seam(still + hard, still, share) > STRONGEST_SEAM
