"""What `ims-avatar render` was asked for, done: opens what it needs, renders, and lets everything go."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.config import Config
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.driving.driving_input import DrivingOptions, open_driving_input
from ims_avatar.pool_process.library import avatar_loader
from ims_avatar.render.output import Output
from ims_avatar.render.render_film import OnProgress, Rendered, render_film


@dataclass(frozen=True, slots=True)
class Order:
    kind: str
    """Of driving input, as in `DRIVING_INPUTS`."""
    source: str
    language: str
    avatar: str | None
    reference: Path | None
    """A film, instead of an avatar."""
    output: Output
    codec: str
    bit_rate: int | None
    mute: bool


def film_of(order: Order, settings: Config, on_progress: OnProgress) -> Rendered:
    """Raises what the driving input, the avatar or the output says, each an error of ours."""
    if order.reference:
        return _relip(order, order.reference, settings, on_progress)
    one_stream = settings.model_copy(update={"pool": settings.pool.model_copy(update={"capacity": 1})})
    loaded = avatar_loader(one_stream)(order.avatar or settings.avatars.default)
    options = DrivingOptions(loaded.lip_encoder, order.language)
    with closing(open_driving_input(order.kind, order.source, options)) as driving:
        return render_film(
            loaded.engine,
            driving,
            order.output,
            on_progress,
            codec=order.codec,
            bit_rate=order.bit_rate,
            mute=order.mute,
        )


def _relip(order: Order, reference: Path, settings: Config, on_progress: OnProgress) -> Rendered:
    from ims_avatar.faces.finder import FaceFinder  # needs the extra `vision`
    from ims_avatar.faces.tracker import FaceTracker
    from ims_avatar.render.mouth_painter import open_painter
    from ims_avatar.render.relip import relip_film

    repository = AvatarRepository(settings.avatars.paths)
    painter, finder = open_painter(repository, settings.pool.render_threads), FaceFinder()
    options = DrivingOptions(AudioEncoder(repository.base_model(AUDIO_ENCODER).folder), order.language)
    with closing(open_driving_input(order.kind, order.source, options)) as driving:
        return relip_film(
            reference,
            driving,
            order.output,
            painter,
            lambda: FaceTracker(finder),
            on_progress,
            codec=order.codec,
            bit_rate=order.bit_rate,
            mute=order.mute,
        )
