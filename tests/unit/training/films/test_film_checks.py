from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.errors import FilmRefused
from ims_avatar.training.films.film_checks import FilmReport, check_film
from ims_avatar.training.films.film_track import FilmTrack
from ims_avatar.training.films.lip_measures import openings
from tests.support.plain_film import plain_face, talking_film


def report_of(track: FilmTrack, needs_sound: bool = True) -> FilmReport:
    return check_film(track, openings(track.points), needs_sound=needs_sound)


def test_a_good_film_is_used_whole() -> None:
    report = report_of(talking_film(12))
    assert report.use.all() and not report.dropped
    assert report.seconds == report.total_seconds == pytest.approx(12)
    assert report.lines() == ["12.0 of 12.0 s can be used; 0 cuts"]


def test_a_report_says_what_was_dropped_where_and_why() -> None:
    track = talking_film(20)
    track.points[100:150] = np.nan
    track.thumbs[300:] = track.thumbs[300:, ::-1]
    report = report_of(track)
    assert [(one.reason, one.pictures, one.stretches) for one in report.dropped] == [
        ("no-face", 50, ((4.0, 6.0),)),
        ("cut", 4, ((11.92, 12.08),)),
    ]
    assert report.shots[[0, 299, 300, 499]].tolist() == [0, 0, 1, 1]
    assert [(s.start, s.stop) for s in report.stretches()] == [(0, 100), (150, 298), (302, 500)]
    assert "no face is seen: 2.0 s, 50 pictures (4.0 to 6.0 s)" in report.lines()[1]
    assert json.loads(json.dumps(report.summary()))["cuts"] == 1


def test_a_picture_with_two_faults_is_counted_once() -> None:
    track = talking_film(20)
    track.points[100:150] = np.nan
    track.thumbs[120:] = track.thumbs[120:, ::-1]
    report = report_of(track)
    assert report.seconds == pytest.approx(18) and [one.reason for one in report.dropped] == ["no-face"]


def refusal(track: FilmTrack) -> FilmRefused:
    with pytest.raises(FilmRefused) as refused:
        report_of(track)
    assert refused.value.remedy
    return refused.value


def test_a_short_film_is_refused_with_its_usable_length() -> None:
    refused = refusal(talking_film(9))
    assert refused.reason == "too-short" and "9.0 of the film's 9.0 s" in str(refused)
    track = talking_film(14)
    track.faces[150:] = 2
    assert "several faces are seen" in str(refusal(track))


def test_a_film_without_sound_is_refused_where_sound_is_needed() -> None:
    mute = replace(talking_film(12), sound=None)
    assert refusal(mute).reason == "no-sound"
    assert report_of(mute, needs_sound=False).use.all()


def test_a_film_in_which_nobody_speaks_is_refused_with_its_level() -> None:
    refused = refusal(talking_film(12, []))
    assert refused.reason == "no-sound" and "dBFS" in str(refused)


def test_a_film_that_mostly_shows_something_else_is_refused() -> None:
    track = talking_film(60)
    track.points[:500] = np.nan
    track.points[500:900] = plain_face(yaw=50.0)
    refused = refusal(track)
    assert refused.reason == "face-lost"
    assert "60% of the pictures" in str(refused) and "no face is seen in 33%" in str(refused)


def test_a_guest_is_dropped() -> None:
    track = talking_film(30)
    track.points[500:] = np.stack([plain_face(wide=1.2, opening=0.1)] * 250)
    track.thumbs[500:] = track.thumbs[500:, ::-1]
    report = report_of(track)
    assert {one.reason for one in report.dropped} >= {"another-person"}
    assert report.seconds == pytest.approx(20, abs=0.2)
