"""A small film of Clara, with sound that begins late, is read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

import ims_avatar
from ims_avatar.errors import FilmFileError, FilmRefused
from ims_avatar.training.films.film_track import THUMB_HEIGHT, THUMB_WIDTH, read_track
from ims_avatar.training.films.lip_measures import openings, widths
from tests.unit.faces.pictures import landscape, pasted, scaled

LATE = 0.2
TONE = 440


@pytest.fixture(scope="module")
def clara() -> NDArray[np.uint8]:
    film = Path(ims_avatar.__file__).parent / "avatars/library/clara/1/loop.mp4"
    with av.open(str(film)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def write_film(path: Path, pictures: list[NDArray[np.uint8]], *, sound: bool) -> Path:
    """30 pictures a second; a tone that begins `LATE` seconds after the first picture."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": "12"})
        video.height, video.width, video.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=48_000, layout="mono") if sound else None
        for picture in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        if audio is not None:
            at = np.arange(round(48_000 * (len(pictures) / 30 - LATE))) / 48_000
            tone = np.round(8000 * np.sin(2 * np.pi * TONE * at)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), round(LATE * 48_000)
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def test_faces_times_and_sound_of_a_film(tmp_path: Path, clara: NDArray[np.uint8]) -> None:
    small, empty = scaled(clara, 0.5), landscape(256, 256)
    film = write_film(tmp_path / "film.mkv", [small] * 18 + [empty] * 6, sound=True)
    seen: list[float] = []
    track = read_track(film, lambda done, total: seen.append(done / total))
    assert track.times == pytest.approx(np.arange(24) / 30, abs=2e-3) and track.rate == pytest.approx(30, abs=0.1)
    assert track.has_face.tolist() == [True] * 18 + [False] * 6
    assert track.faces.tolist() == [1] * 18 + [0] * 6
    assert track.thumbs.shape == (24, THUMB_HEIGHT, THUMB_WIDTH) and track.size == (256, 256)
    assert np.nanmax(openings(track.points)) < 0.1 and 0.3 < np.nanmean(widths(track.points)) < 0.9
    assert seen == sorted(seen) and seen[-1] <= 1.0
    assert track.sound is not None
    begins = int(np.argmax(np.abs(track.sound) > 2000)) / 16_000
    assert begins == pytest.approx(LATE, abs=0.005)
    tone = track.sound[round(16_000 * (LATE + 0.1)) :][:4000].astype(np.float64)
    assert np.abs(np.fft.rfft(tone)).argmax() * 4 == TONE


def test_a_second_face_of_similar_size_is_counted_a_small_one_is_not(tmp_path: Path, clara: NDArray[np.uint8]) -> None:
    wide = pasted(landscape(512, 1024), clara, 512, 0)
    for factor, faces in ((0.7, 2), (0.2, 1)):
        both = pasted(wide, scaled(clara, factor), 0, 0)
        track = read_track(write_film(tmp_path / f"{faces}.mkv", [both] * 2, sound=False))
        assert track.faces.tolist() == [faces, faces] and track.sound is None


def test_films_that_show_nobody_or_are_none(tmp_path: Path) -> None:
    with pytest.raises(FilmRefused, match="no face in any of the 3 pictures"):
        read_track(write_film(tmp_path / "nobody.mkv", [landscape(128, 128)] * 3, sound=False))
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no film")
    with pytest.raises(FilmFileError):
        read_track(broken)
