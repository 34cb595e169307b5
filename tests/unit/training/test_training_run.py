"""One short training run on made-up frames. Needs the extra `train`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.support.requirement import missing

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def _needs_torch() -> None:
    for package in ("torch", "onnx", "scipy"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed: pip install ims-avatar[train]")


def test_a_batch_pairs_each_code_with_the_last_frame_of_its_window() -> None:
    from ims_avatar.training.batches import Sampler
    from ims_avatar.training.dataset import Frames

    numbers = np.arange(500)
    features = np.repeat(numbers[:, None], 40, axis=1).astype(np.float16)
    frames = Frames(
        features, np.repeat(numbers[:, None], 8, axis=1).astype(np.float16), (numbers % 100).astype(np.int8)
    )
    batch = Sampler({"only": frames}, {"only": 1.0}, context=61, seed=1).draw(4, 50)
    assert batch.features.shape == (4, 110, 40) and batch.codes.shape == (4, 50, 8)
    assert (batch.features[:, 60:, 0] == batch.codes[:, :, 0]).all()
    assert (batch.codes[:, :, 0] % 100 == batch.groups).all()


def test_disturbed_features_stay_in_range_and_silence_stays_silent() -> None:
    import torch

    from ims_avatar.driving.features import SILENT
    from ims_avatar.training.batches import disturb

    generator = torch.Generator().manual_seed(1)
    features = torch.full((3, 20, 40), SILENT)
    assert (disturb(features, generator) == SILENT).all()
    loud = disturb(torch.zeros(3, 20, 40), generator)
    assert loud.abs().max() <= -SILENT and loud.std() > 0.05


def test_a_run_learns_and_leaves_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ims_avatar.training import audio_encoder
    from ims_avatar.training.dataset import Frames

    rng = np.random.default_rng(1)
    hidden = np.convolve(rng.normal(size=3000), np.ones(20) / 20, "same")
    features = (hidden[:, None] * np.linspace(1, 3, 40) + 0.1 * rng.normal(size=(3000, 40))).astype(np.float16)
    codes = np.repeat(np.abs(hidden)[:, None], 8, axis=1).astype(np.float16)
    frames = Frames(features, codes, (hidden > 0).astype(np.int8))
    monkeypatch.setattr(audio_encoder, "prepared", lambda _: (dict.fromkeys(audio_encoder.SHARES, frames), frames))
    monkeypatch.setattr(audio_encoder, "STRETCH", 60)
    monkeypatch.setattr(audio_encoder, "BATCH", 8)
    settings = audio_encoder.Settings(tmp_path, tmp_path / "model", 0.05, 1, 1.0, 1.0)
    audio_encoder.Run(settings).train()
    network, run = audio_encoder.finished(settings)
    predicted, truth, _ = audio_encoder.evaluate(network, frames)
    assert int(str(run["steps"])) >= 3
    assert audio_encoder.correlations(predicted, truth)[0] > 0.3
