# ruff: noqa: E402  What follows needs the packages that are asked for first.
"""Training of renderers for faces: it learns, goes on after a kill, ends early, and keeps what it measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")
pytest.importorskip("cv2", reason="faces need pip install 'ims-avatar[vision]'")

from ims_avatar.errors import TrainingError
from ims_avatar.training.distribution import Group, join_group
from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.drawn_people import drawn_person
from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.faces import face_training
from ims_avatar.training.faces.face_batches import Crowd, varied
from ims_avatar.training.faces.face_training import CHECKPOINT, FaceTraining, Progress, TrainingPlan, mesh
from ims_avatar.training.faces.face_validation import Validation, psnr, sharpness
from ims_avatar.training.faces.lip_reader import LipReader
from ims_avatar.training.faces.people import Person
from ims_avatar.training.faces.robust_export import export_robust
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape
from ims_avatar.training.faces.robust_weights import load_robust

pytestmark = pytest.mark.train

SMALL = RobustShape(channels=(8, 8, 8, 8), code=8)
ALONE = Group(0, 1, torch.device("cpu"))


@pytest.fixture(scope="module")
def clara() -> Person:
    return drawn_person(STYLES["clara"], random_lip_codes(np.random.default_rng(1), 39, 0.5))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def training(clara: Person, folder: Path, minutes: float) -> FaceTraining:
    crowd = Crowd([clara])
    plan = TrainingPlan(folder, minutes, batch=4, variety=0.1)
    torch.manual_seed(1)
    return FaceTraining(plan, RobustRenderer(SMALL), crowd, Validation(crowd, {0: np.arange(0, 40, 4)}), ALONE)


def test_a_drawn_person_has_lines_where_the_lips_are(clara: Person) -> None:
    widest = int(np.argmax(clara.codes[:, 0]))
    gap = clara.lines[widest][2 * 21 + 10] - clara.lines[widest][21 + 10]
    rows = slice(round(float(clara.lines[widest][21 + 10])) + 2, round(float(clara.lines[widest][2 * 21 + 10])) - 2)
    change = np.abs(clara.luma[widest].astype(int) - clara.luma[0])[:, 58:70]
    assert gap > 8 and change[rows].mean() > 4 * change[:25].mean() + 10  # where the lines leave a gap, all is new
    assert np.abs(clara.codes[0, :7]).max() < 1e-5


def test_training_makes_the_picture_better_and_keeps_the_best(clara: Person, tmp_path: Path) -> None:
    run = training(clara, tmp_path, 0.12)
    seen: list[Progress] = []
    before = run._held_out.measure(run.net)["psnr_db"]
    run.run(seen.append)
    kept = RobustRenderer(SMALL)
    kept.load_state_dict(run.best)
    after = run._held_out.measure(kept)["psnr_db"]
    assert after > before + 0.5
    assert seen[-1].share == 1.0 and seen[-1].lip_correlation > 0.8 and seen[-1].seconds_left == 0


def test_a_killed_run_goes_on_from_its_checkpoint(clara: Person, tmp_path: Path) -> None:
    first = training(clara, tmp_path, 0.03)
    first.run()
    assert (tmp_path / CHECKPOINT).exists() and not list(tmp_path.glob("*.part"))
    second = training(clara, tmp_path, 0.06)
    assert second.state.step == first.state.step and second.state.seconds == first.state.seconds
    for a, b in zip(first.net.parameters(), second.net.parameters(), strict=True):
        assert torch.equal(a, b)
    second.run()
    assert second.state.step > first.state.step


def test_a_run_that_gets_no_better_goes_on_to_its_last_part(
    clara: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The critic comes in all the same: without it the lips stay a mean of many mouths."""
    monkeypatch.setattr(face_training, "_CHECK_EVERY", 0.0)
    monkeypatch.setattr(face_training, "_BETTER", 100.0)
    monkeypatch.setattr(face_training, "_PATIENCE", 3)
    run = training(clara, tmp_path, 0.2)
    before = [weight.clone() for weight in run._criticism.critic.parameters()]
    run.run()
    assert run.state.skipped > 3 and run.state.seconds < 9
    assert any(not torch.equal(a, b) for a, b in zip(before, run._criticism.critic.parameters(), strict=True))


def test_a_mesh_is_told_from_detail() -> None:
    picture = torch.rand(1, 1, 112, 128, generator=torch.Generator().manual_seed(1))
    pattern = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(56, 64)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(2))
    found = [float(mesh(picture + 0.01 * added, picture)) for added in (0 * noise, noise, pattern)]
    assert found[0] == 0 and found[2] == pytest.approx(0.01, abs=1e-3) and found[1] < 0.25 * found[2]


