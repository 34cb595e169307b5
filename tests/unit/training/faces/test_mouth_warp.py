# ruff: noqa: E402  What follows needs the packages that are asked for first.
"""The training-free bend, by what is seen in the picture."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("cv2", reason="faces need pip install 'ims-avatar[vision]'")

from ims_avatar.enrol.inside import paint_inside
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_WIDTH, KNOTS, PLACES, MouthLines, lines_of, packed
from ims_avatar.training.faces.mouth_warp import Lines, MouthWarp
from ims_avatar.training.faces.robust_model import RobustShape

pytestmark = pytest.mark.train


def rest() -> MouthLines:
    belly = 1 - PLACES**2
    lips = np.stack([40 - 6 * belly, 0 * PLACES + 40.0, 0 * PLACES + 40.0, 40 + 9 * belly])
    return MouthLines(64.0, 26.0, lips, 92.0)


def warp() -> MouthWarp:
    shape = RobustShape()
    return MouthWarp(shape.width, shape.height, shape.detail)


def bent(codes: np.ndarray, luma: np.ndarray, still: MouthLines | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Luma and where the inside is seen, for a still of this luma, (112, 128) 0..1."""
    given = torch.from_numpy(codes.astype(np.float32))
    lines = [torch.from_numpy(packed(x))[None] for x in (rest(), still or rest())]
    picture = torch.from_numpy(luma.astype(np.float32))[None, None]
    chroma = torch.full((1, 2, CROP_HEIGHT // 2, CROP_WIDTH // 2), 0.5)
    with torch.no_grad():
        drawn, _, seen = warp()(given, *lines, picture, chroma, torch.from_numpy(paint_inside(150.0))[None])
    return drawn[:, 0].numpy(), seen[:, 0].numpy()


def stripes() -> np.ndarray:
    """A picture that tells where each row came from."""
    return np.tile(np.linspace(0, 1, CROP_HEIGHT)[:, None], (1, CROP_WIDTH))


def code(**values: float) -> np.ndarray:
    names = {"opening": 0, "width": 1, "jaw": 5, "corner": 6}
    row = np.zeros((1, 8))
    for name, value in values.items():
        row[0, names[name]] = value
    return row


def test_at_rest_nothing_changes() -> None:
    picture = np.random.default_rng(1).uniform(0, 1, (CROP_HEIGHT, CROP_WIDTH))
    drawn, seen = bent(code(), picture)
    assert np.abs(drawn[0] - picture).max() < 1e-3 and seen.max() == 0


def test_the_lines_asked_for_are_those_of_the_lip_code() -> None:
    codes = np.random.default_rng(2).uniform(-0.2, 0.5, (6, 8)).astype(np.float32)
    wanted = warp().wanted(torch.from_numpy(codes), Lines.unpacked(torch.from_numpy(packed(rest()))[None]))
    for k, row in enumerate(codes):
        lines = lines_of(row, rest())
        assert wanted.lips[k].numpy() == pytest.approx(lines.lips, abs=2e-2)
        assert float(wanted.half[k]) == pytest.approx(lines.half_width, abs=1e-3)
        assert float(wanted.chin[k]) == pytest.approx(lines.chin, abs=1e-3)


def test_an_open_mouth_shows_its_inside_between_the_lips() -> None:
    _, seen = bent(code(opening=0.4, jaw=0.35), stripes())
    lines = lines_of(code(opening=0.4, jaw=0.35)[0], rest())
    column = seen[0, :, 64]
    assert column.sum() == pytest.approx(lines.gap, rel=0.08)
    rows = np.flatnonzero(column > 0.5)
    assert rows[0] == pytest.approx(lines.lips[1, KNOTS // 2], abs=1.5)
    assert seen[0, :, :30].max() < 1e-3


def test_the_lower_lip_keeps_its_skin_when_it_goes_down() -> None:
    drawn, _ = bent(code(opening=0.4, jaw=0.35), stripes())
    lines = lines_of(code(opening=0.4, jaw=0.35)[0], rest())
    below = int(lines.lips[3, KNOTS // 2])
    assert drawn[0, below, 64] * (CROP_HEIGHT - 1) == pytest.approx(49, abs=1.5)  # the lower lip's edge at rest


def test_the_nose_and_the_cheeks_hold_still() -> None:
    picture = np.random.default_rng(3).uniform(0, 1, (CROP_HEIGHT, CROP_WIDTH))
    drawn, _ = bent(code(opening=0.5, jaw=0.4, width=0.1), picture)
    assert np.abs(drawn[0, :8] - picture[:8]).max() < 0.02
    assert np.abs(drawn[0, :70, :3] - picture[:70, :3]).max() < 0.1


def test_an_open_still_closes() -> None:
    lips = lines_of(code(opening=0.3)[0], rest())
    picture = np.full((CROP_HEIGHT, CROP_WIDTH), 0.7)
    rows = np.arange(CROP_HEIGHT)[:, None] + 0.5
    place = (np.arange(CROP_WIDTH) + 0.5 - lips.centre_x) / lips.half_width
    upper, lower = (np.interp(place, PLACES, lips.lips[k], left=40, right=40) for k in (1, 2))
    picture[(rows > upper) & (rows < lower)] = 0.05
    drawn, seen = bent(code(), picture, MouthLines(lips.centre_x, lips.half_width, lips.lips, lips.chin))
    dark = (drawn[0, 30:60, 50:78] < 0.4).sum(axis=0)
    assert dark.max() <= 1 and seen.max() == 0


def test_a_wider_mouth_takes_its_corners_along() -> None:
    columns = np.tile(np.linspace(0, 1, CROP_WIDTH)[None], (CROP_HEIGHT, 1))
    drawn, _ = bent(code(width=0.15), columns)
    right = 64 + 26 * 1.15
    assert np.interp(right - 0.5, np.arange(CROP_WIDTH), drawn[0, 40]) * (CROP_WIDTH - 1) == pytest.approx(
        89.5, abs=0.8
    )


def test_gradients_are_finite_everywhere() -> None:
    codes = torch.zeros(3, 8, requires_grad=True)
    lines = torch.from_numpy(packed(rest()))[None]
    drawn = warp()(
        codes,
        lines,
        lines,
        torch.rand(1, 1, CROP_HEIGHT, CROP_WIDTH),
        torch.rand(1, 2, 56, 64),
        torch.rand(1, 8, 32, 64),
    )
    drawn[0].sum().backward()
    assert torch.isfinite(codes.grad).all()
