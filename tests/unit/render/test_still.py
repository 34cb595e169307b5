"""The still of a shot: its quietest picture, cropped as it is."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.config import Config
from ims_avatar.enrol.crop import face_crop
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_MOUTH, CROP_WIDTH
from ims_avatar.pool_process.library import avatar_loader
from ims_avatar.render.mouth_painter import _inside
from ims_avatar.render.still import StillSearch, cropped, oval_of

Points = NDArray[np.float32]


def frame_of(i420: NDArray[np.uint8]) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(i420, format="yuv420p")


@pytest.fixture(scope="module")
def shot() -> list[tuple[NDArray[np.uint8], Points]]:
    """Clara with her mouth open, half open, closed, open."""
    engine, finder = avatar_loader(Config())(Config().avatars.default).engine, FaceFinder()
    out = []
    for opening in (0.4, 0.15, 0.0, 0.4):
        code = np.zeros((1, 8), np.float32)
        code[0, 0], code[0, 5] = opening, 0.8 * opening
        picture = engine.render(0, code)[0].copy()
        rgb = np.asarray(frame_of(picture).to_ndarray(format="rgb24"), np.uint8)
        out.append((picture, finder.faces(rgb)[0].points))
    return out


def test_the_quietest_picture_stands_for_the_shot(shot: list[tuple[NDArray[np.uint8], Points]]) -> None:
    search = StillSearch()
    for picture, points in shot:
        search.offer(frame_of(picture), points)
    crop = face_crop([points for _, points in shot])
    still = search.still(crop)
    luma, chroma = cropped(shot[2][0], crop.to_crop(shot[2][1]))
    assert (still.luma == luma).all() and (still.chroma == chroma).all()
    assert luma.shape == (CROP_HEIGHT, CROP_WIDTH) and chroma.shape == (2, CROP_HEIGHT // 2, CROP_WIDTH // 2)
    assert 120 < still.skin < 235


def test_a_crop_shows_the_picture_where_the_matrix_says() -> None:
    x = np.mgrid[0:400, 0:600][1]
    picture = np.concatenate([np.clip(x * 0.3 + 20, 0, 255), np.full((200, 600), 90)]).astype(np.uint8)
    for scale in (0.2, 1.0, 1.7):
        luma, chroma = cropped(picture, np.array([[scale, 0, -100 * scale], [0, scale, -50 * scale]]))
        wanted = (100 + (np.arange(CROP_WIDTH) + 0.5) / scale - 0.5) * 0.3 + 20
        inside = wanted < 599 * 0.3 + 20
        assert np.abs(luma[20] - wanted)[inside].max() < 2
        assert (chroma == 90).all()


def test_nothing_is_painted_beside_a_head_but_a_chin_may_drop(shot: list[tuple[NDArray[np.uint8], Points]]) -> None:
    crop = face_crop([points for _, points in shot])
    points = shot[2][1]
    oval = oval_of(points, crop.to_crop(points))
    mask = _inside(oval, oval)
    assert mask.shape == (CROP_HEIGHT, CROP_WIDTH)
    x, y = (int(value) for value in CROP_MOUTH)
    assert mask[y, x] == pytest.approx(1.0, abs=1e-3)
    left, right, chin = oval[:, 0].min(), oval[:, 0].max(), oval[:, 1].max()
    beside = [int(left) - 1, int(right) + 1]
    assert all(mask[y, column] < 0.05 for column in beside if 0 <= column < CROP_WIDTH)
    assert mask[min(int(chin) + 4, CROP_HEIGHT - 1), x] > 0.9
    aside = oval + np.array([30, 0], np.float32)
    assert _inside(oval, aside).sum() < 0.9 * mask.sum()
