"""The network in its two forms, and its way into a file. Needs the extra `train`."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.requirement import missing

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def _needs_torch() -> None:
    for package in ("torch", "onnx", "scipy"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed: pip install ims-avatar[train]")


def lively_network() -> Any:
    import torch

    from ims_avatar.training.encoder_network import EncoderNetwork

    torch.manual_seed(1)
    network = EncoderNetwork().train()
    for _ in range(3):  # normalisation layers see something
        network(torch.randn(2, 90, 40))
    return network.eval()


def test_the_pyramid_computes_what_the_dense_network_computes() -> None:
    import torch

    from ims_avatar.training.encoder_network import RECEPTIVE_FIELD, WindowEncoder, close_lips

    network = lively_network()
    stretch = torch.randn(1, RECEPTIVE_FIELD + 9, 40)
    with torch.no_grad():
        dense = close_lips(*network(stretch))[0].T
        windows = stretch[0].unfold(0, RECEPTIVE_FIELD, 1).transpose(1, 2)
        single, _ = WindowEncoder(network)(windows)
    torch.testing.assert_close(single, dense, atol=1e-5, rtol=1e-4)


def test_lips_close_where_a_bilabial_is_likely() -> None:
    import torch

    from ims_avatar.training.encoder_network import close_lips

    codes = torch.full((1, 8, 2), 0.4)
    logits = torch.zeros(1, 21, 2)
    logits[0, 1, 1] = 9.0
    closed = close_lips(codes, logits)
    assert closed[0, 0].tolist() == pytest.approx([0.4, 0.0])
    assert (closed[0, 1:] == 0.4).all()


def test_export_writes_a_folder_that_the_program_loads(tmp_path: Path) -> None:
    from ims_avatar.avatars.manifest import BaseModelManifest, read_manifest
    from ims_avatar.driving.audio import AudioEncoder
    from ims_avatar.training.audio_encoder_export import export

    export(lively_network(), tmp_path, command="python -m x", seed=4, run={"steps": 1})
    manifest = read_manifest(tmp_path, BaseModelManifest)
    assert manifest.files["model"].size == (tmp_path / "model.onnx").stat().st_size
    assert json.loads((tmp_path / "model_card.json").read_text(encoding="utf-8"))["seed"] == 4
    windows = np.zeros((2, *AudioEncoder.window_shape), np.float32)
    assert AudioEncoder(tmp_path).lip_codes(windows).shape == (2, 8)


def test_a_channel_keeps_the_length_and_sets_the_level() -> None:
    from ims_avatar.training.augment import at_level, random_channel, through

    rng = np.random.default_rng(1)
    speech = (rng.standard_normal(16000) * 0.1).astype(np.float32)
    for _ in range(12):
        channel = random_channel(rng)
        out = through(speech, channel, rng, speech)
        assert out.shape == speech.shape and float(np.abs(out).max()) <= 1.0
    assert 20 * np.log10(at_level(speech, -30.0).std()) == pytest.approx(-30.0, abs=0.5)


def test_labels_of_a_call_stand_where_its_sound_is_shown() -> None:
    from ims_avatar.driving.audio import LEAD
    from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan
    from ims_avatar.training.dataset import HOP_SECONDS, label

    frames = label(np.zeros(32000, np.int16), [PhonemeSpan(1.0, 1.2, PhonemeGroup.OPEN)])
    middle = round((1.1 + LEAD) / HOP_SECONDS)
    assert frames.groups[middle] == PhonemeGroup.OPEN
    assert abs(int(frames.codes[:, 0].argmax()) - middle) <= 3
