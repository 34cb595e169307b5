"""A film of an avatar that a driving input moves: the loop from moments to pictures and sound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from ims_avatar.driving.moment import PICTURE_RATE, DrivingInput
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.render.actor import Actor
from ims_avatar.render.codec import FilmForm
from ims_avatar.render.film import Film
from ims_avatar.render.live import AtOnce, Pace, RealTime
from ims_avatar.render.output import Output

OnProgress: TypeAlias = Callable[[float, float], None]
"""Called with (seconds rendered, seconds in all; 0 when the driving input does not say)."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What `render_film` made."""

    frames: int
    seconds: float
    """Length of the film."""
    took: float
    """Seconds of work; for a live stream, seconds it ran."""


def render_film(
    engine: AvatarEngine,
    driving: DrivingInput,
    output: Output,
    on_progress: OnProgress = lambda done, total: None,
    *,
    codec: str = "h264",
    bit_rate: int | None = None,
    mute: bool = False,
    pace: Pace | None = None,
) -> Rendered:
    """Make a film in the avatar's own size, PICTURE_RATE pictures a second; `mute`: with silent sound.

    Raises what the driving input says when it fails, `RecordingError` or `OutputError` when the film cannot be
    written, `AvatarError` when the avatar fails. No half file is left behind. An interrupt (Ctrl-C) ends what has no
    end of its own, a live input or output, and the film is whole up to there.
    """
    began = time.monotonic()
    spec = engine.spec
    form = FilmForm(spec.width, spec.height, Fraction(PICTURE_RATE), codec, bit_rate)
    pace = pace or (RealTime() if output.live else AtOnce())
    actor, frames = Actor(engine), 0
    with Film(output, form) as film:
        try:
            for moment in driving.moments():
                picture = actor.picture(frames, moment)
                pace.wait(frames / PICTURE_RATE)
                film.sound(np.zeros_like(moment.sound) if mute else moment.sound)
                film.picture(picture, frames / PICTURE_RATE)
                frames += 1
                on_progress(frames / PICTURE_RATE, driving.seconds)
        except KeyboardInterrupt:
            if not (output.live or driving.live):
                raise
    seconds = frames / PICTURE_RATE
    on_progress(seconds, seconds)
    return Rendered(frames, seconds, time.monotonic() - began)
