"""Each refusal beside its good twin."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import checks
from ims_avatar.faces import landmarks as lm
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from tests.unit.faces.pictures import blurred, landscape, pasted, scaled, turned
from tests.unit.faces.turning import turned_head

Picture = NDArray[np.uint8]


def _refusal(finder: FaceFinder, picture: Picture, number: int | None = None) -> ReferenceRefused:
    with pytest.raises(ReferenceRefused) as caught:
        checks.check_reference(picture, finder.faces(picture), number)
    return caught.value


def _passes(finder: FaceFinder, picture: Picture, number: int | None = None) -> Face:
    return checks.check_reference(picture, finder.faces(picture), number)


def test_a_good_picture_passes(finder: FaceFinder, clara: Picture) -> None:
    assert _passes(finder, clara).score > 0.99


def test_a_tilted_head_passes(finder: FaceFinder, clara: Picture) -> None:
    _passes(finder, turned(clara, 35))


def test_no_face(finder: FaceFinder) -> None:
    refusal = _refusal(finder, landscape())
    assert refusal.reason == "no-face" and "one person" in refusal.remedy


def test_several_faces_are_numbered_from_the_left_and_one_can_be_chosen(finder: FaceFinder, clara: Picture) -> None:
    both = pasted(pasted(landscape(512, 1024), clara, 512, 0), scaled(clara, 0.75), 20, 60)
    refusal = _refusal(finder, both)
    assert refusal.reason == "several-faces" and "--face N" in refusal.remedy
    assert "1: 106 pixels" in str(refusal) and "2: 141 pixels" in str(refusal)
    assert _passes(finder, both, 1).box[2] < 512 < _passes(finder, both, 2).box[0]
    assert _refusal(finder, both, 3).reason == "no-such-face"
    assert _refusal(finder, both, 0).reason == "no-such-face"


def test_a_bystander_is_no_second_face(finder: FaceFinder, clara: Picture) -> None:
    picture = pasted(pasted(landscape(512, 1024), clara, 512, 0), scaled(clara, 0.25), 100, 200)
    assert len(finder.faces(picture)) == 2
    assert _passes(finder, picture).box[0] > 512


def test_a_small_face(finder: FaceFinder, clara: Picture) -> None:
    refusal = _refusal(finder, scaled(clara, 0.36))
    assert refusal.reason == "face-too-small" and "51 pixels" in str(refusal) and "60 are needed" in str(refusal)
    _passes(finder, scaled(clara, 0.5))


@pytest.mark.parametrize(
    ("yaw", "pitch", "words"),
    [(40, 0, "degrees to the picture's right"), (-40, 0, "picture's left"), (0, 35, "down"), (0, -35, "up")],
)
def test_a_face_turned_away(face: Face, yaw: float, pitch: float, words: str) -> None:
    away = Face(turned_head(face.points, yaw, pitch).astype(np.float32), 1.0)
    with pytest.raises(ReferenceRefused, match=words) as caught:
        checks.check_pose(away)
    assert caught.value.reason == "turned-away"
    checks.check_pose(Face(turned_head(face.points, yaw / 4, pitch / 4).astype(np.float32), 1.0))


def test_a_blurred_face(finder: FaceFinder, clara: Picture) -> None:
    refusal = _refusal(finder, blurred(clara, 0.03 * 143))
    assert refusal.reason == "blurred" and "at least 0.48" in str(refusal)
    _passes(finder, blurred(clara, 0.01 * 143))


def test_an_enlarged_picture_is_blurred_and_a_shrunk_one_is_not(finder: FaceFinder, clara: Picture) -> None:
    assert _refusal(finder, scaled(scaled(clara, 0.1), 10)).reason == "blurred"
    sharp, shrunk = (checks.sharpness(p, _passes(finder, p)) for p in (clara, scaled(clara, 0.7)))
    assert shrunk == pytest.approx(sharp, rel=0.1)


def test_a_face_cut_by_the_frame(finder: FaceFinder, face: Face, clara: Picture) -> None:
    chin = int(face.points[lm.CHIN, 1])
    refusal = _refusal(finder, np.ascontiguousarray(clara[: chin - 40]))
    assert refusal.reason == "cut-by-frame" and "% of the face" in str(refusal)
    _passes(finder, np.ascontiguousarray(clara[: chin + 10]))


def test_the_share_outside_is_that_of_the_oval(face: Face) -> None:
    left, _, right, _ = face.box
    assert checks.share_outside(face, 512, 512) == pytest.approx(0, abs=1e-6)
    assert checks.share_outside(face, round((left + right) / 2), 512) == pytest.approx(0.5, abs=0.03)
    assert checks.share_outside(face, 10, 10) == 1


def test_closed_eyes(face: Face) -> None:
    points = face.points.copy()
    for lids in (lm.LEFT_LIDS, lm.RIGHT_LIDS):
        lower, upper = list(lids[1:8]), list(lids[9:])
        points[upper, :2] = points[lower, :2] - (0, 1)
    with pytest.raises(ReferenceRefused, match="open eyes") as caught:
        checks.check_expression(Face(points, 1.0))
    assert caught.value.reason == "eyes-closed"
    points[list(lm.LEFT_LIDS)] = face.points[list(lm.LEFT_LIDS)]  # a wink
    checks.check_expression(Face(points, 1.0))


def test_an_open_mouth(face: Face) -> None:
    width = float(np.linalg.norm(face.points[lm.RIGHT_MOUTH_CORNER, :2] - face.points[lm.LEFT_MOUTH_CORNER, :2]))
    for share, opens in ((0.2, False), (0.35, True)):
        points = face.points.copy()
        points[lm.LOWER_LIP_INNER, :2] = points[lm.UPPER_LIP_INNER, :2] + (0, share * width)
        assert checks.mouth_opening(Face(points, 1.0)) == pytest.approx(share, abs=0.01)
        if opens:
            with pytest.raises(ReferenceRefused, match="teeth would not close") as caught:
                checks.check_expression(Face(points, 1.0))
            assert caught.value.reason == "mouth-open"
        else:
            checks.check_expression(Face(points, 1.0))
