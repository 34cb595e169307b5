"""One short training run on made-up frames. Needs the extra `train`."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
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


def test_a_batch_pairs_each_code_with_the_last_frame_of_its_window() -> None:
    from ims_avatar.training.speech.batches import Sampler
    from ims_avatar.training.speech.dataset import Frames

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
    from ims_avatar.training.speech.batches import disturb

    generator = torch.Generator().manual_seed(1)
    features = torch.full((3, 20, 40), SILENT)
    assert (disturb(features, generator) == SILENT).all()
    loud = disturb(torch.zeros(3, 20, 40), generator)
    assert loud.abs().max() <= -SILENT and loud.std() > 0.05


def test_noise_lies_under_some_stretches_and_never_over_the_speech() -> None:
    import torch

    from ims_avatar.driving.features import SILENT
    from ims_avatar.training.speech.batches import add_noise

    loud = torch.full((200, 30, 40), 1.2)
    loud[:, ::2] = SILENT
    noisy = add_noise(loud, 0.4, torch.Generator().manual_seed(1))
    touched = (noisy[:, 0] > SILENT).any(dim=1)
    assert 0.25 < touched.float().mean() < 0.55
    assert torch.equal(noisy[~touched], loud[~touched])
    # A band of 1.2 is 7 dB under the whole speech; noise at 3 dB and more under it, in forty bands, adds little there.
    assert (noisy[:, 1::2] - 1.2).median() < 0.02 and noisy[touched][:, ::2].median() > SILENT + 0.3


def made_up() -> Any:
    """Frames whose lips can be read off the features."""
    from ims_avatar.training.speech.dataset import Frames
    from ims_avatar.training.speech.encoder_frames import SHARES, Prepared

    rng = np.random.default_rng(1)
    hidden = np.convolve(rng.normal(size=3000), np.ones(20) / 20, "same")
    features = (hidden[:, None] * np.linspace(1, 3, 40) + 0.1 * rng.normal(size=(3000, 40))).astype(np.float16)
    codes = np.repeat(np.abs(hidden)[:, None], 8, axis=1).astype(np.float16)
    frames = Frames(features, codes, (hidden > 0).astype(np.int8))
    return Prepared(dict.fromkeys(SHARES, frames), frames, frames)


class Seconds:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    from ims_avatar.training.speech import encoder_run

    monkeypatch.setattr(encoder_run, "STRETCH", 60)
    monkeypatch.setattr(encoder_run, "BATCH", {"cpu": 8})
    monkeypatch.setattr(encoder_run, "WARM_UP", 2)


def run_of(tmp_path: Path, **changed: Any) -> Any:
    from ims_avatar.training.speech.encoder_run import Run, RunSettings

    settings = RunSettings(**{"minutes": 0.6, "seed": 1, "wide": 36, **changed})
    return Run(settings, made_up(), tmp_path, clock=Seconds(), spent_here=Seconds())


@pytest.mark.usefixtures("small_steps")
def test_a_run_learns_and_shows_how_far_it_is(tmp_path: Path) -> None:
    from ims_avatar.training.speech.encoder_loss import evaluate

    run = run_of(tmp_path, minutes=3.0)
    seen: list[Any] = []
    run.train(seen.append)
    network, facts = run.result()
    assert facts["steps"] == len(seen) and seen[-1].done == 1.0
    assert [stage.done for stage in seen] == sorted(stage.done for stage in seen)
    assert seen[-1].loss < seen[0].loss and seen[-1].accuracy > 0.5
    assert evaluate(network, made_up().development).correlations()[0] > 0.3


@pytest.mark.usefixtures("small_steps")
def test_lips_move_as_far_as_a_plain_line_s_truth_asks_for(tmp_path: Path) -> None:
    from ims_avatar.training.speech.encoder_loss import evaluate

    run = run_of(tmp_path, minutes=3.0)
    run.train(lambda _: None)
    spreads = []
    for factor in (1.0, 1.3):
        prepared = made_up()
        run._prepared = replace(prepared, plain=replace(prepared.plain, codes=prepared.plain.codes * factor))
        network, _ = run.result()
        seen = evaluate(network, prepared.plain)
        spreads.append(float(seen.predicted[seen.truth[:, 0] > 0.02][:, 0].std()))
    assert 1.05 < spreads[1] / spreads[0] <= 1.31


class Killed(Exception):
    """Stands for kill -9: nothing after it runs."""


@pytest.mark.usefixtures("small_steps")
def test_a_killed_run_goes_on_from_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ims_avatar.training.speech import encoder_run

    monkeypatch.setattr(encoder_run, "CHECKPOINT_SECONDS", 2.5)

    def die(stage: Any) -> None:
        if stage.step == 7:
            raise Killed

    with pytest.raises(Killed):
        run_of(tmp_path).train(die)
    again = run_of(tmp_path)
    assert 3 <= again.steps < 7
    seen: list[Any] = []
    again.train(seen.append)
    assert seen[0].step == again.steps - len(seen) + 1 and seen[0].done > 0.1
    finished = run_of(tmp_path)
    assert finished.finished and finished.steps == again.steps


@pytest.mark.usefixtures("small_steps")
def test_a_finished_run_goes_on_when_it_gets_more_time(tmp_path: Path) -> None:
    short = run_of(tmp_path)
    short.train(lambda _: None)
    longer = run_of(tmp_path, minutes=0.9)
    assert not longer.finished
    seen: list[Any] = []
    longer.train(seen.append)
    assert seen[0].done > 0.6 and longer.steps > short.steps


@pytest.mark.usefixtures("small_steps")
def test_a_run_ends_when_nothing_improves(tmp_path: Path) -> None:
    run = run_of(tmp_path, minutes=2.0, learning_rate=0.0, patience=2)
    seen: list[Any] = []
    run.train(seen.append)
    assert run.finished and seen[-1].done < 0.2
    assert run.result()[1]["stopped_early"] is True


@pytest.mark.usefixtures("small_steps")
def test_the_checkpoint_of_another_run_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    from ims_avatar.errors import TrainingError
    from ims_avatar.training.speech.encoder_run import CHECKPOINT

    run_of(tmp_path).train(lambda _: None)
    with pytest.raises(TrainingError, match=r"with seed 1, not 2.*--fresh"):
        run_of(tmp_path, seed=2)
    with pytest.raises(TrainingError, match=r"with wide 36, not 48.*--wide"):
        run_of(tmp_path, wide=48)
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:1000])
    with pytest.raises(TrainingError, match="damaged"):
        run_of(tmp_path)


@pytest.mark.usefixtures("small_steps")
def test_every_run_becomes_a_version_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ims_avatar.errors import TrainingError
    from ims_avatar.training.speech import audio_encoder

    monkeypatch.setattr(audio_encoder, "prepare", lambda *_: made_up())
    said: list[str] = []
    settings = audio_encoder.Settings(tmp_path / "work", tmp_path / "versions", minutes=0.01, limit=0)
    first = audio_encoder.train_audio_encoder(settings, lambda _: None, said.append)
    with pytest.raises(TrainingError, match=r"is done.*--fresh"):
        audio_encoder.train_audio_encoder(settings, lambda _: None, said.append)
    anew = replace(settings, fresh=True)
    second = audio_encoder.train_audio_encoder(anew, lambda _: None, said.append)
    assert (first.name, second.name) == ("1", "2") and "training" in said
    assert (first / "manifest.json").exists() and (second / "model.onnx").exists()


def test_fourteen_groups_merge_only_what_the_lips_do_alike() -> None:
    from ims_avatar.driving.phonemes import GROUP_COUNT, PhonemeGroup
    from ims_avatar.training.speech.measure_audio_encoder import FOURTEEN

    kept = {FOURTEEN.get(group, group) for group in PhonemeGroup}
    assert len(kept) == 14 == GROUP_COUNT - len(FOURTEEN)
    assert not kept & FOURTEEN.keys()
