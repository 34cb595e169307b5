"""A film of Clara who says the speech fixtures, as training would see it; its sound can be moved or swapped."""

from __future__ import annotations

import wave
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.driving.resample import resampled
from ims_avatar.faces.tracker import FaceTracker
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.films.film_track import FilmTrack
from ims_avatar.training.speech.streaming import streamed
from tests.support.plain_film import RATE, plain_film

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"


@cache
def encoder() -> AudioEncoder:
    return AudioEncoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)


@cache
def speech(name: str) -> NDArray[np.int16]:
    """At 16 kHz."""
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        return resampled(samples, file.getframerate(), AUDIO_RATE)


@cache
def clara_speaking() -> FilmTrack:
    """12 seconds, rendered and looked at like any film: landmarks of pictures, not the codes they were made of."""
    sound = speech("held_voice")
    times = np.arange(0.0, len(sound) / AUDIO_RATE - 0.1, 1 / RATE)
    engine = onnx_engine(AvatarRepository().find("clara"))
    tracker = FaceTracker()
    points = []
    for index, code in enumerate(streamed(encoder(), sound, times)):
        picture = av.VideoFrame.from_ndarray(engine.render(index, code[None])[0], format="yuv420p")
        face = tracker.track(np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))
        assert face, f"no face in picture {index}"
        points.append(face.points)
    return plain_film(np.stack(points), sound, (512, 512))


def with_sound_late(track: FilmTrack, seconds: float) -> FilmTrack:
    """The same film, its sound later than its lips by so much; negative: earlier."""
    assert track.sound is not None
    moved = np.roll(track.sound, round(seconds * AUDIO_RATE))
    return replace(track, sound=moved)


def write_clara_speaking(path: Path) -> Path:
    """The same as a film with sound."""
    sound = speech("held_voice")
    times = np.arange(0.0, len(sound) / AUDIO_RATE - 0.1, 1 / RATE)
    engine = onnx_engine(AvatarRepository().find("clara"))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=round(RATE), options={"crf": "14", "preset": "veryfast"})
        video.width = video.height = 512
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=AUDIO_RATE, layout="mono")
        for index, code in enumerate(streamed(encoder(), sound, times)):
            frame = av.VideoFrame.from_ndarray(engine.render(index, code[None])[0], format="yuv420p")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        heard = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        heard.sample_rate = AUDIO_RATE
        container.mux(audio.encode(heard))
        container.mux(audio.encode(None))
    return path
