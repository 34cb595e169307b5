"""Where the time of a frame goes: the pool's step taken apart, on one thread of this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ims_avatar.config import AvatarsConfig, Config, PoolConfig
from ims_avatar.driving.audio import AudioDriver
from ims_avatar.encode.encoder import VideoEncoder
from ims_avatar.encode.settings import EncoderSettings
from ims_avatar.flow import AUDIO_RATE, AudioChunk, RenderedFrame
from ims_avatar.inference.engines.graphs import GraphEngine
from ims_avatar.inference.engines.load import Preference
from ims_avatar.pool_process.library import avatar_loader

STEPS = 100
STEP = AUDIO_RATE // 25
"""Samples of one tick."""


@dataclass(frozen=True)
class Stages:
    """CPU milliseconds of one step, median."""

    streams: int
    ms: dict[str, float]


class Stopwatch:
    """CPU times of this process by name. Of all its threads: engines and encoders may have their own."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds.setdefault(name, []).append(time.process_time() - began)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            with self.time(name):
                return call(*arguments)

        return timed


def measure_stages(
    name: str,
    batches: list[int],
    speech: NDArray[np.int16],
    preference: Preference = "auto",
    paths: Sequence[Path] = (),
) -> list[Stages]:
    """`paths`: directories of further avatars. Raises `ImsAvatarError` when the avatar cannot be loaded."""
    config = Config(pool=PoolConfig(render_threads=1, engine=preference), avatars=AvatarsConfig(paths=list(paths)))
    avatar = avatar_loader(config)(name)
    if not isinstance(avatar.engine, GraphEngine):
        return []
    watch = Stopwatch()
    engine: Any = avatar.engine
    reference, decoder = engine._reference, engine._decoder
    engine._reference, engine._decoder = watch.around("reference", reference), watch.around("decoder", decoder)
    found = []
    for batch in batches:
        watch.seconds.clear()
        drivers = [AudioDriver() for _ in range(batch)]
        size = avatar.engine.spec
        encoders = [VideoEncoder(EncoderSettings(size.width, size.height, 25, 400_000, "3.1")) for _ in range(batch)]
        for tick in range(STEPS):
            pts = tick / 25
            at = tick * STEP % (len(speech) - STEP)
            with watch.time("features"):
                for driver in drivers:
                    driver.push(AudioChunk(pts + 0.1, speech[at : at + STEP]))
                windows = np.stack([driver.window(pts) for driver in drivers])
            with watch.time("audio encoder"):
                raw = avatar.lip_encoder.lip_codes(windows)
            with watch.time("lip code"):
                codes = np.stack([driver.finish(pts, one).values for driver, one in zip(drivers, raw, strict=True)])
            with watch.time("render"):
                pictures = avatar.engine.render(tick, codes)
            with watch.time("encode"):
                for encoder, picture in zip(encoders, pictures, strict=True):
                    encoder.encode(RenderedFrame(pts, picture))
        ms = {stage: float(np.median(seconds)) * 1000 for stage, seconds in watch.seconds.items()}
        ms["paste"] = ms.pop("render") - ms["reference"] - ms["decoder"]
        order = ["features", "audio encoder", "lip code", "reference", "decoder", "paste", "encode"]
        found.append(Stages(batch, {stage: round(ms[stage], 3) for stage in order}))
    engine._reference, engine._decoder = reference, decoder
    return found