def test_a_broken_checkpoint_is_not_trained_over(clara: Person, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="remove it to begin anew"):
        training(clara, tmp_path, 0.05)
    assert (tmp_path / CHECKPOINT).read_bytes() == b"no checkpoint"


def test_light_changes_truth_still_and_paint_alike(clara: Person) -> None:
    crowd = Crowd([clara])
    plain = crowd.of(0, np.array([0, 0, 0, 0]))
    lit = varied(plain, torch.Generator().manual_seed(2))
    assert not torch.equal(lit.luma, plain.luma)
    # Crop 0 is the mouth at rest, and so is its own still: they stay the same picture in any light, mirrored or not.
    rested = crowd.batch(np.zeros(4, int), np.zeros(4, int), np.zeros(4, int))
    lit = varied(rested, torch.Generator().manual_seed(2))
    assert torch.equal(lit.luma, lit.still_luma) and torch.equal(lit.chroma, lit.still_chroma)


def test_most_crops_are_learnt_in_the_surroundings_of_another_moment_of_the_same_person(clara: Person) -> None:
    darker = replace(clara, luma=clara.luma // 4, chroma=clara.chroma // 4)
    batch = Crowd([clara, darker]).draw(np.random.default_rng(3), 200)
    own = (batch.around_luma == batch.luma).flatten(1).all(dim=1)
    assert 0.2 < own.float().mean() < 0.45
    dark, dark_around = (x.amax(dim=(1, 2, 3)) < 0.25 for x in (batch.luma, batch.around_luma))
    assert torch.equal(dark, dark_around) and 0 < int(dark.sum()) < 200
    lit = varied(batch, torch.Generator().manual_seed(2))
    assert torch.equal((lit.around_luma == lit.luma).flatten(1).all(dim=1), own)


def test_a_mirrored_person_has_mirrored_lines(clara: Person) -> None:
    crooked = replace(clara, luma=(clara.luma * np.linspace(0.4, 1.0, 128)).astype(np.uint8))
    rested = Crowd([crooked]).batch(np.zeros(8, int), np.arange(8), np.arange(8))
    lit = varied(rested, torch.Generator().manual_seed(5))
    turned = lit.luma[..., :20].mean(dim=(1, 2, 3)) > lit.luma[..., -20:].mean(dim=(1, 2, 3))
    assert 0 < int(turned.sum()) < 8
    net = RobustRenderer(RobustShape()).eval()
    with torch.no_grad():
        for batch in (rested, lit):
            bent = net.warp(
                batch.codes, batch.rest, batch.still_lines, batch.still_luma, batch.still_chroma, batch.inside
            )[0]
            # Bent from itself, a mouth is nearly itself, whichever way round.
            assert psnr(bent * batch.mask, batch.luma * batch.mask) > 24


def test_the_lip_reader_reads_what_was_drawn(clara: Person) -> None:
    luma, codes = torch.from_numpy(clara.luma)[:, None].float() / 255, torch.from_numpy(clara.codes)
    reader = LipReader(luma[::2], codes[::2])
    assert reader.correlation(luma[1::2], codes[1::2]) > 0.9
    assert reader.correlation(luma[:1].expand(20, -1, -1, -1), codes[:20]) == pytest.approx(0.0, abs=1e-3)


def test_blur_is_less_sharp() -> None:
    picture = torch.rand(1, 1, 40, 60, generator=torch.Generator().manual_seed(1))
    blurred = torch.nn.functional.avg_pool2d(picture, 3, 1, 1)
    assert sharpness(picture, picture) == pytest.approx(1.0) and sharpness(blurred, picture) < 0.2


def test_weights_come_back_from_the_graphs(tmp_path: Path) -> None:
    torch.manual_seed(4)
    renderer = RobustRenderer(RobustShape()).eval()
    for parameter in renderer.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    assert export_robust(renderer, tmp_path) > 55
    again = load_robust(tmp_path)
    for (name, a), (_, b) in zip(renderer.named_parameters(), again.named_parameters(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize(("environment", "expected"), [({}, (0, 1)), ({"RANK": "0", "WORLD_SIZE": "1"}, (0, 1))])
def test_alone_one_trains_alone(environment: dict[str, str], expected: Sequence[int]) -> None:
    group = join_group(environment)
    assert (group.rank, group.size) == tuple(expected) and group.agreed(3.5) == 3.5
    net = torch.nn.Linear(2, 2)
    assert group.shared(net) is net
