"""A film of an avatar that speaks a sound file: the pool's step and encoder, without a call and without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ims_avatar.driving.audio import LOOK_AHEAD, AudioDriver
from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.encode.settings import settings_under_level
from ims_avatar.errors import ImsAvatarError, RecordingError
from ims_avatar.flow import AUDIO_RATE, AudioChunk
from ims_avatar.inference.scheduler import TICK_RATE
from ims_avatar.pool_process.film import SOUND_RATE, Film
from ims_avatar.pool_process.sound_file import SoundFile, SoundPiece
from ims_avatar.pool_process.studio import LoadedAvatar, Performer, Studio

OnProgress: TypeAlias = Callable[[float, float], None]
"""Called with (seconds rendered, seconds in all; 0 when the sound file does not say)."""
LEVEL = "42e01f"
"""Constrained baseline 3.1, as in a call."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What `render_file` made."""

    frames: int
    seconds: float
    """Length of the film."""
    took: float
    """Seconds of work."""


def render_file(
    avatar: LoadedAvatar,
    audio_path: Path,
    out_path: Path,
    on_progress: OnProgress = lambda done, total: None,
    *,
    bit_rate: int = 400_000,
    keyframe_interval: float = 2.0,
) -> Rendered:
    """Write `out_path` (MP4: H.264 and AAC) in which `avatar` speaks `audio_path`, in its own size at 25 fps.

    Raises `AudioFileError` for a sound file that is missing, empty, damaged or without sound, `RecordingError` when
    the film cannot be written, `AvatarError` when the avatar fails. No half film is left behind.
    """
    if out_path.exists() and out_path.samefile(audio_path):
        raise RecordingError(f"{out_path} is the sound file itself", remedy="name another path for the film")
    began = time.monotonic()
    sound = SoundFile(audio_path)
    studio = Studio(encoder_threads=1)
    try:
        spec = avatar.engine.spec
        with Film(out_path, spec.width, spec.height, TICK_RATE) as film:
            shooting = _Shooting(studio, film, _performer(avatar, bit_rate, keyframe_interval))
            for piece in sound.pieces(SOUND_RATE):
                shooting.add(piece)
                on_progress(shooting.frames / TICK_RATE, sound.seconds)
            shooting.finish()
        on_progress(shooting.frames / TICK_RATE, shooting.frames / TICK_RATE)
        return Rendered(shooting.frames, shooting.frames / TICK_RATE, time.monotonic() - began)
    finally:
        studio.close()
        sound.close()


class _Shooting:
    """Sound in, film out: the picture at t is rendered once the sound up to t + LOOK_AHEAD is there."""

    def __init__(self, studio: Studio, film: Film, performer: Performer) -> None:
        self.frames = 0
        self._studio, self._film, self._performer = studio, film, performer
        self._heard = 0

    def add(self, piece: SoundPiece) -> None:
        self._film.sound(piece.film)
        self._performer.driver.push(AudioChunk(self._heard / AUDIO_RATE, piece.speech))
        self._heard += len(piece.speech)
        self._render_until(self._heard / AUDIO_RATE - LOOK_AHEAD)

    def finish(self) -> None:
        """The pictures of the last instants: what comes after the sound is silence."""
        self._render_until(self._heard / AUDIO_RATE)

    def _render_until(self, pts: float) -> None:
        while self.frames / TICK_RATE < pts:
            for _, outcome in self._studio.step(self.frames, self.frames / TICK_RATE, [self._performer]):
                if isinstance(outcome, ImsAvatarError):
                    raise outcome
                self._film.picture(outcome)
            self.frames += 1


def _performer(avatar: LoadedAvatar, bit_rate: int, keyframe_interval: float) -> Performer:
    settings = settings_under_level(
        width=avatar.engine.spec.width,
        height=avatar.engine.spec.height,
        frame_rate=TICK_RATE,
        bit_rate=bit_rate,
        profile_level_id=LEVEL,
        keyframe_interval=keyframe_interval,
    )
    return Performer(avatar, AudioDriver(), VideoEncoder(settings))
