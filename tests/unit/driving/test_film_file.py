"""Pictures of a film the right way up, and sound that begins with the first of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.film_file import FilmFile, FilmPicture, FilmSound, i420_of, rgb_of
from ims_avatar.driving.moment import SOUND_RATE
from ims_avatar.driving.resample import sound_frame


class Sideways:
    """A frame of a telephone held sideways; FFmpeg does not let one be made."""

    def __init__(self, frame: av.VideoFrame, rotation: int) -> None:
        self.frame, self.rotation = frame, rotation

    def __getattr__(self, name: str) -> Any:
        return getattr(self.frame, name)


def picture() -> av.VideoFrame:
    """Light at the top, 64 wide and 48 high."""
    rgb = np.full((48, 64, 3), 40, np.uint8)
    rgb[:12] = 200
    return av.VideoFrame.from_ndarray(rgb, format="rgb24")


@pytest.mark.parametrize(
    ("rotation", "shape", "light"),
    [
        (0, (48, 64), np.s_[:12]),
        (90, (64, 48), np.s_[:, :12]),
        (180, (48, 64), np.s_[36:]),
        (-90, (64, 48), np.s_[:, 36:]),
    ],
)
def test_pictures_are_turned_as_players_turn_them(rotation: int, shape: tuple[int, int], light: Any) -> None:
    frame: Any = Sideways(picture(), rotation)
    for luma in (i420_of(frame)[: shape[0]], rgb_of(frame, 480)[..., 1]):
        assert luma.shape == shape
        assert luma[light].mean() > 180 and luma.mean() < 110


def test_large_pictures_are_made_smaller_and_odd_ones_even() -> None:
    odd = av.VideoFrame.from_ndarray(np.zeros((301, 401, 3), np.uint8), format="rgb24")
    assert rgb_of(odd, 100).shape == (100, 134, 3)
    assert i420_of(odd).shape == (450, 400)


def film(path: Path, sound_from: float, video_from: float = 0.0) -> Path:
    """Two seconds of pictures at 20 a second; one second of sound that counts up."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")
        samples = (np.arange(SOUND_RATE) % 30_000 + 1).astype(np.int16)
        frames: list[Any] = []
        for number in range(40):
            frame = picture()
            frame.pts, frame.time_base = number + round(video_from * 20), Fraction(1, 20)
            frames.append((number / 20 + video_from, video, frame))
        for at in range(0, SOUND_RATE, 4800):
            piece = sound_frame(samples[at : at + 4800], SOUND_RATE)
            piece.pts, piece.time_base = at + round(sound_from * SOUND_RATE), Fraction(1, SOUND_RATE)
            frames.append((at / SOUND_RATE + sound_from, audio, piece))
        for _, stream, frame in sorted(frames, key=lambda entry: entry[0]):
            container.mux(stream.encode(frame))
        container.mux([*video.encode(None), *audio.encode(None)])
    return path


def read(path: Path) -> tuple[list[float], NDArray[np.int16]]:
    opened = FilmFile(path)
    parts = list(opened.parts())
    opened.close()
    sound = [part.samples for part in parts if isinstance(part, FilmSound)]
    return [part.time for part in parts if isinstance(part, FilmPicture)], np.concatenate(sound)


@pytest.mark.parametrize(("sound_from", "video_from"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.25), (3.0, 3.0)])
def test_sound_belongs_to_the_first_picture_whichever_came_first(
    tmp_path: Path, sound_from: float, video_from: float
) -> None:
    times, sound = read(film(tmp_path / "film.mkv", sound_from, video_from))
    assert times == pytest.approx([n / 20 for n in range(40)], abs=2e-3)
    late = round((sound_from - video_from) * SOUND_RATE)
    first = int(np.flatnonzero(sound)[0])
    assert first == pytest.approx(max(late, 0), abs=48)
    assert sound[first] == pytest.approx(1 + max(-late, 0), abs=48)
