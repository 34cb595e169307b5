from __future__ import annotations

import av
import numpy as np
import pytest

from ims_avatar.avatars.i420 import picture_of_planes, planes_of_picture, planes_of_rgb, rgb_of_planes


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81, 90, 240)),
        ((0, 0, 255), (41, 240, 110)),
    ],
)
def test_colours_of_bt601(rgb: tuple[int, ...], yuv: tuple[int, ...]) -> None:
    planes = planes_of_rgb(np.full((4, 6, 3), rgb, np.uint8))
    assert (planes.luma == yuv[0]).all()
    assert (planes.chroma[0] == yuv[1]).all() and (planes.chroma[1] == yuv[2]).all()


def test_planes_and_picture_are_the_same_bytes() -> None:
    planes = planes_of_rgb(np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8))
    picture = picture_of_planes(planes)
    assert picture.shape == (12, 12)
    again = planes_of_picture(picture)
    assert (again.luma == planes.luma).all() and (again.chroma == planes.chroma).all()


def test_it_agrees_with_ffmpeg_and_comes_back() -> None:
    """On a smooth picture, where chroma subsampling loses little."""
    y, x = np.mgrid[0:64, 0:64]
    rgb = np.stack([x * 3 + 20, y * 3 + 20, 200 - x - y], axis=-1).astype(np.uint8)
    planes = planes_of_rgb(rgb)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p", dst_colorspace="ITU601")
    assert np.abs(frame.to_ndarray()[:64].astype(int) - planes.luma).max() <= 2
    assert np.abs(rgb_of_planes(planes).astype(int) - rgb).max() <= 6
