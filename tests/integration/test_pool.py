"""The pool as a process of its own, over ipc, with avatars that draw coded pictures."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import zmq

from ims_avatar.errors import AvatarError, AvatarNotFound, CorruptModel, PoolError, PoolFull, PoolUnavailable
from ims_avatar.inference import protocol
from ims_avatar.inference.client import PoolClient
from ims_avatar.inference.protocol import StreamSpec
from ims_avatar.pool_process.studio import FRAME_LATENCY
from tests.support.h264_stream import nal_units
from tests.support.pitch import opening_of, voice
from tests.support.pool_viewer import Viewer, until
from tests.support.process import Process

pytestmark = pytest.mark.integration
SMALL = StreamSpec("small", 128, 128, bit_rate=200_000)


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/pool"


def start_pool(endpoint: str, log: Path, *more: str) -> Process:
    return Process([sys.executable, "-m", "tests.support.fake_pool", "--endpoint", endpoint, *more], log)


@pytest.fixture
def pool(endpoint: str, tmp_path: Path) -> Iterator[Process]:
    with start_pool(endpoint, tmp_path / "pool.log") as process:
        yield process


@pytest.fixture
async def client(endpoint: str) -> AsyncIterator[PoolClient]:
    client = PoolClient(endpoint)
    client.start()
    yield client
    client.close()


other_client = client


@pytest.fixture
def vandal(endpoint: str) -> Iterator[zmq.Socket[bytes]]:
    """Somebody who can reach the pool's socket and does not care for the protocol."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.set(zmq.LINGER, 0)
        socket.connect(endpoint)
        yield socket


async def test_pictures_come_at_25_fps_in_step_with_the_speech(pool: Process, client: PoolClient) -> None:
    viewer = Viewer(client, StreamSpec("fake"))
    await until(lambda: len(viewer.units) > 3, "no pictures")
    begin = viewer.give(partial(voice, 30), 0.6)
    await until(lambda: viewer.units[-1].pts > begin + 1.0, "too few pictures")
    assert viewer.attached == [protocol.Attached(viewer.stream, 512, 512, 25.0)]
    assert viewer.units[0].keyframe
    steps = np.diff([unit.pts for unit in viewer.units])
    assert steps == pytest.approx(np.round(steps * 25) / 25)
    assert np.median(steps) == pytest.approx(0.04)
    assert all(at - unit.pts >= FRAME_LATENCY for at, unit in zip(viewer.arrivals, viewer.units, strict=True))
    shown = zip(viewer.units, viewer.pictures(), strict=True)
    openings = {unit.pts - begin: picture.opening for unit, picture in shown if picture}
    for at, opening in openings.items():
        if 0.1 < at < 0.55:
            assert opening == pytest.approx(opening_of(30), abs=0.02)
        elif not -0.1 < at < 0.75:
            assert opening == pytest.approx(0, abs=0.02)


async def test_no_stream_ever_shows_another_ones_picture(pool: Process, client: PoolClient) -> None:
    bands = {3: "small", 12: "small", 21: "small", 30: "small", 39: "small", 15: "fake"}
    viewers = {band: Viewer(client, StreamSpec(name, 128, 128, bit_rate=200_000)) for band, name in bands.items()}
    await until(lambda: all(viewer.units for viewer in viewers.values()), "no pictures")
    begin = max([viewer.give(partial(voice, band), 3.0) for band, viewer in viewers.items()])
    await until(lambda: all(viewer.units[-1].pts > begin + 2.5 for viewer in viewers.values()), "too few pictures")
    for band, viewer in viewers.items():
        pictures = [picture for picture in viewer.pictures() if picture is not None]
        assert len(pictures) == len(viewer.units)
        assert (np.diff([picture.index for picture in pictures]) > 0).all()
        shown = zip(viewer.units, pictures, strict=True)
        middle = [picture.opening for unit, picture in shown if begin + 0.3 < unit.pts < begin + 2.5]
        assert len(middle) > 10
        assert middle == pytest.approx([opening_of(band)] * len(middle), abs=0.02), band


