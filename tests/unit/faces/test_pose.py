from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.pose import _canonical, head_pose
from tests.unit.faces.turning import turned_head


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (0, -15, 0), (0, 20, 40), (-25, 10, -120)])
def test_the_pose_of_a_canonical_head_is_measured_whatever_its_size(yaw: float, pitch: float, roll: float) -> None:
    indices, places = _canonical()
    points = np.zeros((478, 3))
    points[indices] = turned_head(places, yaw, pitch, roll) * 17 + (300, 200, 0)
    assert head_pose(points) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_a_face_drawn_from_the_front_looks_straight(face: Face) -> None:
    assert np.abs(head_pose(face.points)).max() < 6
