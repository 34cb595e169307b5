from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.enrol.idle import BLINKS, LOOP_LENGTH
from ims_avatar.enrol.photo import is_photo, photo_reference, read_photo
from ims_avatar.enrol.reference import Reference
from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import geometry as g
from ims_avatar.faces.checks import eye_opening
from ims_avatar.faces.finder import FaceFinder
from tests.unit.faces.pictures import landscape, pasted, rgb_of, scaled

Picture = NDArray[np.uint8]


def _difference(a: Picture, b: Picture) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


def test_the_loop_has_no_seam(reference: Reference) -> None:
    loop = reference.loop
    assert loop.shape == (LOOP_LENGTH, 768, 512)
    steps = [_difference(a, b) for a, b in itertools.pairwise(loop)]
    assert _difference(loop[-1], loop[0]) <= np.quantile(steps, 0.9)


def test_she_blinks_in_the_loop(reference: Reference, finder: FaceFinder) -> None:
    def opening(frame: int) -> float:
        return eye_opening(finder.faces(rgb_of(reference.loop[frame]))[0])

    for begin in BLINKS:
        assert opening(begin + 2) < 0.5 * opening(begin - 3)


def test_nothing_moves_beside_the_person(reference: Reference) -> None:
    moved = np.abs(reference.loop[:, :512].astype(np.int16) - reference.loop[:1, :512]).max(axis=0)
    assert moved[:30].max() <= 3
    assert moved[:200, :40].max() <= 3 and moved[:200, -40:].max() <= 3
    assert moved[150:350, 200:300].max() > 40


def test_matrices_follow_the_head(reference: Reference, finder: FaceFinder) -> None:
    """Stable points of the drawn face, found in frames of the loop, are at rest in the crop."""
    stable = list(g.STABLE)
    at_rest = g.apply(reference.crop.to_crop(reference.points), reference.points[stable])
    for frame in (0, 60, 150):
        points = finder.faces(rgb_of(reference.loop[frame]))[0].points
        found = g.apply(reference.to_crop[frame], points[stable])
        assert np.abs((found - at_rest).mean(axis=0)).max() < 0.5


def test_a_picture_is_read_the_right_way_up(clara_film: Picture, tmp_path: Path) -> None:
    """EXIF orientation 6: the camera was held sideways."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(np.rot90(clara_film[0])[..., ::-1]))
    exif = bytes.fromhex("ffe1002245786966000049492a00080000000100120103000100000006000000000000000000")[:36]
    path = tmp_path / "sideways.jpg"
    path.write_bytes(data.tobytes()[:2] + exif + data.tobytes()[2:])
    assert is_photo(path)
    assert _difference(read_photo(path), clara_film[0]) < 5


def test_transparent_parts_are_grey(tmp_path: Path) -> None:
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[:, 10:] = (10, 20, 200, 255)
    path = tmp_path / "cut_out.png"
    cv2.imwrite(str(path), picture)
    rgb = read_photo(path)
    assert rgb[0, 0].tolist() == [160, 160, 160]
    assert rgb[0, 15].tolist() == [200, 20, 10]


def test_huge_pictures_are_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), np.zeros((300, 6000, 3), np.uint8))
    assert read_photo(path).shape == (150, 3000, 3)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("Dear Jane,")
    assert not is_photo(path)
    with pytest.raises(ReferenceRefused, match=r"letter\.jpg is not a picture"):
        read_photo(path)


def test_one_of_several_faces_is_chosen(clara_film: Picture, finder: FaceFinder) -> None:
    small = scaled(clara_film[0], 0.6)
    dark = (small * 0.7).astype(np.uint8)
    two = pasted(pasted(landscape(480, 900), small, 30, 60), dark, 500, 60)
    with pytest.raises(ReferenceRefused, match="2 faces") as refused:
        photo_reference(two, finder=finder)
    assert refused.value.reason == "several-faces"
    right = photo_reference(two, 2, finder).still
    assert right[200:320, 210:300].mean() == pytest.approx(0.7 * clara_film[0, 200:320, 210:300].mean(), rel=0.1)
