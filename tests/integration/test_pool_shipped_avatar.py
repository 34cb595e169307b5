"""The pool process with the avatar and the models that are shipped, fed with recorded speech."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.avatars.places import SHIPPED
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.config import AvatarsConfig, Config
from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.errors import CorruptModel
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.inference.client import PoolClient
from ims_avatar.inference.protocol import StreamSpec
from tests.support.h264_stream import decode
from tests.support.pool_viewer import Viewer, silence, until
from tests.support.process import Process

pytestmark = pytest.mark.integration
SPEECH = Path(__file__).parents[1] / "fixtures/speech/held_speaker.wav"
NAME = Config().avatars.default
SPEC = StreamSpec(NAME)


@pytest.fixture
def mouth() -> tuple[slice, slice]:
    """The part of the picture that the lips may change."""
    box = AvatarRepository().find(NAME).manifest.paste
    return slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)


def start_pool(tmp_path: Path, log: str, avatars: Path | None = None) -> Process:
    config = Config(avatars=AvatarsConfig(paths=[avatars] if avatars else []))
    file = tmp_path / "config.json"
    file.write_text(config.model_dump_json())
    module = [sys.executable, "-m", "ims_avatar.pool_process"]
    return Process([*module, "--config", file, "--endpoint", f"ipc://{tmp_path}/pool"], tmp_path / log)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Process]:
    with start_pool(tmp_path, "pool.log") as process:
        yield process


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[PoolClient]:
    client = PoolClient(f"ipc://{tmp_path}/pool")
    client.start()
    yield client
    client.close()


@pytest.fixture(scope="module")
def speech() -> NDArray[np.int16]:
    return np.concatenate([piece.speech for piece in SoundFile(SPEECH).pieces(48_000)])


def speaking(speech: NDArray[np.int16], viewer: Viewer, seconds: float) -> asyncio.Task[None]:
    def sound(begin: float, length: float) -> NDArray[np.int16]:
        return speech[round(begin * AUDIO_RATE) : round((begin + length) * AUDIO_RATE)]

    return asyncio.create_task(viewer.speak(sound, seconds))


def restlessness(lumas: list[NDArray[np.uint8]], where: tuple[slice, slice]) -> float:
    """Mean change of the region from picture to picture, in grey levels."""
    region = np.stack([luma[where] for luma in lumas]).astype(np.int16)
    return float(np.abs(np.diff(region, axis=0)).mean())


async def test_the_lips_move_with_speech_and_rest_in_silence(
    pool: Process, client: PoolClient, speech: NDArray[np.int16], mouth: tuple[slice, slice]
) -> None:
    viewer = Viewer(client, SPEC)
    await until(lambda: viewer.units, "no pictures")
    await viewer.speak(silence, 0.4)
    quiet_end = len(viewer.units)
    await speaking(speech, viewer, 3.0)
    lumas = decode(viewer.units)
    assert len(lumas) == len(viewer.units)
    assert lumas[0].shape == (512, 512)
    assert restlessness(lumas[quiet_end + 10 :], mouth) > 3 * restlessness(lumas[3:quiet_end], mouth)


async def test_streams_of_one_avatar_show_their_own_lips(
    pool: Process, client: PoolClient, speech: NDArray[np.int16], mouth: tuple[slice, slice]
) -> None:
    speaker, listener = Viewer(client, SPEC), Viewer(client, SPEC)
    await until(lambda: speaker.units and listener.units, "no pictures")
    await asyncio.gather(speaking(speech, speaker, 2.5), listener.speak(silence, 2.5))
    moving, still = (restlessness(decode(viewer.units)[20:], mouth) for viewer in (speaker, listener))
    assert moving > 3 * still
    both = {unit.pts for unit in speaker.units} & {unit.pts for unit in listener.units}
    assert len(both) > 30  # rendered in the same steps


async def test_after_kill_9_the_same_face_comes_back(pool: Process, client: PoolClient, tmp_path: Path) -> None:
    viewer = Viewer(client, SPEC)
    await until(lambda: len(viewer.units) > 10, "no pictures")
    pool.stop(signal.SIGKILL)
    await until(lambda: not client.available, "death not noticed")
    seen = len(viewer.units)
    with start_pool(tmp_path, "second.log"):
        await until(lambda: len(viewer.units) > seen + 5, "not attached again")
    assert viewer.units[seen].keyframe
    before, after = decode(viewer.units[:seen])[-1], decode(viewer.units[seen:])[-1]
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.85  # the head moved on meanwhile


async def test_a_corrupt_model_file_ends_its_own_stream_only(client: PoolClient, tmp_path: Path) -> None:
    copy = tmp_path / "avatars" / "spoilt"
    shutil.copytree(SHIPPED / NAME, copy)
    for manifest in copy.glob("*/manifest.json"):
        manifest.write_text(manifest.read_text().replace(f'"{NAME}"', '"spoilt"', 1))
    for decoder in copy.glob("*/decoder.onnx"):
        data = bytearray(decoder.read_bytes())
        data[len(data) // 2] ^= 0xFF
        decoder.write_bytes(data)
    with start_pool(tmp_path, "pool.log", tmp_path / "avatars"):
        bad, good = Viewer(client, StreamSpec("spoilt")), Viewer(client, SPEC)
        await until(lambda: bad.errors, "no error")
        assert isinstance(bad.errors[0], CorruptModel)
        assert "decoder.onnx" in str(bad.errors[0])
        await until(lambda: len(good.units) > 10, "no pictures")
        assert not bad.units
        assert not good.errors
