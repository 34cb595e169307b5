from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")

from ims_avatar.training.drawn.characters.brushes import brightness
from ims_avatar.training.drawn.characters.drawing import View, draw
from ims_avatar.training.drawn.characters.mouth import mouth_shape
from ims_avatar.training.drawn.characters.random_style import random_style
from ims_avatar.training.drawn.crop import find_crop, paste_box

REST = np.zeros(8, np.float32)
WIDE = np.array([0.4, 0.0, 0.0, 0.03, 0.0, 0.34, 0.0, 0.0], np.float32)


def test_the_same_seed_draws_the_same_person_and_another_another() -> None:
    first, again, other = (random_style(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again and first != other


def test_everything_that_can_vary_does() -> None:
    rng = np.random.default_rng(3)
    people = [random_style(rng) for _ in range(200)]
    assert len({p.hair.shape for p in people}) == 8
    assert len({p.clothes.neckline for p in people}) == 6
    assert {p.glasses.shape for p in people if p.glasses} == {"round", "rectangular", "cat"}
    assert {p.beard.shape for p in people if p.beard} == {"stubble", "full", "goatee"}
    assert min(brightness(p.skin.base) for p in people) < 80 and max(brightness(p.skin.base) for p in people) > 200


@pytest.mark.parametrize("seed", range(6))
def test_anybodys_mouth_opens_as_told_within_its_crop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    style = random_style(rng)
    shape = mouth_shape(style, WIDE)
    gap = shape.lower_inner[:, 1] - shape.upper_inner[:, 1]
    assert gap.max() == pytest.approx(0.4 * style.face.mouth_width, abs=1e-3)
    crop = find_crop(style, rng, samples=12)
    box = paste_box(style, crop)
    assert box.left >= 0 and box.left + box.width <= 512 and box.top + box.height <= 512
    view = View(np.array([[1.0, 0.0, -crop.left], [0.0, 1.0, -crop.top]]), crop.width, crop.height, 1)
    change = np.abs(draw(style, WIDE, view=view).astype(int) - draw(style, REST, view=view)).max(axis=2)
    assert (change > 30).sum() > 0.25 * gap.max() * style.face.mouth_width
    assert (change[crop.mask < 0.5] <= 8).all()
