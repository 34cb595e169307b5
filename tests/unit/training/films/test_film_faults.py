"""Each fault of a film, planted at a known place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.training.films import film_faults as faults
from ims_avatar.training.films.film_track import FilmTrack
from ims_avatar.training.films.lip_measures import openings
from tests.support.plain_film import plain_face, plain_film, talking_film


def standing(count: int = 100) -> FilmTrack:
    return plain_film(np.repeat(plain_face()[None], count, axis=0))


def swaying(count: int = 100) -> FilmTrack:
    return plain_film(np.stack([plain_face(x=320 + 30 * float(np.sin(k / 4))) for k in range(count)]))


def test_no_cut_where_nothing_or_a_head_moves() -> None:
    assert len(faults.cuts(standing())) == len(faults.cuts(swaying())) == 0


def test_a_cut_is_found_by_the_picture() -> None:
    track = swaying()
    track.thumbs[40:] = track.thumbs[40:, ::-1]
    assert faults.cuts(track).tolist() == [40]


def test_a_cut_before_a_plain_wall_is_found_by_the_face() -> None:
    track = standing()
    track.points[40:, :, 0] += 40
    assert len(faults.cuts(track)) == 0, "points may jump by mistake"
    track.thumbs[40:, 10:20, 20:30] += 50
    assert faults.cuts(track).tolist() == [40]


def test_a_flash_cuts_twice_and_a_fade_never() -> None:
    flash, fade = standing(), standing()
    flash.thumbs[40] = 250
    assert faults.cuts(flash).tolist() == [40, 41]
    darker = np.linspace(1, 0.3, len(fade.thumbs))[:, None, None]
    assert len(faults.cuts(replace(fade, thumbs=(fade.thumbs * darker).astype(np.uint8)))) == 0


def test_pictures_beside_a_cut_are_dropped_at_the_films_ends_too() -> None:
    track = standing(20)
    assert np.flatnonzero(faults.at_cuts(track, np.array([1, 10, 19]))).tolist() == [0, 1, 2, 8, 9, 10, 11, 17, 18, 19]


def test_further_faces_are_dropped_until_somebody_has_looked_again() -> None:
    track = standing()
    track.faces[50:75] = 2  # looked at 1 s, 2 s and 3 s: two faces at 2 s only
    dropped = track.times[faults.with_several_faces(track)]
    assert dropped[0] == pytest.approx(1.04) and dropped[-1] == pytest.approx(3.92)


def test_faces_turned_far_are_dropped() -> None:
    track = plain_film(np.stack([plain_face(yaw=yaw) for yaw in (0.0, 20.0, 45.0, -45.0)]))
    assert faults.turned_away(track).tolist() == [False, False, True, True]


def test_a_mouth_outside_the_picture_is_dropped() -> None:
    track = plain_film(np.stack([plain_face(), plain_face(x=-30.0), plain_face(x=320.0)]))
    assert faults.cut_by_frame(track).tolist() == [False, True, False]
    assert faults.cut_by_frame(replace(track, size=(640, 200))).all()


def test_of_a_long_silence_the_ends_stay() -> None:
    track = talking_film(14, [(0, 4), (9, 14)])
    silent = track.times[faults.in_long_silence(track, faults.speech_at(track))]
    assert silent[0] == pytest.approx(5.0, abs=0.3) and silent[-1] == pytest.approx(8.0, abs=0.3)


def test_a_pause_stays_and_a_silent_film_goes() -> None:
    track = talking_film(10, [(0, 4), (6, 10)])
    assert not faults.in_long_silence(track, faults.speech_at(track)).any()
    silent = talking_film(10, [])
    assert not faults.speech_at(silent).any()
    assert faults.in_long_silence(silent, faults.speech_at(silent)).all()


def test_a_voice_without_lips_is_somebody_elses() -> None:
    track = talking_film(20)
    track.points[200:325] = plain_face()  # 8 s to 13 s
    other = track.times[faults.with_other_voice(track, openings(track.points))]
    assert other[0] == pytest.approx(8.5, abs=0.3) and other[-1] == pytest.approx(12.5, abs=0.3)
    assert not faults.with_other_voice(talking_film(20), openings(talking_film(20).points)).any()


def test_lost_faces_do_not_hide_other_faults() -> None:
    track = talking_film(20)
    track.points[200:260] = np.nan
    assert faults.without_face(track).sum() == 60
    assert len(faults.cuts(track)) == 0
    assert not faults.with_other_voice(track, openings(track.points)).any()
