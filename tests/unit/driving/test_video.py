"""Driving by film, by content: what was drawn into the film comes out as lip code, at its time and with its sound."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.config import Config
from ims_avatar.driving.driving_input import DrivingOptions, open_driving_input
from ims_avatar.driving.film_file import FilmFile
from ims_avatar.driving.moment import MOMENT_SAMPLES, Moment
from ims_avatar.driving.resample import sound_frame
from ims_avatar.errors import FilmFileError
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.pool_process.library import avatar_loader
from tests.support.fake_pool import PitchLips

SECONDS = 3.0


def opening_at(time: float) -> float:
    return 0.4 * max(0.0, float(np.sin(2 * np.pi * 1.3 * time)))


@pytest.fixture(scope="module")
def actress() -> AvatarEngine:
    return avatar_loader(Config())(Config().avatars.default).engine


def shoot(target: Any, engine: AvatarEngine, rate: int, sound_from: float | None, form: str = "matroska") -> None:
    """A film of `engine` opening its mouth by `opening_at`, and a tone from `sound_from` on."""
    with av.open(target, "w", format=form) as film:
        video = film.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 512, 512, "yuv420p"
        audio = film.add_stream("flac", rate=48_000, layout="mono") if sound_from is not None else None
        for index in range(round(SECONDS * rate)):
            code = np.zeros((1, 8), np.float32)
            code[0, 0] = opening_at(index / rate)
            code[0, 5] = 0.8 * code[0, 0]
            picture = engine.render(index * 25 // rate, code)[0]
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            film.mux(video.encode(frame))
        film.mux(video.encode(None))
        if audio is not None and sound_from is not None:
            tone = (9000 * np.sin(np.arange(round(48_000 * (SECONDS - sound_from))) * 0.05)).astype(np.int16)
            for at in range(0, len(tone), 4800):
                piece = sound_frame(tone[at : at + 4800], 48_000)
                piece.pts, piece.time_base = round(sound_from * 48_000) + at, Fraction(1, 48_000)
                film.mux(audio.encode(piece))
            film.mux(audio.encode(None))


def drive(source: str) -> list[Moment]:
    driving = open_driving_input("video", source, DrivingOptions(PitchLips()))
    try:
        return list(driving.moments())
    finally:
        driving.close()


@pytest.mark.parametrize("rate", [25, 30])
def test_the_mouth_of_the_film_is_the_mouth_of_the_moments(tmp_path: Path, actress: AvatarEngine, rate: int) -> None:
    shoot(str(tmp_path / "talk.mkv"), actress, rate, sound_from=1.0)
    moments = drive(str(tmp_path / "talk.mkv"))
    assert len(moments) == pytest.approx(SECONDS * 25, abs=1)
    wanted = np.array([opening_at(n / 25) for n in range(len(moments))])
    opening = np.array([moment.lip_code[0] for moment in moments])
    assert np.corrcoef(wanted, opening)[0, 1] > 0.97
    assert opening[wanted < 0.01].max() < 0.05 and opening.max() == pytest.approx(0.4, abs=0.12)
    best = max(range(-3, 4), key=lambda lag: float(np.corrcoef(np.roll(wanted, lag), opening)[0, 1]))
    assert best == 0
    loud = [bool(np.abs(moment.sound.astype(np.int32)).max() > 1000) for moment in moments]
    assert loud.index(True) == 25 and all(loud[26:-1])
    assert all(moment.sound.shape == (MOMENT_SAMPLES,) for moment in moments)


def test_a_film_in_a_pipe_drives_at_once(actress: AvatarEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    shoot(pipe, actress, 25, sound_from=None, form="mpegts")
    reader = io.BufferedReader(_Pipe(pipe.getvalue()))
    monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": reader}))
    driving = open_driving_input("video", "-", DrivingOptions(PitchLips()))
    assert driving.live and driving.seconds == 0
    opening = [moment.lip_code[0] for moment in driving.moments()]
    wanted = [opening_at(n / 25) for n in range(len(opening))]
    assert len(opening) > 70 and np.corrcoef(wanted, opening)[0, 1] > 0.9


class _Pipe(io.RawIOBase):
    """Bytes that can only be read on and on."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._rest.readinto(buffer)


def test_a_film_without_a_face_is_named(tmp_path: Path) -> None:
    class Wall:
        def render(self, index: int, codes: NDArray[np.float32]) -> NDArray[np.uint8]:
            return np.full((1, 768, 512), 128, np.uint8)

    shoot(str(tmp_path / "wall.mkv"), Wall(), 25, None)  # type: ignore[arg-type]  # draws a grey wall
    with pytest.raises(FilmFileError, match=r"no picture shows a face.*Remedy: give a film of one face"):
        drive(str(tmp_path / "wall.mkv"))


def test_what_is_no_film_is_named(tmp_path: Path) -> None:
    sound, missing = Path(__file__).parents[3] / "ims_avatar/cli/demo_speech.wav", tmp_path / "missing.mp4"
    (tmp_path / "text.mp4").write_text("no film")
    for path, cause in (
        (sound, "has no picture in it"),
        (missing, r"cannot be opened \(No such file"),
        (tmp_path / "text.mp4", "cannot be opened"),
        ("/dev/video99", "cannot be opened"),
    ):
        with pytest.raises(FilmFileError, match=rf"{cause}.*Remedy: "):
            FilmFile(path)