async def test_after_kill_9_the_client_attaches_again_and_starts_with_a_key_frame(
    pool: Process, client: PoolClient, endpoint: str, tmp_path: Path
) -> None:
    viewer = Viewer(client, SMALL)
    await until(lambda: len(viewer.units) > 20, "no pictures")
    pool.stop(signal.SIGKILL)
    await until(lambda: not client.available, "death not noticed")
    await viewer.speak(partial(voice, 20), 0.2)  # nothing happens, and nothing is kept for later
    seen = len(viewer.units)
    with start_pool(endpoint, tmp_path / "second.log"):
        await until(lambda: len(viewer.units) > seen + 5, "not attached again")
        assert len(viewer.attached) == 2
        assert viewer.units[seen].keyframe
        indices = [picture.index for picture in viewer.pictures() if picture]
        expected = (viewer.units[-1].pts - viewer.units[0].pts) * 25
        assert indices[-1] - indices[0] == pytest.approx(expected)  # the head is where it would have been
    assert viewer.errors == []


async def test_a_client_may_come_before_the_pool(client: PoolClient, endpoint: str, tmp_path: Path) -> None:
    viewer = Viewer(client, SMALL)
    client.push_audio(viewer.stream, protocol.PushAudio(0, 0.0, bytes(640)).chunk)
    with pytest.raises(PoolUnavailable):
        await client.statistics(timeout=0.05)
    with start_pool(endpoint, tmp_path / "pool.log"):
        await until(lambda: viewer.units, "no pictures")


@pytest.mark.parametrize(
    ("avatar", "kind", "cause"),
    [
        ("nobody", AvatarNotFound, "no avatar 'nobody'.*name one of"),
        ("corrupt", CorruptModel, "not the file of the manifest.*install the avatar again"),
        ("buggy", AvatarError, "KeyError.*doctor"),
        ("breaking", AvatarError, "not finite"),
        ("x" * 200, PoolError, "avatar.*at most 128"),
    ],
)
async def test_a_bad_avatar_ends_its_own_stream_only(
    pool: Process, client: PoolClient, avatar: str, kind: type[Exception], cause: str
) -> None:
    good = Viewer(client, SMALL)
    bad = Viewer(client, StreamSpec(avatar))
    await until(lambda: bad.errors, "no error")
    with pytest.raises(kind, match=cause):
        raise bad.errors[0]
    seen = len(good.units)
    await until(lambda: len(good.units) > seen + 10, "the good stream stopped")
    assert good.errors == []
    assert (await client.statistics()).streams == 1


async def test_places_are_never_more_than_promised_and_come_back(
    client: PoolClient, endpoint: str, tmp_path: Path
) -> None:
    with start_pool(endpoint, tmp_path / "pool.log", "--capacity", "2"):
        viewers = [Viewer(client, SMALL) for _ in range(2)] + [Viewer(client, StreamSpec("slow"))]
        await until(lambda: viewers[2].errors, "not refused")
        assert isinstance(viewers[2].errors[0], PoolFull)
        await until(lambda: all(viewer.units for viewer in viewers[:2]), "no pictures")
        client.detach(viewers[0].stream)
        late = Viewer(client, SMALL)
        await until(lambda: late.units, "the place did not come back")
        assert (await client.statistics()).streams == 2


async def test_nothing_comes_after_detach(pool: Process, client: PoolClient) -> None:
    viewer, other = Viewer(client, SMALL), Viewer(client, SMALL)
    await until(lambda: viewer.units and other.units, "no pictures")
    client.detach(viewer.stream)
    seen, seen_of_other = len(viewer.units), len(other.units)
    await until(lambda: len(other.units) > seen_of_other + 10, "the other stream stopped")
    assert len(viewer.units) == seen


async def test_a_requested_key_frame_is_one_of_the_next_two_pictures(pool: Process, client: PoolClient) -> None:
    viewer = Viewer(client, StreamSpec("small", 128, 128, keyframe_interval=30))
    await until(lambda: len(viewer.units) > 10, "no pictures")
    seen = len(viewer.units)
    client.request_keyframe(viewer.stream)
    await until(lambda: len(viewer.units) > seen + 10, "no pictures")
    keys = [n for n, unit in enumerate(viewer.units[seen:]) if unit.keyframe]
    assert len(keys) == 1
    assert keys[0] <= 1


async def test_barge_in_closes_the_mouth_at_once(pool: Process, client: PoolClient) -> None:
    viewer = Viewer(client, SMALL)
    await until(lambda: viewer.units, "no pictures")
    begin = viewer.give(partial(voice, 35), 5.0)
    await until(lambda: viewer.units[-1].pts > begin + 0.4, "too few pictures")
    seen = len(viewer.units)
    client.reset_lips(viewer.stream)
    await until(lambda: len(viewer.units) > seen + 6, "no pictures")
    openings = [picture.opening for picture in viewer.pictures() if picture]
    assert openings[seen - 1] == pytest.approx(opening_of(35), abs=0.03)
    assert openings[seen + 3 :] == pytest.approx([0.0] * len(openings[seen + 3 :]), abs=0.03)


