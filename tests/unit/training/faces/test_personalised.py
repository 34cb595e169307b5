# ruff: noqa: E402  What follows needs the packages that are asked for first.
"""From a film of one person to their avatar, in small: Clara, who speaks for twelve seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("cv2", reason="faces need pip install 'ims-avatar[vision]'")
pytest.importorskip("ai_edge_litert", reason="faces need pip install 'ims-avatar[vision]'")

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.avatars.repository import LIP_ENCODER, Avatar, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.enrol.create import RENDERER
from ims_avatar.errors import TrainingError
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.faces.personal_folder import build_personalised
from ims_avatar.training.faces.personalised import (
    PersonalPlan,
    PersonalRun,
    _forget_other_runs,
    split,
    train_personalised,
)
from tests.support.spoken_film import write_clara_speaking

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]

CONSENT = ConsentRecord(statement="Shows nobody: drawn.", recorded_by="tests", recorded_at="2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PersonalRun:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("run")
    film = write_clara_speaking(folder / "film.mp4")
    return train_personalised(PersonalPlan(film, folder / "run", minutes=0.15), AvatarRepository())


@pytest.fixture(scope="module")
def avatar(made: PersonalRun, tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    directory = tmp_path_factory.mktemp("avatars")
    return build_personalised(made, "carla", "", "Apache-2.0", CONSENT, directory, AvatarRepository())


def test_the_avatar_is_whole_and_moves_its_mouth(avatar: Avatar) -> None:
    avatar.verify()
    shared = AvatarRepository().base_model(RENDERER).manifest
    assert avatar.manifest.kind == "personalised" and avatar.manifest.base_model == f"renderer/{shared.version}"
    engine = onnx_engine(avatar)
    rest, wide = np.zeros((1, 8), np.float32), np.zeros((1, 8), np.float32)
    wide[0, 0], wide[0, 5] = 0.4, 0.35
    closed, opened = engine.render(0, rest).astype(int).copy(), engine.render(0, wide).astype(int).copy()
    box = avatar.manifest.paste
    change = np.abs(opened - closed)[0, :512]
    inside = change[box.top : box.top + box.height, box.left : box.left + box.width]
    assert inside.mean() > 2 and change.sum() == inside.sum()


def test_at_rest_it_looks_like_its_film(avatar: Avatar) -> None:
    engine = onnx_engine(avatar)
    box, manifest = avatar.manifest.paste, avatar.manifest
    loop = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)
    where = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    error = engine.render(3, np.zeros((1, 8), np.float32))[0][where].astype(float) - loop[3][where]
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 24


def test_it_brings_its_own_audio_encoder(avatar: Avatar) -> None:
    encoder = AudioEncoder(avatar.path(LIP_ENCODER))
    windows = np.zeros((2, *AudioEncoder.window_shape), np.float32)
    assert np.isfinite(encoder.lip_codes(windows)).all()


def test_the_card_says_what_was_used_and_measured(avatar: Avatar, made: PersonalRun) -> None:
    card = json.loads(avatar.path("model_card").read_text(encoding="utf-8"))
    assert card["consent"]["statement"] == CONSENT.statement and len(card["film"]["sha256"]) == 64
    assert card["measures"]["psnr_db"] > 15 and card["measures"]["onnx_agreement_db"] > 55
    assert card["training_steps"] == made.run.state.step > 0
    assert avatar.path("sheet_4x").stat().st_size > 1000


def test_a_worse_one_is_not_put_before_a_better_one(made: PersonalRun, avatar: Avatar) -> None:
    directory = avatar.folder.parents[1]
    path = avatar.folder / "model_card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["measures"]["psnr_db"] += 3.0
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(TrainingError, match="is better"):
        build_personalised(made, "carla", "", "Apache-2.0", CONSENT, directory, AvatarRepository())
    assert [p.name for p in (directory / "carla").iterdir()] == ["1"] and len(list(directory.iterdir())) == 1


def test_what_judges_lies_apart_from_what_is_learnt() -> None:
    times = np.arange(0, 60, 0.04)
    learnt, apart = split(times)
    assert times[apart[0]] - times[learnt[-1]] >= 1.0 and 0.1 < len(apart) / len(times) < 0.14


def test_a_run_of_other_settings_begins_anew(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"pictures")
    folder = tmp_path / "run"
    _forget_other_runs(PersonalPlan(film, folder, seed=1))
    (folder / "checkpoint.pth").write_bytes(b"weights")
    _forget_other_runs(PersonalPlan(film, folder, seed=1))
    assert (folder / "checkpoint.pth").exists()
    _forget_other_runs(PersonalPlan(film, folder, seed=2))
    assert not (folder / "checkpoint.pth").exists()
