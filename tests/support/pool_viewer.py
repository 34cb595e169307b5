"""One call's use of the pool in tests: speech goes in at real pace, access units are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import ImsAvatarError
from ims_avatar.flow import AUDIO_RATE, AccessUnit, AudioChunk
from ims_avatar.inference.client import PoolClient
from ims_avatar.inference.protocol import Attached, StreamSpec
from tests.support.coded_picture import CodedPicture, read_coded_picture
from tests.support.h264_stream import decode

PACKET = 0.02


class Viewer:
    """Attached from construction on. `arrivals` are the monotonic instants of `units`."""

    def __init__(self, client: PoolClient, spec: StreamSpec) -> None:
        self.units: list[AccessUnit] = []
        self.arrivals: list[float] = []
        self.attached: list[Attached] = []
        self.errors: list[ImsAvatarError] = []
        self._client = client
        self.stream = client.attach(spec, self._on_unit, self.errors.append, self.attached.append)

    def _on_unit(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self.arrivals.append(time.monotonic())

    async def speak(self, sound: Callable[[float, float], NDArray[np.int16]], seconds: float) -> None:
        """Push `sound(begin, seconds)` packet by packet as a call would: each when its last sample was captured."""
        began = time.monotonic()
        for n in range(round(seconds / PACKET)):
            pts = began + n * PACKET
            await asyncio.sleep(pts + PACKET - time.monotonic())
            self._client.push_audio(self.stream, AudioChunk(pts, sound(n * PACKET, PACKET)))

    def give(self, sound: Callable[[float, float], NDArray[np.int16]], seconds: float) -> float:
        """Push all of it at once, to begin in 0.3 s: what is shown then does not depend on how busy this process is.

        Returns the pts at which it begins.
        """
        begin = time.monotonic() + 0.3
        for n in range(round(seconds / PACKET)):
            chunk = AudioChunk(begin + n * PACKET, sound(n * PACKET, PACKET))
            self._client.push_audio(self.stream, chunk)
        return begin

    def pictures(self) -> list[CodedPicture | None]:
        return [read_coded_picture(luma) for luma in decode(self.units)]


def silence(begin: float, seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * AUDIO_RATE), np.int16)


async def until(condition: Callable[[], object], what: str, timeout: float = 30.0) -> None:
    """Return as soon as `condition()` is true; AssertionError with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} (waited {timeout} s)"
        await asyncio.sleep(0.005)
