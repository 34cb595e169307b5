"""Streams hold a place from the first moment, and give it back whatever happens."""

from __future__ import annotations

import threading

import pytest

from ims_avatar.errors import AvatarNotFound, ImsAvatarError, NotAcceptable, PoolFull
from ims_avatar.inference.admission import Admission
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.inference.protocol import StreamSpec
from ims_avatar.pool_process.loader import AvatarLoader, Loaded
from ims_avatar.pool_process.streams import StreamTable, failure, perform
from ims_avatar.pool_process.studio import LoadedAvatar
from tests.support.fake_pool import LIPS
from tests.support.process import wait_until

SPEC = StreamSpec("a", 128, 128)


class HeldLoader:
    """Loads when told."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.loads: list[str] = []
        self.loader = AvatarLoader(self._load)

    def _load(self, name: str) -> LoadedAvatar:
        self.loads.append(name)
        assert self.go.wait(10)
        if name == "missing":
            raise AvatarNotFound("no avatar 'missing'")
        return LoadedAvatar(FakeEngine(avatar=name, width=128, height=128), LIPS)

    def news(self) -> list[tuple[str, Loaded]]:
        news: list[tuple[str, Loaded]] = []

        def came() -> bool:
            news.extend(self.loader.finished())
            return bool(news)

        wait_until(came, 10, "nothing was loaded")
        return news


@pytest.fixture
def held() -> HeldLoader:
    return HeldLoader()


def test_the_place_is_taken_before_the_avatar_is_loaded(held: HeldLoader) -> None:
    admission = Admission(2)
    table = StreamTable(admission, held.loader)
    streams = [table.open((b"c", n), SPEC) for n in range(2)]
    with pytest.raises(PoolFull):
        table.open((b"c", 2), SPEC)
    assert (admission.taken, table.loading) == (2, 2)
    held.go.set()
    ((name, loaded),) = held.news()
    assert isinstance(loaded, LoadedAvatar)
    assert table.waiting_for(name) == streams
    for stream in streams:
        perform(stream, loaded)
    assert held.loads == ["a"]
    assert {stream.performer.avatar for stream in streams if stream.performer} == {loaded}
    assert table.loading == 0


def test_a_later_stream_shares_the_loaded_avatar_at_once(held: HeldLoader) -> None:
    table = StreamTable(Admission(2), held.loader)
    held.go.set()
    table.open((b"c", 0), SPEC)
    held.news()
    assert table.open((b"d", 0), SPEC).performer is not None
    assert held.loads == ["a"]


def test_what_failed_to_load_is_tried_again_when_asked_again(held: HeldLoader) -> None:
    held.go.set()
    for _ in range(2):
        assert held.loader.request("missing") is None
        ((_, error),) = held.news()
        assert isinstance(error, AvatarNotFound)
    assert held.loads == ["missing", "missing"]


def test_a_place_comes_back_when_the_stream_ends_while_loading(held: HeldLoader) -> None:
    admission = Admission(1)
    table = StreamTable(admission, held.loader)
    table.open((b"c", 0), SPEC)
    table.close((b"c", 0))
    table.close((b"c", 0))
    assert (admission.taken, len(table)) == (0, 0)
    held.go.set()
    ((name, _),) = held.news()
    assert table.waiting_for(name) == []


def test_a_stream_that_cannot_be_encoded_holds_no_place(held: HeldLoader) -> None:
    admission = Admission(1)
    table = StreamTable(admission, held.loader)
    with pytest.raises(NotAcceptable, match="level_idc 255"):
        table.open((b"c", 0), StreamSpec("a", profile_level_id="42e0ff"))
    assert (admission.taken, len(table)) == (0, 0)


def test_the_rate_divides_the_pools_and_stays_under_the_level(held: HeldLoader) -> None:
    table = StreamTable(Admission(1), held.loader)
    settings = table.open((b"c", 0), StreamSpec("a", 320, 240, 25, profile_level_id="42e00c")).settings
    assert (settings.width, settings.height, settings.frame_rate) == (320, 240, 12.5)


def test_streams_of_a_client_are_found(held: HeldLoader) -> None:
    table = StreamTable(Admission(3), held.loader)
    mine = [table.open((b"c", n), SPEC) for n in range(2)]
    table.open((b"d", 0), SPEC)
    assert table.of_client(b"c") == mine


def test_a_failure_is_told_without_its_remedy_twice() -> None:
    assert failure(PoolFull("full", remedy="wait")) == ("PoolFull", "full", "wait")
    assert failure(ImsAvatarError("x")) == ("ImsAvatarError", "x", "")