async def test_loading_an_avatar_does_not_hold_up_running_streams(pool: Process, client: PoolClient) -> None:
    running = Viewer(client, SMALL)
    await until(lambda: running.units, "no pictures")
    late = Viewer(client, StreamSpec("slow"))
    seen = len(running.units)
    await until(lambda: late.units, "never loaded")
    assert len(running.units) - seen > 5  # loading takes one second


async def test_size_rate_and_slices_follow_the_negotiation(pool: Process, client: PoolClient) -> None:
    viewer = Viewer(client, StreamSpec("fake", 320, 240, 25, 300_000, "42e00c", slice_max_size=588))
    await until(lambda: len(viewer.units) > 10, "no pictures")
    assert (viewer.attached[0].width, viewer.attached[0].height, viewer.attached[0].frame_rate) == (320, 240, 12.5)
    assert min(np.diff([unit.pts for unit in viewer.units])) == pytest.approx(0.08)
    assert max(len(nal) for unit in viewer.units for nal in nal_units(unit.data)) <= 588


async def test_statistics_tell_what_the_pool_does(pool: Process, client: PoolClient) -> None:
    viewers = [Viewer(client, SMALL) for _ in range(3)]
    await until(lambda: all(len(viewer.units) > 10 for viewer in viewers), "no pictures")
    statistics = await client.statistics()
    assert (statistics.streams, statistics.loading, statistics.clients, statistics.capacity) == (3, 0, 1, 16)
    assert statistics.frames >= 30
    assert set(statistics.step_ms) == {"p50", "p99", "driving", "render", "encode"}


async def test_a_client_that_is_gone_gives_its_places_back(
    pool: Process, client: PoolClient, other_client: PoolClient
) -> None:
    other = other_client
    viewer = Viewer(other, SMALL)
    await until(lambda: viewer.units, "no pictures")
    other._timer.cancel()  # type: ignore[union-attr]  # a client that stands still, as in SIGSTOP
    asyncio.get_running_loop().remove_reader(other._socket.fileno())  # type: ignore[union-attr]
    for _ in range(100):
        if (await client.statistics()).streams == 0:
            break
        await asyncio.sleep(0.05)
    assert (await client.statistics()).streams == 0
    seen = len(viewer.units)
    asyncio.get_running_loop().add_reader(other._socket.fileno(), other._receive)  # type: ignore[union-attr]
    other._beat()
    await until(lambda: len(viewer.attached) == 2 and len(viewer.units) > seen, "not attached again")


async def test_nonsense_does_not_disturb_anybody(pool: Process, client: PoolClient, vandal: zmq.Socket[bytes]) -> None:
    viewer = Viewer(client, SMALL)
    await until(lambda: viewer.units, "no pictures")
    hello = protocol.encode(protocol.Hello())
    for parts in ([b""], [b"x", b"y", b"z"], [b"ims-avatar-pool/999", *hello[1:]], [*hello, b"more"], hello[:2]):
        vandal.send_multipart(parts)
    for number in range(200):
        vandal.send_multipart(protocol.encode(protocol.Attach(number, StreamSpec("nobody"))))
        vandal.send_multipart(protocol.encode(protocol.PushAudio(9999, 0.0, b"ab")))
    await until(lambda: "no avatar 'nobody'" in pool.text(), "the nonsense was not read")
    seen = len(viewer.units)
    await until(lambda: len(viewer.units) > seen + 10, "the stream stopped")
    assert "instead of 3" in pool.text()


async def test_sigterm_ends_the_process_with_status_0(pool: Process, client: PoolClient) -> None:
    viewer = Viewer(client, SMALL)
    await until(lambda: viewer.units, "no pictures")
    pool.popen.terminate()
    assert pool.wait_exit(5) == 0
    assert "pool ends" in pool.text()


def test_an_endpoint_that_cannot_be_bound_is_named(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/missing/pool"
    argv = [sys.executable, "-m", "ims_avatar.pool_process", "--endpoint", endpoint]
    with Process(argv, tmp_path / "pool.log") as process:
        assert process.wait_exit(20) == 1
        assert "pool cannot listen at" in process.text()
