"""What `ims-avatar train audio-encoder` asks for and shows. Nothing is trained here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ims_avatar.cli.main import app
from ims_avatar.cli.train import packages
from ims_avatar.cli.train.audio_encoder import _Watch
from ims_avatar.errors import TrainingError
from tests.support.requirement import missing


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(TrainingError, match=r"needs torch\. Remedy: pip install 'ims-avatar\[train\]'"):
        packages.require("torch", "scipy")
    packages.require("scipy")


def test_the_command_stops_before_any_work_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["train", "audio-encoder", "--work", str(tmp_path / "work")])
    assert isinstance(result.exception, TrainingError)
    assert not (tmp_path / "work").exists()


@pytest.mark.train
def test_the_folder_of_the_new_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "onnx", "scipy", "pocketsphinx"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed: pip install ims-avatar[train]")
    from ims_avatar.training.speech import audio_encoder

    asked: list[Any] = []

    def trained(settings: Any, on_progress: Any, said: Any) -> Path:
        asked.append(settings)
        said("training")
        on_progress(stage(done=0.5))
        folder: Path = settings.output / "3"
        return folder

    monkeypatch.setattr(audio_encoder, "train_audio_encoder", trained)
    result = CliRunner().invoke(
        app, ["train", "audio-encoder", "--work", str(tmp_path), "--minutes", "2", "--seed", "5"]
    )
    assert result.exit_code == 0 and f"{tmp_path}/versions/3" in result.stdout
    assert asked[0].command == "ims-avatar train audio-encoder --minutes 2 --seed 5"


class Stage:
    """As `training.encoder_run.Progress`, which torch is needed for."""

    step, loss, accuracy, r_opening, error = 1200, 0.987, 0.731, 0.861, 0.4

    def __init__(self, done: float) -> None:
        self.done = done


def stage(done: float) -> Any:
    return Stage(done)


def test_progress_shows_quality_and_the_time_left_at_the_pace_so_far() -> None:
    watch = _Watch()
    assert watch.shown(stage(0.5), 100.0) == "step 1200: loss 0.987, groups 73%, r 0.86"  # after a restart
    assert watch.shown(stage(0.6), 160.0).endswith("r 0.86, 4 min left")


def test_a_log_gets_a_line_now_and_then() -> None:
    watch = _Watch()
    due = [watch.is_due(stage(done / 100)) for done in range(12)]
    assert [at for at, is_due in enumerate(due) if is_due] == [0, 5, 10]
