from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.detector import Detection, FaceDetector
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.region import Region
from ims_avatar.faces.tracker import PATIENCE, FaceTracker
from tests.unit.faces.pictures import landscape, pasted, scaled

Picture = NDArray[np.uint8]


class CountingDetector(FaceDetector):
    calls = 0

    def detect(self, rgb: Picture, region: Region, *, likely: float = 0.5) -> list[Detection]:
        self.calls += 1
        return super().detect(rgb, region, likely=likely)


def _tracker() -> tuple[FaceTracker, CountingDetector]:
    finder = FaceFinder()
    finder.detector = detector = CountingDetector()
    return FaceTracker(finder), detector


def test_points_of_a_still_picture_stand_still(finder: FaceFinder, clara: Picture) -> None:
    tracker = FaceTracker(finder)
    first = tracker.track(clara)
    assert first
    for _ in range(4):
        again = tracker.track(clara)
        assert again and (again.points == first.points).all()


def test_a_moving_face_is_followed_without_the_detector(clara: Picture, face: Face) -> None:
    tracker, detector = _tracker()
    wide = landscape(512, 1024)
    assert tracker.track(pasted(wide, clara, 0, 0))
    before = detector.calls
    for step in range(1, 9):
        found = tracker.track(pasted(wide, clara, 40 * step, 0))
        assert found
        assert np.abs(found.points[:, 0] - face.points[:, 0] - 40 * step).max() < 4
    assert detector.calls == before


def test_a_lost_face_is_none_and_found_again_where_it_reappears(finder: FaceFinder, clara: Picture) -> None:
    tracker = FaceTracker(finder)
    wide = landscape(512, 1024)
    assert tracker.track(pasted(wide, clara, 0, 0))
    assert tracker.track(wide) is None
    found = tracker.track(pasted(wide, clara, 512, 0))
    assert found and found.box[0] > 512


def test_the_largest_face_is_followed(finder: FaceFinder, clara: Picture) -> None:
    tracker = FaceTracker(finder)
    both = pasted(pasted(landscape(512, 1024), clara, 512, 0), scaled(clara, 0.7), 0, 0)
    for _ in range(3):
        found = tracker.track(both)
        assert found and found.box[0] > 512


def test_where_nobody_is_small_faces_are_searched_for_now_and_then() -> None:
    tracker, detector = _tracker()
    empty = landscape()
    calls = []
    for _ in range(PATIENCE + 1):
        before = detector.calls
        assert tracker.track(empty) is None
        calls.append(detector.calls - before)
    assert calls[0] == calls[-1] > 5 and set(calls[1:-1]) == {1}
