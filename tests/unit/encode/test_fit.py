"""Scaling and filling, seen in the pixels."""

from __future__ import annotations

import numpy as np

from ims_avatar.encode.fit import PictureFit, planes


def _picture(width: int, height: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Left half dark, right half bright; U 90, V 160."""
    i420 = np.empty((height * 3 // 2, width), np.uint8)
    luma, u, v = planes(i420)
    luma[:, : width // 2], luma[:, width // 2 :] = 40, 200
    u[:], v[:] = 90, 160
    return i420


def test_a_picture_of_the_right_size_is_passed_on_untouched() -> None:
    picture = _picture(64, 64)
    assert PictureFit(64, 64).fit(picture) is picture


def test_a_wide_frame_continues_the_edges_sideways() -> None:
    luma, u, v = planes(PictureFit(96, 48).fit(_picture(64, 64)))
    assert luma.shape == (48, 96)
    assert (luma[:, :40] == 40).all()
    assert (luma[:, 56:] == 200).all()
    assert (u == 90).all()
    assert (v == 160).all()


def test_an_upright_frame_keeps_the_picture_on_its_lower_edge() -> None:
    source = _picture(64, 64)
    source[:32, :] = 10
    luma, _, _ = planes(PictureFit(64, 128).fit(source))
    assert (luma[:96] == 10).all()
    assert (luma[96:, :32] == 40).all()


def test_two_pictures_in_a_row_do_not_mix() -> None:
    fit = PictureFit(96, 48)
    fit.fit(_picture(64, 64))
    dark = _picture(64, 64)
    dark[:64] = 16
    assert (planes(fit.fit(dark))[0] == 16).all()
