from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ims_avatar.enrol.film import film_reference
from ims_avatar.enrol.film_faces import film_faces
from ims_avatar.enrol.film_file import ReferenceFilm
from ims_avatar.enrol.reference import Reference
from ims_avatar.errors import FilmFileError, ReferenceRefused
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from tests.unit.enrol.conftest import Picture, write_film
from tests.unit.faces.pictures import landscape, pasted, rgb_of, scaled


@pytest.fixture(scope="module")
def film(clara_film: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "clara.mp4", clara_film[:90])


@pytest.fixture(scope="module")
def enrolled(film: Path) -> Reference:
    return film_reference(film)


def test_the_loop_is_the_film_forth_and_back(enrolled: Reference) -> None:
    count = len(enrolled.loop)
    assert count >= 98 and len(enrolled.to_crop) == count
    assert (enrolled.loop[1] == enrolled.loop[-1]).all()
    assert np.abs(enrolled.to_crop[1] - enrolled.to_crop[-1]).max() == 0


def test_the_picture_is_framed_alike_in_every_frame(enrolled: Reference) -> None:
    background = enrolled.loop[:, 100:140, 8:48].astype(np.int16)
    assert np.abs(background - background[0]).max() <= 4


def test_the_mouth_rests_in_one_place_of_the_crop(enrolled: Reference, finder: FaceFinder) -> None:
    stable = list(g.STABLE)
    at_rest = g.apply(enrolled.crop.to_crop(enrolled.points), enrolled.points[stable])
    for frame in (0, 20, 45):
        points = finder.faces(rgb_of(enrolled.loop[frame]))[0].points
        found = g.apply(enrolled.to_crop[frame], points[stable])
        assert np.abs((found - at_rest).mean(axis=0)).max() < 0.6


def test_a_silent_mouth_is_its_own_in_every_frame(enrolled: Reference) -> None:
    mouths = enrolled.mouths
    assert mouths is not None and mouths.own
    assert mouths.seen.shape == mouths.rest.shape == (len(enrolled.loop), 87)
    assert np.abs(mouths.seen - mouths.rest).mean() < 0.6
    assert np.abs(np.diff(mouths.rest, axis=0)).max() < 1.0


def test_of_a_film_one_picture_can_be_used_and_how_far_it_is_is_told(film: Path) -> None:
    told: list[tuple[str, float]] = []
    still = film_reference(film, still=True, progress=lambda what, share: told.append((what, share)))
    assert still.mouths is None and len(still.loop) == 225
    shares = [share for what, share in told if what == "following the face"]
    assert shares == sorted(shares) and shares[0] == 0.0 and 0.9 < shares[-1] <= 1.0


def test_the_chosen_one_of_two_is_followed(clara_film: Picture, finder: FaceFinder, tmp_path: Path) -> None:
    small = scaled(clara_film[0], 0.6)
    two = pasted(pasted(landscape(480, 900), small, 30, 60), small, 500, 60)
    path = write_film(tmp_path / "two.mp4", [two] * 12)
    with pytest.raises(ReferenceRefused, match="2 faces"):
        film_faces(ReferenceFilm(path), None, finder, lambda share: None)
    for number, side in ((1, slice(0, 450)), (2, slice(450, 900))):
        faces = film_faces(ReferenceFilm(path), number, finder, lambda share: None)
        assert all(p is not None and side.start < p[:, 0].mean() < side.stop for p in faces.points)


def test_cuts_are_seen(clara_film: Picture, finder: FaceFinder, tmp_path: Path) -> None:
    pictures = [*clara_film[:20], *([landscape(512, 512)] * 10), *clara_film[20:40]]
    faces = film_faces(ReferenceFilm(write_film(tmp_path / "cut.mp4", pictures)), None, finder, lambda share: None)
    assert faces.cuts == [20, 30]
    assert [p is None for p in faces.points] == [20 <= k < 30 for k in range(50)]


def test_of_a_fast_film_every_second_picture_is_taken(clara_film: Picture, tmp_path: Path) -> None:
    film = ReferenceFilm(write_film(tmp_path / "fast.mp4", clara_film[:20], rate=50))
    assert film.rate == 25.0
    pictures = list(film.pictures())
    assert len(pictures) == 10
    assert np.abs(pictures[3].astype(int) - clara_film[6]).mean() < 3


def test_a_film_is_read_in_parts_and_smaller(film: Path, clara_film: Picture) -> None:
    part = list(ReferenceFilm(film).pictures(0.5, 10, 13))
    assert [picture.shape for picture in part] == [(256, 256, 3)] * 3
    assert np.abs(part[0].astype(int) - scaled(clara_film[10], 0.5)).mean() < 3


def test_a_film_that_breaks_off_is_good_up_to_there(film: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mkv"
    whole = write_film(tmp_path / "whole.mkv", [landscape()] * 50)
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 0 < len(list(ReferenceFilm(broken).pictures())) < 50


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("no film")
    for unreadable in (path, tmp_path / "missing.mp4"):
        with pytest.raises(FilmFileError, match=unreadable.name):
            ReferenceFilm(unreadable)
