from __future__ import annotations

import pytest

from ims_avatar.signalling.front_routing import Arrival, Datagram, FrontRouting, FrontSettings
from ims_avatar.signalling.worker_places import WorkerPlaces

FRONT, WORKER, PHONE = ("127.0.0.1", 5060), ("127.0.0.1", 6001), ("127.0.0.9", 5070)


def answer_to(address: tuple[str, int]) -> bytes:
    return (
        f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP {address[0]}:{address[1]};branch=z9hG4bKx\r\nFrom: <sip:a@a>;tag=1\r\n"
        "To: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 2 INVITE\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@pytest.fixture
def front() -> FrontRouting:
    places = WorkerPlaces()
    places.add("worker-1", WORKER, 2, 4000)
    return FrontRouting(FrontSettings(FRONT, ("127.0.0.0/8",)), places)


def test_phone_that_answers_a_worker_through_its_proxy(front: FrontRouting) -> None:
    verdict = front.handle(Arrival(answer_to(WORKER), PHONE), 0.0)
    assert isinstance(verdict.send, Datagram)
    assert verdict.send.to == WORKER
    assert b"Via: SIP/2.0/UDP 127.0.0.1:6001;branch=z9hG4bKx\r\n" in verdict.send.data


def test_answer_to_nobody_we_know_is_dropped(front: FrontRouting) -> None:
    assert front.handle(Arrival(answer_to(("127.0.0.1", 6002)), PHONE), 0.0).send is None


def test_stranger_reaches_no_worker(front: FrontRouting) -> None:
    assert front.handle(Arrival(answer_to(WORKER), ("192.0.2.9", 5060)), 0.0).send is None
