# ruff: noqa: E402  What follows needs the packages that are asked for first.
from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.training.drawn.avatar_folder import build_avatar
from ims_avatar.training.drawn.lip_corpus import corner_cases
from ims_avatar.training.drawn.renderer import (
    CHECKPOINT,
    LOOP_FILE,
    RendererTraining,
    TrainingPlan,
    load_crop,
    load_renderer,
)
from ims_avatar.training.drawn.renderer_export import export_renderer
from ims_avatar.training.drawn.renderer_graphs import bend, centres, grid, inverse, sample
from ims_avatar.training.drawn.renderer_model import Renderer, RendererShape
from ims_avatar.training.drawn.renderer_start import avatar_parameters, start_from

pytestmark = pytest.mark.train

SMALL = RendererShape(64, 48, (16, 0, 32, 32), (8, 8, 8, 8), 16)


def small_renderer() -> Renderer:
    torch.manual_seed(3)
    renderer = Renderer(SMALL)
    renderer.eval()
    return renderer


def test_crops_have_the_shape_of_the_reference() -> None:
    luma, chroma = small_renderer()(
        torch.rand(1, 1, 48, 64), torch.rand(1, 2, 24, 32), torch.ones(1, 1, 48, 64), torch.zeros(5, 8)
    )
    assert luma.shape == (5, 1, 48, 64) and chroma.shape == (5, 2, 24, 32)


def test_what_is_masked_cannot_leak() -> None:
    """Two references that differ under the mask only give the same crop."""
    renderer = small_renderer()
    visible = torch.ones(1, 1, 48, 64)
    visible[:, :, 10:30, 10:40] = 0
    first = torch.rand(1, 1, 48, 64)
    second = first.clone()
    second[:, :, 10:30, 10:40] = torch.rand(20, 30)
    chroma = torch.rand(1, 2, 24, 32)
    drawn = [renderer(luma, chroma, visible, torch.zeros(1, 8))[0] for luma in (first, second)]
    assert torch.equal(*drawn)


def test_a_batch_of_lip_codes_is_what_its_parts_are() -> None:
    renderer = small_renderer()
    codes = torch.from_numpy(corner_cases(np.random.default_rng(0), 4))
    inputs = torch.rand(1, 1, 48, 64), torch.rand(1, 2, 24, 32), torch.ones(1, 1, 48, 64)
    with torch.no_grad():
        together = renderer(*inputs, codes)[0]
        alone = torch.cat([renderer(*inputs, code[None])[0] for code in codes])
    assert torch.allclose(together, alone, atol=1e-5)


def test_sampling_there_and_back_keeps_a_smooth_picture() -> None:
    matrix = torch.tensor([[0.998, 0.02, -3.3], [-0.02, 0.998, 1.7]])
    unit = inverse(inverse(matrix))
    assert torch.allclose(unit, matrix, atol=1e-5)
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(64.0), indexing="ij")
    picture = (torch.sin(x / 9) + torch.cos(y / 7))[None, None]
    there = sample(picture, grid(centres(64, 48), matrix, 64, 48))
    back = sample(there, grid(centres(64, 48), inverse(matrix), 64, 48))
    assert (back - picture)[..., 12:-12, 12:-12].abs().max() < 0.02


def test_the_bend_is_what_bilinear_sampling_loses() -> None:
    """On a parabola, whose Laplacian is the same everywhere, the correction is exact."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    picture = ((x - 16) ** 2 + (y - 16) ** 2)[None, None]
    matrix = torch.tensor([[1.0, 0.0, 0.3], [0.0, 1.0, -0.4]])
    sampled = sample(picture, grid(centres(32, 32), matrix, 32, 32)) - bend(centres(32, 32), matrix) * 4.0
    exact = ((x + 0.3 - 16) ** 2 + (y - 0.4 - 16) ** 2)[None, None]
    assert (sampled - exact)[..., 3:-3, 3:-3].abs().max() < 1e-3


def test_another_avatars_weights_fit_whatever_the_crops_size() -> None:
    clara = avatar_parameters(AvatarRepository().find("clara"))
    net = Renderer(RendererShape(208, 112, (60, 20, 88, 64)))
    assert start_from(net, clara) == len(list(net.parameters()))
    assert torch.equal(net.decoder.at_half[0].weight, clara["decoder.at_half.0.weight"])
    grid, own = clara["decoder.place.bias"].reshape(64, 8, 12), net.decoder.place.bias.reshape(64, 7, 13)
    assert torch.nn.functional.cosine_similarity(grid.mean((1, 2)), own.mean((1, 2)), dim=0) > 0.98


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few steps of a real training, on the shipped film, stopped and gone on with."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(AvatarRepository().find("clara").path("loop"), folder / LOOP_FILE)
    torch.set_num_threads(1)
    plan = TrainingPlan("clara", folder, minutes=0.05, samples=64, held_out=16, batch=4)
    RendererTraining(plan).run()
    return folder


@pytest.mark.timeout(170)
def test_a_run_goes_on_where_it_stopped(run: Path) -> None:
    before = torch.load(run / CHECKPOINT, weights_only=True)
    plan = TrainingPlan("clara", run, minutes=0.1, samples=64, held_out=16, batch=4)
    training = RendererTraining(plan)
    training.run()
    after = torch.load(run / CHECKPOINT, weights_only=True)
    assert after["progress"]["step"] > before["progress"]["step"] > 0
    assert after["history"][: len(before["history"])] == before["history"]
    assert after["history"][-1]["loss"] < before["history"][0]["loss"]
    agreement = export_renderer(load_renderer(run / CHECKPOINT), load_crop(run / CHECKPOINT), training.loop, run)
    assert agreement >= 55


@pytest.mark.timeout(170)
def test_an_avatar_is_made_and_loads_and_is_never_overwritten(run: Path, tmp_path: Path) -> None:
    build_avatar(run, tmp_path, 3, test_frames=3)
    avatar = AvatarRepository([tmp_path], shipped=tmp_path / "none").load("clara")
    assert avatar.manifest.version == 3
    assert {"sheet_1x", "sheet_4x", "model_card_page"} <= avatar.manifest.files.keys()
    assert "opening_r" in avatar.path("model_card").read_text()
    with pytest.raises(FileExistsError):
        build_avatar(run, tmp_path, 3, test_frames=3)
