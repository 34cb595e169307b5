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

    from ims_avatar.training.speech.encoder_network import EncoderNetwork

    torch.manual_seed(1)
    network = EncoderNetwork().train()
    for _ in range(3):  # normalisation layers see something
        network(torch.randn(2, 90, 40))
    return network.eval()


def test_the_pyramid_computes_what_the_dense_network_computes() -> None:
    import torch

    from ims_avatar.training.speech.encoder_network import RECEPTIVE_FIELD, WindowEncoder, close_lips

    network = lively_network()
    stretch = torch.randn(1, RECEPTIVE_FIELD + 9, 40)
    with torch.no_grad():
        dense = close_lips(*network(stretch))[0]
        windows = stretch[0].unfold(0, RECEPTIVE_FIELD, 1).transpose(1, 2)
        single, _ = WindowEncoder(network)(windows)
    torch.testing.assert_close(single, dense, atol=1e-5, rtol=1e-4)


def test_lips_close_where_a_bilabial_is_likely() -> None:
    import torch

    from ims_avatar.training.speech.encoder_network import close_lips

    codes = torch.full((1, 2, 8), 0.4)
    logits = torch.zeros(1, 2, 21)
    logits[0, 1, 1] = 9.0
    closed = close_lips(codes, logits)
    assert closed[0, :, 0].tolist() == pytest.approx([0.4, 0.0])
    assert (closed[0, :, 1:] == 0.4).all()


def test_folding_the_normalisation_changes_nothing() -> None:
    import torch

    from ims_avatar.training.speech.encoder_network import folded

    network = lively_network()
    plain = folded(network)
    assert not any("norm" in name for name in plain.state_dict())
    features = torch.randn(2, 80, 40)
    with torch.no_grad():
        for seen, wanted in zip(plain(features), network(features), strict=True):
            torch.testing.assert_close(seen, wanted, atol=1e-5, rtol=1e-4)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ims_avatar.training.speech.audio_encoder_export import Origin, export
    from ims_avatar.training.speech.encoder_network import folded

    folder = tmp_path_factory.mktemp("encoder") / "7"
    export(folded(lively_network()), folder, Origin(7, "ims-avatar train x", 4, "abc", {"steps": 1}))
    return folder


def test_export_writes_a_folder_that_the_program_loads(exported: Path) -> None:
    from ims_avatar.avatars.manifest import BaseModelManifest, read_manifest
    from ims_avatar.driving.audio import AudioEncoder
    from ims_avatar.driving.phonemes import GROUP_COUNT

    manifest = read_manifest(exported, BaseModelManifest)
    assert manifest.version == 7
    assert manifest.files["model"].size == (exported / "model.onnx").stat().st_size
    assert json.loads((exported / "model_card.json").read_text(encoding="utf-8"))["seed"] == 4
    windows = np.zeros((2, *AudioEncoder.window_shape), np.float32)
    assert AudioEncoder(exported).lip_codes(windows).shape == (2, 8)
    assert AudioEncoder(exported).group_logits(windows).shape == (2, GROUP_COUNT)


def test_export_does_not_touch_a_version_that_is_there(exported: Path) -> None:
    from ims_avatar.training.speech.audio_encoder_export import Origin, export
    from ims_avatar.training.speech.encoder_network import folded

    before = (exported / "model.onnx").read_bytes()
    with pytest.raises(FileExistsError):
        export(folded(lively_network()), exported, Origin(7, "x", 1, "abc", {}))
    assert (exported / "model.onnx").read_bytes() == before


def test_a_shipped_file_becomes_a_network_that_learns(exported: Path) -> None:
    import torch

    from ims_avatar.driving.audio import AudioEncoder
    from ims_avatar.training.speech.audio_encoder_export import load_encoder
    from ims_avatar.training.speech.encoder_network import close_lips

    network = load_encoder(exported)
    windows = np.random.default_rng(1).uniform(-2.5, 1.0, (4, *AudioEncoder.window_shape)).astype(np.float32)
    with torch.no_grad():
        codes, logits = network(torch.from_numpy(windows))
    encoder = AudioEncoder(exported)
    np.testing.assert_allclose(close_lips(codes, logits)[:, 0], encoder.lip_codes(windows), atol=1e-4)
    np.testing.assert_allclose(logits[:, 0], encoder.group_logits(windows), atol=1e-3)
    optimiser = torch.optim.SGD(network.train().parameters(), 1e-3)
    losses = []
    for _ in range(5):
        loss = network(torch.from_numpy(windows))[0].square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_a_file_without_the_network_is_refused(tmp_path: Path) -> None:
    from ims_avatar.errors import CorruptModel
    from ims_avatar.training.speech.audio_encoder_export import load_encoder

    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(CorruptModel, match=r"model\.onnx"):
        load_encoder(tmp_path)


def test_a_channel_keeps_the_length_and_sets_the_level() -> None:
    from ims_avatar.training.speech.augment import at_level, random_channel, through

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
    from ims_avatar.training.speech.dataset import HOP_SECONDS, label

    frames = label(np.zeros(32000, np.int16), [PhonemeSpan(1.0, 1.2, PhonemeGroup.OPEN)])
    middle = round((1.1 + LEAD) / HOP_SECONDS)
    assert frames.groups[middle] == PhonemeGroup.OPEN
    assert abs(int(frames.codes[:, 0].argmax()) - middle) <= 3
