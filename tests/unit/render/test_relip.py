"""Re-lipping keeps every picture, in order and at its time; only mouths of faces change, and the sound.

The renderer is a fake that makes the mouth's surroundings brighter, the more so the wider the code opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.config import Config
from ims_avatar.driving.moment import MOMENT_SAMPLES, SOUND_RATE, Moment
from ims_avatar.driving.resample import sound_frame
from ims_avatar.errors import FilmFileError
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.tracker import FaceTracker
from ims_avatar.inference.engines.graphs import Tensors
from ims_avatar.pool_process.library import avatar_loader
from ims_avatar.render.mouth_painter import MouthPainter
from ims_avatar.render.output import output_of
from ims_avatar.render.relip import relip_film
from ims_avatar.render.render_film import Rendered

RATE = Fraction(30000, 1001)
FACE, WALL = 30, 12
ORDER = [True] * FACE + [False] * WALL + [True] * FACE
"""Whether picture n shows a face: two shots of Clara, a wall between them."""
BRIGHTER = 100
BT709 = 1
"""As ITU-T H.273 numbers it; the tests' own avatar is BT.601."""
SIZE = 512


def reference(inputs: Mapping[str, NDArray[np.generic]]) -> Tensors:
    height, width = inputs["luma"].shape[2:]
    assert inputs["places_luma"].shape == (1, height, width, 3)
    assert inputs["places_chroma"].shape == (1, height // 2, width // 2, 3)
    return {name: inputs[name] for name in ("luma", "chroma", "mask")}


def decoder(inputs: Mapping[str, NDArray[np.generic]]) -> Tensors:
    codes, luma = inputs["lip_codes"].astype(np.float32), inputs["luma"][0].astype(np.float32)
    share = float(inputs["mask"].astype(np.float32).max())
    drawn = np.clip(luma + BRIGHTER * codes[0, 0] * share, 0, 255).astype(np.uint8)
    return {"luma": drawn, "chroma": inputs["chroma"], "level": np.zeros(1)}


class Speech:
    """A driving input of `seconds`: silent and closed, then open and loud from 0.5 s on."""

    live = False

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def moments(self) -> Iterator[Moment]:
        loud = (np.arange(MOMENT_SAMPLES) % 100 * 100).astype(np.int16)
        code = np.zeros(8, np.float32)
        code[0] = 0.5
        for number in range(round(self.seconds * 25)):
            yield Moment(code * np.float32(number > 12), loud * np.int16(number > 12))

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    """I420; the upper left corner shows the number as seven blocks, white for 1."""
    engine = avatar_loader(Config())(Config().avatars.default).engine
    out = []
    for number, face in enumerate(ORDER):
        if face:
            picture = engine.render(number, np.zeros((1, 8), np.float32))[0].copy()
        else:
            picture = np.full((SIZE * 3 // 2, SIZE), 128, np.uint8)
            picture[100:400:7, 50:450] = 60
        for bit in range(7):
            picture[:16, 16 * bit : 16 * bit + 16] = 235 if number >> bit & 1 else 16
        out.append(picture)
    return out


@pytest.fixture(scope="module")
def film(pictures: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "talk.mp4"
    write_film(path, pictures)
    return path


def write_film(path: Path, pictures: list[NDArray[np.uint8]]) -> None:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": "8", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = SIZE, SIZE, "yuv420p"
        video.codec_context.colorspace = video.codec_context.color_primaries = BT709
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(video.encode(frame))
        noise = np.random.default_rng(1).integers(-8000, 8000, SOUND_RATE * 2).astype(np.int16)
        for at in range(0, len(noise), 1024):
            piece = sound_frame(noise[at : at + 1024], SOUND_RATE)
            piece.pts, piece.time_base = at, Fraction(1, SOUND_RATE)
            container.mux(audio.encode(piece))
        container.mux([*video.encode(None), *audio.encode(None)])


def relip(film: Path, out: Path, seconds: float = 3.0, tracker: type[FaceTracker] = FaceTracker) -> Rendered:
    finder = FaceFinder()
    painter = MouthPainter(reference, decoder)
    return relip_film(film, Speech(seconds), output_of(str(out)), painter, lambda: tracker(finder))


def decoded(path: Path) -> tuple[list[float], list[NDArray[np.uint8]], NDArray[np.float64]]:
    with av.open(str(path)) as container:
        frames = [frame for frame in container.decode(video=0) if isinstance(frame, av.VideoFrame)]
        times = [frame.time or 0.0 for frame in frames]
        lumas = [np.asarray(frame.to_ndarray(format="yuv420p")[:SIZE], np.uint8) for frame in frames]
    with av.open(str(path)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]).astype(np.float64)
    return times, lumas, sound


def number_of(luma: NDArray[np.uint8]) -> int:
    return sum(1 << bit for bit in range(7) if luma[4:12, 16 * bit + 4 : 16 * bit + 12].mean() > 125)


@pytest.fixture(scope="module")
def result(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "out.mp4"
    made = relip(film, out)
    assert made.frames == len(ORDER)
    return out


def test_every_picture_is_kept_in_order_at_its_time(film: Path, result: Path) -> None:
    before, after = decoded(film), decoded(result)
    assert [number_of(luma) for luma in after[1]] == list(range(len(ORDER)))
    assert after[0] == pytest.approx(before[0], abs=1e-4)


def test_pictures_without_a_face_are_untouched(film: Path, result: Path) -> None:
    before, after = decoded(film)[1], decoded(result)[1]
    for number, face in enumerate(ORDER):
        if not face:
            assert np.abs(after[number].astype(int) - before[number]).mean() < 1.5


def test_only_the_mouth_changes_and_when_it_speaks(film: Path, result: Path) -> None:
    before, after = decoded(film)[1], decoded(result)[1]
    for number, face in enumerate(ORDER):
        if not face:
            continue
        change = after[number].astype(int) - before[number]
        changed = change > BRIGHTER / 4
        if number / RATE < 0.44:
            assert changed.sum() < 50
        elif number / RATE > 0.56:
            top, bottom = np.quantile(np.nonzero(changed)[0], (0.001, 0.999)) / SIZE
            left, right = np.quantile(np.nonzero(changed)[1], (0.001, 0.999)) / SIZE
            assert changed.sum() > 3000
            assert top > 0.5 and bottom < 0.85 and left > 0.25 and right < 0.75
            assert np.median(change[changed]) == pytest.approx(BRIGHTER * 0.5, abs=6)
        assert np.abs(change[: SIZE // 2]).mean() < 1.5


def test_colours_mean_what_they_meant(film: Path, result: Path) -> None:
    for path in (film, result):
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            assert (frame.colorspace, frame.color_primaries) == (BT709, BT709)


def test_the_sound_is_the_new_one_and_as_long_as_the_film(result: Path) -> None:
    _, _, sound = decoded(result)
    assert len(sound) / SOUND_RATE == pytest.approx(len(ORDER) / float(RATE), abs=0.06)  # AAC codes whole frames
    loud = np.abs(sound) > 0.05
    assert np.argmax(loud) / SOUND_RATE == pytest.approx(0.52, abs=0.03)


def test_after_the_speech_mouths_rest_in_silence(film: Path, tmp_path: Path) -> None:
    relip(film, tmp_path / "out.mp4", seconds=1.0)
    before, after = decoded(film), decoded(tmp_path / "out.mp4")
    assert [number_of(luma) for luma in after[1]] == list(range(len(ORDER)))
    last = after[1][-1].astype(int) - before[1][-1]
    assert (last > BRIGHTER / 4).sum() < 50
    assert np.abs(after[2][round(1.2 * SOUND_RATE) :]).max() < 0.01


class Distracted(FaceTracker):
    """Loses the face in pictures 20 to 23."""

    def track(self, rgb: NDArray[np.uint8]) -> Face | None:
        face = super().track(rgb)
        return None if 20 <= number_of(rgb[..., 1]) <= 23 else face


def test_a_lost_face_comes_and_goes_softly(film: Path, tmp_path: Path) -> None:
    """Pictures without it stay as they are; the mouths beside them are only partly new."""
    relip(film, tmp_path / "out.mp4", tracker=Distracted)
    before, after = decoded(film)[1], decoded(tmp_path / "out.mp4")[1]
    change = [float(np.quantile(a.astype(int) - b, 0.99)) for a, b in zip(after, before, strict=True)]
    assert max(change[20:24]) < 6  # what coding costs
    assert [change[18], change[19]] == pytest.approx([0.7 * 50, 0.35 * 50], abs=6)
    assert [change[24], change[25]] == pytest.approx([0.35 * 50, 0.7 * 50], abs=6)
    assert change[17] == pytest.approx(50, abs=6)


def test_a_film_without_a_face_is_refused_and_leaves_nothing(pictures: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    write_film(tmp_path / "wall.mp4", pictures[FACE : FACE + WALL])
    with pytest.raises(FilmFileError, match=r"no picture of .*wall.mp4 shows a mouth.*Remedy: give a film"):
        relip(tmp_path / "wall.mp4", tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["wall.mp4"]
