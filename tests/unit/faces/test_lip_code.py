"""Mouths as lines, and lines as codes: the two ways must meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import KNOTS, PLACES, MouthLines, code_of, lines_of, mouth_lines, packed, rest_of


def resting() -> MouthLines:
    belly = 1 - PLACES**2
    lips = np.stack([40 - 6 * belly, 0 * PLACES + 40.0, 0 * PLACES + 40.0, 40 + 9 * belly])
    return MouthLines(64.0, 26.0, lips, 95.0)


def test_the_mouth_at_rest_is_the_code_of_nothing() -> None:
    assert np.allclose(code_of(resting(), resting()), 0.0, atol=1e-6)


@given(
    opening=st.floats(0.02, 0.5),
    width=st.floats(-0.25, 0.18),
    rounding=st.floats(-0.5, 0.9),
    raised=st.floats(-0.05, 0.08),
    tuck=st.floats(-0.4, 0.6),
    jaw=st.floats(0.0, 0.45),
    corner=st.floats(-0.05, 0.07),
)
def test_what_a_code_asks_for_is_read_again(
    opening: float, width: float, rounding: float, raised: float, tuck: float, jaw: float, corner: float
) -> None:
    code = np.array([opening, width, rounding, raised, tuck, jaw, corner, 0.0], np.float32)
    read = code_of(lines_of(code, resting()), resting())
    # Gaps are read over a stretch of the middle, where they are a little narrower than in it.
    assert read == pytest.approx(code, abs=0.06 + 0.06 * opening / 0.5)
    assert abs(read[0] - opening) < 0.03 and abs(read[1] - width) < 1e-5


def test_lips_never_cross_whatever_is_asked_for() -> None:
    rng = np.random.default_rng(4)
    for code in rng.uniform(-1.5, 1.5, (200, 8)):
        lips = lines_of(code, resting()).lips
        assert (np.diff(lips, axis=0) >= -1e-9).all()


def face_points(opening: float = 0.0) -> np.ndarray:
    """Landmarks with nothing but a mouth, a chin and stable points in the right places."""
    points = np.zeros((478, 3))
    rng = np.random.default_rng(1)
    points[list(g.STABLE), :2] = rng.uniform(100, 200, (len(g.STABLE), 2))
    x = np.linspace(130, 170, 11)
    points[list(g.UPPER_INNER), :2] = np.column_stack([x, np.full(11, 220.0)])
    bow = 1 - np.linspace(-1, 1, 11) ** 2
    points[list(g.LOWER_INNER), :2] = np.column_stack([x, 220 + opening * bow])
    points[list(g.UPPER_OUTER), :2] = np.column_stack([np.linspace(128, 172, 11), 220 - 6 * bow])
    points[list(g.LOWER_OUTER), :2] = np.column_stack([np.linspace(128, 172, 11), 220 + opening * bow + 8 * bow])
    points[list(g.CHIN_TIP), :2] = [150, 270]
    return points


def test_lines_are_read_from_landmarks() -> None:
    lines = mouth_lines(face_points(10.0))
    assert lines.centre_x == pytest.approx(150) and lines.half_width == pytest.approx(22)
    assert lines.gap == pytest.approx(10, rel=0.06) and lines.chin == pytest.approx(270)
    assert lines.lips[0, KNOTS // 2] == pytest.approx(214, abs=0.3)


def test_landmarks_that_cross_are_a_closed_mouth() -> None:
    points = face_points()
    points[list(g.LOWER_INNER), 1] -= 1.0
    assert mouth_lines(points).gap == 0.0


def test_rest_is_the_median_of_the_closed_frames() -> None:
    film = [mouth_lines(face_points(opening)) for opening in (0.0, 12.0, 0.3, 14.0, 0.2, 20.0, 0.1)]
    assert rest_of(film).gap < 0.5


def test_packed_lines_have_87_numbers() -> None:
    row = packed(resting())
    assert row.shape == (87,) and row.dtype == np.float32 and list(row[84:]) == [64.0, 26.0, 95.0]
