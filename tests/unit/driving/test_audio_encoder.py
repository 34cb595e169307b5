from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.driving.audio import WINDOW_FRAMES, AudioEncoder
from ims_avatar.driving.features import FEATURES, SILENT
from ims_avatar.errors import CorruptModel

FOLDER = AvatarRepository().base_model("audio_encoder").folder


@pytest.fixture(scope="module")
def encoder() -> AudioEncoder:
    return AudioEncoder(FOLDER)


def test_a_batch_gives_what_its_windows_give_alone(encoder: AudioEncoder) -> None:
    windows = np.random.default_rng(1).uniform(-2, 1, (5, WINDOW_FRAMES, FEATURES)).astype(np.float32)
    together = encoder.lip_codes(windows)
    assert together.shape == (5, 8) and together.dtype == np.float32
    alone = np.concatenate([encoder.lip_codes(window[None]) for window in windows])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_silence_is_a_resting_mouth(encoder: AudioEncoder) -> None:
    codes = encoder.lip_codes(np.full((1, WINDOW_FRAMES, FEATURES), SILENT, np.float32))
    assert abs(float(codes[0, 0])) < 0.06


def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(CorruptModel, match=r"model\.onnx.*Remedy"):
        AudioEncoder(tmp_path)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match=r"model\.onnx"):
        AudioEncoder(tmp_path)


def test_a_model_for_other_features_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "1")
    path = tmp_path / "1" / "model.onnx"
    path.write_bytes(path.read_bytes().replace(b"feature_version", b"another_version"))
    with pytest.raises(CorruptModel, match=r"feature_version.*train again"):
        AudioEncoder(tmp_path / "1")


def test_the_model_card_names_data_licences_seed_and_measures() -> None:
    card = json.loads((FOLDER / "model_card.json").read_text(encoding="utf-8"))
    assert all(entry["what"] and entry["licence"] for entry in card["data"])
    assert card["command"].startswith("ims-avatar train audio-encoder") and card["seed"]
    assert card["measures"]["recorded_english"]["r_opening"] > 0.65
    assert (FOLDER / "model.onnx").stat().st_size < 6_000_000
