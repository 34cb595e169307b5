"""One step of the pool, without sockets or clocks: sound of many streams in, one access unit for each out.

The pool process and `ims-avatar render` run the same step.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.audio import LOOK_AHEAD, AudioDriver
from ims_avatar.driving.audio_input import LipEncoder
from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.errors import AvatarError, ImsAvatarError
from ims_avatar.flow import AccessUnit, RenderedFrame
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.scheduler import TICK_RATE

FRAME_LATENCY = LOOK_AHEAD + 0.025
"""Seconds from a frame's pts to the tick that renders it: look-ahead, the packet that ends it (20 ms), 5 ms margin."""

Group = TypeVar("Group")


@dataclass(frozen=True, slots=True, eq=False)
class LoadedAvatar:
    """An avatar and the audio encoder that drives it, shared by all streams that show it."""

    engine: AvatarEngine
    lip_encoder: LipEncoder


@dataclass(slots=True, eq=False)
class Performer:
    """One stream on stage: its avatar, its speech, its encoder."""

    avatar: LoadedAvatar
    driver: AudioDriver
    encoder: VideoEncoder
    keyframe: bool = True
    """The next picture is to be an IDR picture."""


@dataclass(slots=True)
class StageTimes:
    """Seconds that the stages of the last step took, wall clock."""

    driving: float = 0.0
    render: float = 0.0
    encode: float = 0.0
    """From the last rendered batch to the last access unit: what rendering of other avatars did not hide."""


class Studio:
    """Runs steps. Rendering on the caller's thread, encoding on `encoder_threads` of its own."""

    def __init__(self, encoder_threads: int) -> None:
        self._encoders = ThreadPoolExecutor(encoder_threads, thread_name_prefix="encode")
        self.times = StageTimes()

    def close(self) -> None:
        self._encoders.shutdown(wait=True)

    def step(
        self, tick: int, pts: float, performers: Sequence[Performer]
    ) -> Iterator[tuple[Performer, AccessUnit | ImsAvatarError]]:
        """The picture at `pts` of every performer, as each is encoded; or the error that ends that one.

        `tick` (in `TICK_RATE` a second) places the reference loop. Run the iterator to its end before the next step.
        """
        began = time.perf_counter()
        codes = _lip_codes(pts, performers)
        driven = time.perf_counter()
        waiting: dict[Future[AccessUnit], Performer] = {}
        for avatar, cast in _grouped(performers, lambda performer: performer.avatar).items():
            able = [performer for performer in cast if np.isfinite(codes[performer]).all()]
            for performer in cast:
                if performer not in able:
                    yield performer, AvatarError("the driving encoder gave no finite lip code", remedy="see the log")
            try:
                pictures = _render(avatar, tick, able, codes)
            except ImsAvatarError as error:
                yield from ((performer, error) for performer in able)
                continue
            for performer, picture in zip(able, pictures, strict=True):
                waiting[self._encode(performer, RenderedFrame(pts, picture))] = performer
        rendered = time.perf_counter()
        for done in as_completed(waiting):
            yield waiting[done], _outcome(done)
        self.times = StageTimes(driven - began, rendered - driven, time.perf_counter() - rendered)

    def _encode(self, performer: Performer, frame: RenderedFrame) -> Future[AccessUnit]:
        keyframe, performer.keyframe = performer.keyframe, False
        return self._encoders.submit(performer.encoder.encode, frame, keyframe)


def _lip_codes(pts: float, performers: Sequence[Performer]) -> dict[Performer, NDArray[np.float32]]:
    """The finished lip code, float32 (8,), of each performer; one batch for each audio encoder."""
    codes: dict[Performer, NDArray[np.float32]] = {}
    for lip_encoder, cast in _grouped(performers, lambda performer: performer.avatar.lip_encoder).items():
        raw = lip_encoder.lip_codes(np.stack([performer.driver.window(pts) for performer in cast]))
        for performer, values in zip(cast, raw, strict=True):
            codes[performer] = performer.driver.finish(pts, values).values
    return codes


def _render(
    avatar: LoadedAvatar, tick: int, cast: Sequence[Performer], codes: dict[Performer, NDArray[np.float32]]
) -> list[NDArray[np.uint8]]:
    """The picture of each of the cast. Who has the same lip code (all who are silent) gets the same picture."""
    distinct: dict[bytes, int] = {}
    rows = [distinct.setdefault(codes[performer].tobytes(), len(distinct)) for performer in cast]
    if not distinct:
        return []
    loop_index = tick * avatar.engine.spec.frame_rate // TICK_RATE
    batch = np.frombuffer(b"".join(distinct), np.float32).reshape(len(distinct), -1)
    pictures = avatar.engine.render(loop_index, batch)
    return [pictures[row] for row in rows]


def _grouped(performers: Iterable[Performer], key: Callable[[Performer], Group]) -> dict[Group, list[Performer]]:
    groups: dict[Group, list[Performer]] = defaultdict(list)
    for performer in performers:
        groups[key(performer)].append(performer)
    return groups


def _outcome(done: Future[AccessUnit]) -> AccessUnit | ImsAvatarError:
    try:
        return done.result()
    except ImsAvatarError as error:
        return error
