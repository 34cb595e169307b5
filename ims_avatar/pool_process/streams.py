"""The streams of the pool: each holds a place from the moment it is asked for until it ends, for whatever reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from ims_avatar.driving.audio import AudioDriver
from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.encode.settings import EncoderSettings, settings_under_level
from ims_avatar.errors import ImsAvatarError
from ims_avatar.inference.admission import Admission, Reservation
from ims_avatar.inference.protocol import StreamSpec
from ims_avatar.inference.scheduler import TICK_RATE, ticks_a_frame
from ims_avatar.pool_process.loader import AvatarLoader
from ims_avatar.pool_process.studio import LoadedAvatar, Performer

Client: TypeAlias = bytes
"""Routing id of a call worker."""
Key: TypeAlias = tuple[Client, int]
"""A stream: its client and the client's number for it."""


@dataclass(slots=True, eq=False)
class PoolStream:
    """One stream, from its reservation on. It performs once its avatar is loaded; speech is kept from the start."""

    key: Key
    spec: StreamSpec
    settings: EncoderSettings
    place: Reservation
    driver: AudioDriver
    performer: Performer | None = None


class StreamTable:
    """All streams by key."""

    def __init__(self, admission: Admission, loader: AvatarLoader) -> None:
        self._admission = admission
        self._loader = loader
        self._streams: dict[Key, PoolStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[PoolStream]:
        return iter(list(self._streams.values()))

    def get(self, key: Key) -> PoolStream | None:
        return self._streams.get(key)

    @property
    def loading(self) -> int:
        return sum(stream.performer is None for stream in self._streams.values())

    def of_client(self, client: Client) -> list[PoolStream]:
        return [stream for key, stream in self._streams.items() if key[0] == client]

    def open(self, key: Key, spec: StreamSpec) -> PoolStream:
        """A new stream, performing if its avatar is loaded already. Raises `ImsAvatarError`; then nothing is held."""
        place = self._admission.reserve()
        try:
            stream = PoolStream(key, spec, _settings(spec), place, AudioDriver())
            avatar = self._loader.request(spec.avatar)
            if avatar is not None:
                perform(stream, avatar)
        except BaseException:
            place.release()
            raise
        self._streams[key] = stream
        return stream

    def close(self, key: Key) -> PoolStream | None:
        """End the stream and give its place back. Unknown keys are ignored."""
        stream = self._streams.pop(key, None)
        if stream is not None:
            stream.place.release()
        return stream

    def waiting_for(self, avatar: str) -> list[PoolStream]:
        return [stream for stream in self if stream.performer is None and stream.spec.avatar == avatar]


def perform(stream: PoolStream, avatar: LoadedAvatar) -> None:
    """Put the stream on stage. Raises `ImsAvatarError` when its encoder cannot be opened."""
    stream.performer = Performer(avatar, stream.driver, VideoEncoder(stream.settings))


def failure(error: ImsAvatarError) -> tuple[str, str, str]:
    """Class, cause and remedy of an error, as `protocol.Ended` carries them."""
    return type(error).__name__, error.args[0] if error.args else "", error.remedy


def _settings(spec: StreamSpec) -> EncoderSettings:
    """What is encoded: held under the level, at a rate that divides the pool's."""
    settings = settings_under_level(
        width=spec.width,
        height=spec.height,
        frame_rate=spec.frame_rate,
        bit_rate=spec.bit_rate,
        profile_level_id=spec.profile_level_id,
        max_mbps=spec.max_mbps,
        max_fs=spec.max_fs,
        max_br=spec.max_br,
        slice_max_size=spec.slice_max_size,
        keyframe_interval=spec.keyframe_interval,
    )
    return replace(settings, frame_rate=TICK_RATE / ticks_a_frame(settings.frame_rate))
