"""Sound and lips of a rendered film whose offset is known, and of numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.errors import FilmRefused
from ims_avatar.training.films.av_offset import (
    LEAST_STANDING_OUT,
    MOST,
    TOLERATED,
    HeardLips,
    SoundOffset,
    find_offset,
    heard_lips,
    with_sound_in_place,
)
from ims_avatar.training.films.checked_film import checked
from ims_avatar.training.films.film_track import FilmTrack
from tests.support.spoken_film import clara_speaking, encoder, speech, with_sound_late

GOOD = SoundOffset(0.0, 0.5, LEAST_STANDING_OUT + 1)


def found(track: FilmTrack, heard: HeardLips) -> SoundOffset:
    return find_offset(track, np.ones(len(track.times), bool), heard)


@pytest.mark.parametrize("late", [0.0, 0.12, -0.2])
def test_the_offset_of_a_rendered_film_is_found(late: float) -> None:
    film = with_sound_late(clara_speaking(), late)
    assert film.sound is not None
    offset = found(film, heard_lips(encoder(), film.sound))
    assert offset.seconds == pytest.approx(late, abs=0.02)
    assert offset.r > 0.7 and offset.stands_out > 2 * LEAST_STANDING_OUT


def test_what_is_corrected_has_no_offset_any_more() -> None:
    film = checked(with_sound_late(clara_speaking(), 0.12), encoder())
    assert film.moved and film.track.sound is not None
    assert found(film.track, heard_lips(encoder(), film.track.sound)).seconds == pytest.approx(0, abs=0.02)
    assert re.fullmatch(r"sound 1[123]\d ms late: corrected", film.lines()[-1])
    assert film.summary()["sound_moved"] is True


@pytest.mark.parametrize("backwards", [False, True])
def test_somebody_elses_sound_is_refused(backwards: bool) -> None:
    film = clara_speaking()
    assert film.sound is not None
    other = film.sound[::-1].copy() if backwards else speech("held_speaker")
    with pytest.raises(FilmRefused, match="does not belong") as refused:
        checked(replace(film, sound=other), encoder())
    assert refused.value.reason == "foreign-sound"


def test_an_offset_is_found_where_only_some_pictures_count() -> None:
    film = clara_speaking()
    assert film.sound is not None
    use = np.ones(len(film.times), bool)
    use[60:120] = False
    broken = film.points.copy()
    broken[60:120] = np.nan
    heard = heard_lips(encoder(), film.sound)
    late = replace(heard, times=heard.times + 0.16)
    offset = find_offset(replace(film, points=broken), use, late)
    assert offset.seconds == pytest.approx(0.16, abs=0.02)


@pytest.mark.parametrize("seconds", [TOLERATED * 0.9, -TOLERATED * 0.9])
def test_small_offsets_stay(seconds: float) -> None:
    film = clara_speaking()
    assert with_sound_in_place(film, replace(GOOD, seconds=seconds)) is film


def test_large_offsets_are_refused_with_what_was_measured() -> None:
    with pytest.raises(FilmRefused, match=r"0\.45 s too early") as refused:
        with_sound_in_place(clara_speaking(), replace(GOOD, seconds=-(MOST + 0.05)))
    assert refused.value.remedy


def test_moved_sound_keeps_its_length_of_content() -> None:
    film = clara_speaking()
    assert film.sound is not None
    later, earlier = film.with_sound_moved(-0.1).sound, film.with_sound_moved(0.1).sound
    assert later is not None and earlier is not None
    assert not later[:1600].any() and (later[1600:] == film.sound).all()
    assert (earlier == film.sound[1600:]).all()
