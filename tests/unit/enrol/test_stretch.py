from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ims_avatar.enrol.film_faces import FilmFaces
from ims_avatar.enrol.reference import Reference
from ims_avatar.enrol.stretch import LONGEST, Stretch, quietest_picture, quietest_stretch
from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import mouth_lines

RATE = 25.0


@pytest.fixture
def still(reference: Reference) -> g.Points:
    return reference.points


def _speaking(points: g.Points, opening: float) -> g.Points:
    """Lips apart by this share of the mouth's width."""
    spoken = points.copy()
    width = 2 * mouth_lines(points).half_width
    spoken[[14, 87, 317, 178, 402, 17, 84, 314], 1] += np.float32(opening * width)
    return spoken


def _shut(points: g.Points) -> g.Points:
    shut = points.copy()
    for upper, lower in (*g.LEFT_LIDS, *g.RIGHT_LIDS):
        shut[upper] = shut[lower]
    return shut


def _aside(points: g.Points, pixels: float) -> g.Points:
    return points + np.array([pixels, 0, 0], np.float32)


def _faces(points: Sequence[g.Points | None], cuts: Sequence[int] = ()) -> FilmFaces:
    return FilmFaces(list(points), list(cuts), 512, 512)


def _talk(still: g.Points, count: int) -> list[g.Points]:
    return [_speaking(still, 0.25 + 0.2 * np.sin(k)) for k in range(count)]


def test_the_loop_plays_forth_and_back_without_showing_a_picture_twice_in_a_row() -> None:
    assert Stretch(3, 7).forth_and_back() == [3, 4, 5, 6, 5, 4]


def test_the_silent_part_is_taken(still: g.Points) -> None:
    stretch = quietest_stretch(_faces([*_talk(still, 80), *[still] * 70, *_talk(still, 80)]), RATE)
    assert stretch.begin >= 78 and stretch.end <= 152
    assert stretch.end - stretch.begin >= 50


def test_a_quiet_film_gives_nine_seconds(still: g.Points) -> None:
    stretch = quietest_stretch(_faces([still] * 300), RATE)
    assert stretch.end - stretch.begin == LONGEST
    assert len(stretch.forth_and_back()) == 224


def test_the_head_is_at_ease_where_the_loop_turns(still: g.Points) -> None:
    """It sways with a period of 60 pictures, and is slow in the middle of each swing only."""
    swaying = [_aside(still, 30 * np.sin(2 * np.pi * k / 60)) for k in range(180)]
    stretch = quietest_stretch(_faces(swaying), RATE)
    for end in (stretch.begin, stretch.end - 1):
        assert min((end - 15) % 30, -(end - 15) % 30) <= 3


def test_the_loop_does_not_turn_in_a_blink(still: g.Points) -> None:
    pictures = [_shut(still) if k % 40 in (0, 1, 2) else still for k in range(163)]
    stretch = quietest_stretch(_faces(pictures), RATE)
    assert stretch.begin % 40 > 2 and (stretch.end - 1) % 40 > 2


def test_no_cut_is_inside(still: g.Points) -> None:
    stretch = quietest_stretch(_faces([still] * 140, cuts=[60, 132]), RATE)
    assert (stretch.begin, stretch.end) == (60, 132)


def test_a_face_that_jumps_was_cut(still: g.Points) -> None:
    stretch = quietest_stretch(_faces([still] * 60 + [_aside(still, 60)] * 80), RATE)
    assert stretch.begin >= 60


def test_the_quietest_picture_has_closed_lips_and_open_eyes(still: g.Points) -> None:
    pictures = _talk(still, 60)
    pictures[20], pictures[40] = _shut(still), still
    assert quietest_picture(_faces(pictures), Stretch(10, 60)) == 40


def _turned(points: g.Points) -> g.Points:
    """Seen from far to the side: as far as landmarks' x and y go."""
    turned = points.copy()
    middle = points[list(g.STABLE)].mean(axis=0)
    angle = np.radians(50)
    x, z = (points[:, 0] - middle[0]), (points[:, 2] - middle[2])
    turned[:, 0] = middle[0] + np.cos(angle) * x + np.sin(angle) * z
    return turned


def _short(still: g.Points) -> FilmFaces:
    return _faces([still] * 40)


def _nobody(still: g.Points) -> FilmFaces:
    return _faces([None] * 100)


def _often_lost(still: g.Points) -> FilmFaces:
    return _faces([still, still, None] * 40)


def _in_profile(still: g.Points) -> FilmFaces:
    return _faces([_turned(still)] * 100)


def _cut_up(still: g.Points) -> FilmFaces:
    return _faces([still] * 100, cuts=[20, 40, 60, 80])


@pytest.mark.parametrize(
    ("film", "reason", "measured"),
    [
        (_short, "too-short", "1.6 s, at least 2 s"),
        (_nobody, "no-face", "no face found"),
        (_often_lost, "face-lost", "lost in 33% of the pictures, at most 20%"),
        (_in_profile, "turned-away", "in 100% of the film"),
        (_cut_up, "cuts", "4 cuts; the longest usable stretch is 0.8 s"),
    ],
)
def test_films_without_a_usable_stretch_are_refused(film, reason, measured, still) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReferenceRefused, match=measured) as refused:
        quietest_stretch(film(still), RATE)
    assert refused.value.reason == reason
    assert refused.value.remedy
