"""Whether a mouth rests when nobody speaks: its motion in films driven by silence and noise, against its own loop."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import AUDIO_ENCODER, Avatar, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.driving.audio_input import AudioInput
from ims_avatar.driving.moment import PICTURE_RATE
from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.errors import FilmRefused
from ims_avatar.faces import geometry as g
from ims_avatar.faces.landmarks import LIPS
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.render.output import output_of
from ims_avatar.render.render_film import render_film
from ims_avatar.training.films.film_track import read_track
from ims_avatar.training.speech.augment import coloured_noise
from tests.bench.models_people import write_pictures
from tests.bench.models_sound import write_wav
from tests.bench.models_table import Aim, Row

NOISE_DB = -50.0


def rest_rows(avatars: Iterable[Avatar]) -> Iterator[Row]:
    encoder = AudioEncoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    for avatar in avatars:
        name, engine = avatar.manifest.name, onnx_engine(avatar)
        seconds = avatar.manifest.loop_frames / avatar.manifest.frame_rate
        noise = coloured_noise(round(seconds * AUDIO_RATE), np.random.default_rng(1)) * 10 ** (NOISE_DB / 20)
        try:
            idle = _idle(avatar)
        except FilmRefused as error:
            yield Row(f"{name}: mouth motion at rest", None, aim=Aim(high=1.0), how=str(error))
            continue
        for what, sound in (("silence", np.zeros_like(noise)), (f"noise at {NOISE_DB:.0f} dBFS", noise)):
            yield Row(
                f"{name}: mouth motion in {what}",
                round(_driven(engine, encoder, sound) / idle, 2),
                "× idle",
                Aim(high=1.0),
                f"lips of {seconds:.0f} s of film, head's pose taken out; its own loop: {idle:.4f} eye distances",
            )


def _idle(avatar: Avatar) -> float:
    """Of the loop's own pictures, through the same codec."""
    size = avatar.manifest
    loop = read_loop(avatar.path("loop"), size.width, size.height, size.loop_frames)
    count = size.loop_frames * PICTURE_RATE // size.frame_rate
    pictures = (loop[index * size.frame_rate // PICTURE_RATE] for index in range(count))
    with tempfile.TemporaryDirectory() as directory:
        return mouth_motion(write_pictures(Path(directory, "idle.mp4"), pictures, size.width, size.height))


def _driven(engine: AvatarEngine, encoder: AudioEncoder, sound: NDArray[np.floating]) -> float:
    with tempfile.TemporaryDirectory() as directory:
        source, film = Path(directory, "rest.wav"), Path(directory, "rest.mp4")
        write_wav(source, sound)
        driving = AudioInput(SoundFile(source), encoder)
        try:
            render_film(engine, driving, output_of(str(film)))
        finally:
            driving.close()
        return mouth_motion(film)


def mouth_motion(film: Path) -> float:
    """Spread over a film of all points of the lips, the head's pose taken out, in eye distances."""
    faces = [points for points in read_track(film).points if np.isfinite(points[0, 0])]
    lips = np.stack([g.laid_over(points, faces[0])[list(LIPS), :2] for points in faces])
    return float(np.sqrt(lips.var(axis=0).sum(axis=1).mean())) / g.eye_distance(faces[0])
