"""One contract for all engines, the fake included."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import AvatarError
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.inference.engines.load import load_engine

OPEN = np.array([0.45, 0, 0, 0.05, 0, 0.38, 0, 0], np.float32)
HALF = np.array([0.2, 0, 0, 0.02, 0, 0.16, 0, 0], np.float32)
REST = np.zeros(8, np.float32)


@pytest.fixture(scope="module", params=["fake", "onnx", "openvino"])
def engine(request: pytest.FixtureRequest) -> AvatarEngine:
    if request.param == "fake":
        return FakeEngine()
    if request.param == "openvino" and importlib.util.find_spec("openvino") is None:
        pytest.skip("openvino is not installed: pip install 'ims-avatar[openvino]'")
    return load_engine(AvatarRepository().load("clara"), request.param)


def test_pictures_have_the_promised_size_and_are_limited_range(engine: AvatarEngine) -> None:
    spec = engine.spec
    pictures = engine.render(3, np.stack([REST, OPEN]))
    assert pictures.shape == (2, spec.height * 3 // 2, spec.width) and pictures.dtype == np.uint8
    assert pictures[:, : spec.height].min() >= 10 and pictures[:, : spec.height].max() <= 245


def test_the_lip_code_shows(engine: AvatarEngine) -> None:
    pictures = engine.render(0, np.stack([REST, HALF, OPEN])).astype(int)
    half, wide = np.abs(pictures[1] - pictures[0]).sum(), np.abs(pictures[2] - pictures[0]).sum()
    assert 0 < half < wide


def test_a_batch_is_what_its_parts_are(engine: AvatarEngine) -> None:
    codes = np.random.default_rng(1).uniform(0, 0.3, (5, 8)).astype(np.float32)
    together = engine.render(7, codes).copy()
    alone = np.concatenate([engine.render(7, code[None]).copy() for code in codes])
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_the_loop_goes_round(engine: AvatarEngine) -> None:
    length = engine.spec.loop_length
    assert (engine.render(5, OPEN[None]).copy() == engine.render(5 + length, OPEN[None])).all()
    assert (engine.render(5, OPEN[None]).copy() != engine.render(6, OPEN[None])).any()


def test_a_picture_lasts_while_the_next_one_is_rendered(engine: AvatarEngine) -> None:
    first = engine.render(0, OPEN[None])
    kept = first.copy()
    engine.render(1, np.stack([REST, REST]))
    assert (first == kept).all()


def test_no_call_is_no_picture(engine: AvatarEngine) -> None:
    assert len(engine.render(0, np.empty((0, 8), np.float32))) == 0


def test_warm_up_takes_every_size(engine: AvatarEngine) -> None:
    engine.warm_up([1, 4, 2])


def test_rendering_is_repeatable(engine: AvatarEngine) -> None:
    once = engine.render(11, np.stack([OPEN, REST])).copy()
    engine.render(30, np.stack([HALF] * 3))
    assert (engine.render(11, np.stack([OPEN, REST])) == once).all()


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros(8, np.float32),
        np.zeros((2, 7), np.float32),
        np.zeros((2, 8), np.float64),
        np.full((1, 8), np.nan, np.float32),
        np.full((1, 8), np.inf, np.float32),
    ],
)
def test_what_is_no_lip_code_is_refused(engine: AvatarEngine, codes: NDArray[np.float32]) -> None:
    with pytest.raises(AvatarError, match="lip code"):
        engine.render(0, codes)


def test_absurd_but_finite_lip_codes_are_drawn(engine: AvatarEngine) -> None:
    """They are brought into the range that the network knows."""
    pictures = engine.render(0, np.array([[50.0] * 8, [-50.0] * 8], np.float32))
    assert pictures.shape[0] == 2
