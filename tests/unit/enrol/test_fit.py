from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ims_avatar.enrol.fit import fit_of
from ims_avatar.enrol.reference import LIPS_MEET, FrameMouths, Reference, at_rest
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_MOUTH, CROP_WIDTH, packed


def test_arrays_have_the_shapes_that_the_graph_takes(reference: Reference) -> None:
    fit = fit_of(reference, mending=0.7)
    width, height = fit.paste.width, fit.paste.height
    shapes = {name: (array.shape, array.dtype.name) for name, array in fit.arrays.items()}
    assert shapes == {
        "places_luma": ((1, height, width, 3), "float32"),
        "places_chroma": ((1, height // 2, width // 2, 3), "float32"),
        "mask": ((1, 1, CROP_HEIGHT, CROP_WIDTH), "float32"),
        "rest": ((1, 87), "float32"),
        "still_lines": ((1, 87), "float32"),
        "still_luma": ((1, 1, CROP_HEIGHT, CROP_WIDTH), "uint8"),
        "still_chroma": ((1, 2, CROP_HEIGHT // 2, CROP_WIDTH // 2), "uint8"),
        "inside": ((1, 8, 32, 64), "float32"),
        "own": ((1,), "float32"),
        "mending": ((1,), "float32"),
    }
    assert fit.arrays["own"] == 0.0 and fit.arrays["mending"] == np.float32(0.7)
    assert all(np.isfinite(array).all() for array in fit.arrays.values())


def test_places_are_the_middles_of_pixels(reference: Reference) -> None:
    arrays = fit_of(reference).arrays
    assert arrays["places_luma"][0, 2, 5].tolist() == [5.5, 2.5, 1.0]
    assert arrays["places_chroma"][0, 2, 5].tolist() == [11.0, 5.0, 1.0]


def test_matrices_lead_from_the_rectangle_to_the_resting_mouth(reference: Reference) -> None:
    fit = fit_of(reference)
    upper, lower = reference.points[13, :2], reference.points[14, :2]
    in_rectangle = (upper + lower) / 2 - [fit.paste.left, fit.paste.top]
    frames = [g.apply(matrix, in_rectangle) for matrix in fit.matrices]
    assert frames[0] == pytest.approx(CROP_MOUTH, abs=4)  # the head sways in the loop, its still does not
    assert np.ptp(frames, axis=0).max() > 1


def test_the_rectangle_holds_the_mask_in_every_frame(reference: Reference) -> None:
    fit = fit_of(reference)
    rows, columns = np.nonzero(fit.arrays["mask"][0, 0] > 0)
    for matrix in fit.matrices[::20]:
        places = g.apply(g.inverse(matrix), np.column_stack([columns, rows]) + 0.5)
        assert places.min() >= 0
        assert (places <= [fit.paste.width, fit.paste.height]).all()


def test_frames_of_a_silent_film_bring_their_own_mouths(reference: Reference) -> None:
    count = len(reference.loop)
    rows = np.tile(packed(reference.crop.rest), (count, 1))
    arrays = fit_of(replace(reference, mouths=FrameMouths(rows, rows))).arrays
    assert arrays["own"] == 1.0
    assert arrays["frame_rest"].shape == arrays["frame_still_lines"].shape == (count, 1, 87)
    assert "rest" not in arrays and "still_lines" not in arrays


def test_frames_of_a_speaking_film_are_given_the_mouth_of_the_still(reference: Reference) -> None:
    rows = np.tile(packed(reference.crop.rest), (len(reference.loop), 1))
    arrays = fit_of(replace(reference, mouths=FrameMouths(rows, rows, own=False))).arrays
    assert arrays["own"] == 0.0
    assert "frame_still_lines" not in arrays and arrays["still_lines"].shape == (1, 87)


def test_a_mouth_that_is_open_is_closed_at_rest(reference: Reference) -> None:
    lines = reference.crop.rest
    parted = lines.lips.copy()
    parted[2:] += 8.0
    resting = at_rest(replace(reference.crop, rest=replace(lines, lips=parted, chin=lines.chin + 4))).rest
    assert resting.gap == pytest.approx(LIPS_MEET, abs=0.01)
    assert resting.chin < lines.chin + 4
    assert (resting.lips[3] - resting.lips[2]).max() == pytest.approx((parted[3] - parted[2]).max(), abs=0.01)
    assert at_rest(reference.crop) is reference.crop
