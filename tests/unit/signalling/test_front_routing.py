"""Bytes and a source in, bytes and a destination out: the stateless proxy of RFC 3261 16.11."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.signalling import sip_message
from ims_avatar.signalling.front_routing import Arrival, Datagram, FrontRouting, FrontSettings, OnFlow, Verdict
from ims_avatar.signalling.sip_message import SipMessage
from ims_avatar.signalling.via import parse_via
from ims_avatar.signalling.worker_places import WorkerPlaces

US, WORKER, OTHER, PEER = ("192.0.2.1", 5060), ("192.0.2.1", 6001), ("192.0.2.1", 6002), ("192.0.2.77", 5070)
STRANGER = ("203.0.113.5", 5060)
FLOW = "f1"


def request(method: str = "INVITE", uri: str = "sip:bob@192.0.2.1", *headers: str, **parts: str) -> bytes:
    lines = [
        f"{method} {uri} SIP/2.0",
        parts.get("via", "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKcaller;rport"),
        "Max-Forwards: 70",
        "From: <sip:alice@192.0.2.77>;tag=a",
        "To: <sip:bob@192.0.2.1>" + parts.get("to_tag", ""),
        f"Call-ID: {parts.get('call_id', 'c1')}",
        f"CSeq: 1 {method}",
        *headers,
    ]
    body = parts.get("body", "")
    return ("\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")) + body).encode()


@pytest.fixture
def front() -> FrontRouting:
    places = WorkerPlaces()
    places.add("w1", WORKER, 1, 4000)
    return FrontRouting(FrontSettings(US, ("192.0.2.0/24",), flows={FLOW}), places)


def sent(verdict: Verdict) -> tuple[SipMessage, object]:
    assert verdict.send is not None, verdict.why
    to: object = verdict.send.to if isinstance(verdict.send, Datagram) else verdict.send.flow
    return sip_message.parse(verdict.send.data), to


def answer(forwarded: SipMessage, status: int = 200, cseq: str = "1 INVITE") -> bytes:
    vias = "".join(f"Via: {via}\r\n" for via in forwarded.items("Via"))
    return (
        f"SIP/2.0 {status} X\r\n{vias}From: <sip:a@a>;tag=a\r\nTo: <sip:b@b>;tag=b\r\n"
        f"Call-ID: {forwarded.call_id}\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def test_invite_goes_to_a_worker_and_the_answer_back(front: FrontRouting) -> None:
    invite, to = sent(front.handle(Arrival(request(), PEER), 0.0))
    assert to == WORKER
    ours, theirs = (parse_via(via) for via in invite.items("Via"))
    assert (ours.host, ours.port, ours.transport) == (*US, "UDP")
    assert theirs.reply_address == PEER
    assert invite.get("Max-Forwards") == "69"
    assert invite.get("Record-Route") is None
    back, to = sent(front.handle(Arrival(answer(invite), WORKER), 0.1))
    assert to == PEER
    assert back.items("Via") == [str(theirs)]


def test_retransmission_cancel_and_ack_take_the_same_way_with_the_same_branch(front: FrontRouting) -> None:
    branches = set()
    for method in ("INVITE", "INVITE", "CANCEL", "ACK"):
        tag = ";tag=b" if method == "ACK" else ""
        message, to = sent(front.handle(Arrival(request(method, to_tag=tag), PEER), 0.0))
        assert to == WORKER
        branches.add(parse_via(message.items("Via")[0]).branch)
    assert len(branches) == 1
    assert front.places.free == 0


def test_the_branch_of_another_transaction_is_another(front: FrontRouting) -> None:
    first, _ = sent(front.handle(Arrival(request(), PEER), 0.0))
    other = request(via="Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKother")
    second, _ = sent(front.handle(Arrival(other, PEER), 0.0))
    assert first.items("Via")[0] != second.items("Via")[0]


def test_old_branches_without_cookie_are_told_apart(front: FrontRouting) -> None:
    old = "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=1"
    one, _ = sent(front.handle(Arrival(request(via=old), PEER), 0.0))
    two, _ = sent(front.handle(Arrival(request(via=old, to_tag=";tag=x"), PEER), 0.0))
    assert one.items("Via")[0] != two.items("Via")[0]


def test_strangers_are_refused(front: FrontRouting) -> None:
    verdict = front.handle(Arrival(request(), STRANGER), 0.0)
    message, to = sent(verdict)
    assert (message.status, to) == (403, STRANGER)
    assert "alice" not in verdict.why and "bob" not in verdict.why
    assert front.handle(Arrival(b"garbage\r\n\r\n", STRANGER), 0.0).send is None
    assert front.handle(Arrival(answer(sip_message.parse(request())), STRANGER), 0.0).send is None
    assert front.places.free == 1


def test_all_places_taken(front: FrontRouting) -> None:
    front.handle(Arrival(request(), PEER), 0.0)
    message, to = sent(front.handle(Arrival(request(call_id="c2"), PEER), 0.0))
    assert (message.status, message.get("Retry-After"), to) == (503, "5", PEER)


def test_draining_takes_no_new_call_and_lets_known_ones_be(front: FrontRouting) -> None:
    sent(front.handle(Arrival(request(), PEER), 0.0))
    front.settings.draining = True
    assert sent(front.handle(Arrival(request(), PEER), 0.5))[1] == WORKER
    assert sent(front.handle(Arrival(request("CANCEL"), PEER), 0.5))[1] == WORKER
    front.places.add("w2", OTHER, 1, 4000)
    assert sent(front.handle(Arrival(request(call_id="c2"), PEER), 0.5))[0].status == 503


def test_a_refused_invite_frees_its_place(front: FrontRouting) -> None:
    invite, _ = sent(front.handle(Arrival(request(), PEER), 0.0))
    assert front.places.free == 0
    sent(front.handle(Arrival(answer(invite, 488), WORKER), 0.1))
    assert front.places.free == 1


@pytest.mark.parametrize("method", ["OPTIONS"])
def test_options_to_us_is_answered_even_with_no_hops_left(front: FrontRouting, method: str) -> None:
    data = request(method).replace(b"Max-Forwards: 70", b"Max-Forwards: 0")
    message, _ = sent(front.handle(Arrival(data, PEER), 0.0))
    assert message.status == 200
    assert "INVITE" in (message.get("Allow") or "") and message.get("Accept") == "application/sdp"


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"Max-Forwards: 70", b"Max-Forwards: 0", 483),
        (b"Max-Forwards: 70", b"Max-Forwards: many", 400),
        (b"CSeq: 1 INVITE", b"CSeq: INVITE", None),
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", None),
        (b"Content-Length: 0", b"Content-Length: 10", 400),
        (b"Call-ID: c1", b"Call-ID: c1\r\nno header at all", 400),
        (b"branch=z9hG4bKcaller", b"branch=z9hG4bKcaller\xff", None),
        (b"Via: SIP/2.0/UDP", b"Via: nonsense", None),
        (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia", None),
    ],
)
def test_malformed_requests_get_400_or_nothing(front: FrontRouting, old: bytes, new: bytes, status: int | None) -> None:
    data = request()
    assert old in data
    verdict = front.handle(Arrival(data.replace(old, new, 1), PEER), 0.0)
    assert (sent(verdict)[0].status if verdict.send else None) == status
    assert front.places.free == 1


@pytest.mark.parametrize(("method", "status"), [("REGISTER", 405), ("MESSAGE", 405), ("SUBSCRIBE", 405), ("BYE", 481)])
def test_what_is_no_call_is_refused(front: FrontRouting, method: str, status: int) -> None:
    message, _ = sent(front.handle(Arrival(request(method), PEER), 0.0))
    assert message.status == status


def test_an_ack_is_never_answered(front: FrontRouting) -> None:
    assert front.handle(Arrival(request("ACK", to_tag=";tag=b"), PEER), 0.0).send is None
    sent(front.handle(Arrival(request(), PEER), 0.0))
    assert front.handle(Arrival(request("ACK"), PEER), 0.1).send is None
    assert (
        front.handle(Arrival(request("ACK").replace(b"Max-Forwards: 70", b"Max-Forwards: 0"), PEER), 0.0).send is None
    )


def test_a_tag_of_ours_is_the_same_for_every_retransmission(front: FrontRouting) -> None:
    answers = {front.handle(Arrival(request("REGISTER"), PEER), now).send for now in (0.0, 0.5)}
    assert len(answers) == 1


def test_longer_than_the_worker_takes(front: FrontRouting) -> None:
    verdict = front.handle(Arrival(request(body="x" * 3800), PEER), 0.0)
    assert sent(verdict)[0].status == 513


def test_tel_uri_finds_its_way(front: FrontRouting) -> None:
    for method in ("INVITE", "CANCEL"):
        assert sent(front.handle(Arrival(request(method, "tel:+1234"), PEER), 0.0))[1] == WORKER


# Connections (RFC 5626, RFC 5658) -------------------------------------------------------------------------------------

TCP_VIA = "Via: SIP/2.0/TCP 192.0.2.77:5070;branch=z9hG4bKcaller"


def test_a_caller_on_tcp_stays_on_its_connection(front: FrontRouting) -> None:
    invite, to = sent(front.handle(Arrival(request(via=TCP_VIA), PEER, FLOW), 0.0))
    assert to == WORKER
    routes = invite.items("Record-Route")
    assert routes == [f"<sip:{FLOW}@192.0.2.1:5060;transport={t};lr>" for t in ("udp", "tcp")]
    back, flow = sent(front.handle(Arrival(answer(invite), WORKER), 0.1))
    assert (flow, back.status) == (FLOW, 200)

    # In the dialog, from the caller: its route set is the Record-Route reversed, the target the worker's Contact.
    routes_of_caller = f"Route: {routes[1]}, {routes[0]}"
    bye = request("BYE", "sip:x@192.0.2.1:6001", routes_of_caller, via=TCP_VIA, to_tag=";tag=b")
    forwarded, to = sent(front.handle(Arrival(bye, PEER, FLOW), 1.0))
    assert to == WORKER and forwarded.get("Route") is None

    # And from the worker.
    routes_of_worker = f"Route: {routes[0]}, {routes[1]}"
    reinvite = request(
        "INVITE", "sip:alice@192.0.2.77:5070;transport=tcp", routes_of_worker, to_tag=";tag=b",
        via="Via: SIP/2.0/UDP 192.0.2.1:6001;rport;branch=z9hG4bKworker",
    )  # fmt: skip
    forwarded, flow = sent(front.handle(Arrival(reinvite, WORKER), 2.0))
    assert flow == FLOW
    assert parse_via(forwarded.items("Via")[0]).transport == "TCP"
    back, to = sent(front.handle(Arrival(answer(forwarded), PEER, FLOW), 2.1))
    assert to == WORKER


def test_a_connection_that_is_gone(front: FrontRouting) -> None:
    invite, _ = sent(front.handle(Arrival(request(via=TCP_VIA), PEER, FLOW), 0.0))
    front.settings.flows.clear()
    assert front.handle(Arrival(answer(invite), WORKER), 0.1).send is None
    bye = request(
        "BYE", "sip:alice@192.0.2.77", "Route: <sip:f1@192.0.2.1:5060;transport=udp;lr>", to_tag=";tag=b",
        via="Via: SIP/2.0/UDP 192.0.2.1:6001;branch=z9hG4bKworker",
    )  # fmt: skip
    message, to = sent(front.handle(Arrival(bye, WORKER), 1.0))
    assert (message.status, to) == (430, WORKER)


def test_only_workers_may_use_a_flow(front: FrontRouting) -> None:
    """A peer that guesses another's token reaches nobody."""
    bye = request("BYE", "sip:x@192.0.2.99", "Route: <sip:f1@192.0.2.1:5060;transport=udp;lr>", to_tag=";tag=b")
    verdict = front.handle(Arrival(bye, PEER), 0.0)
    assert not isinstance(verdict.send, OnFlow)
    assert sent(verdict)[0].status == 481


def test_nobodys_open_relay(front: FrontRouting) -> None:
    """A request in a dialog goes to a worker or nowhere, whatever its Request-URI and Route say."""
    bye = request("BYE", "sip:victim@198.51.100.1", "Route: <sip:198.51.100.1;lr>", to_tag=";tag=b")
    assert sent(front.handle(Arrival(bye, PEER), 0.0))[0].status == 481


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_make_it_stumble(noise: bytes, as_header: bool) -> None:
    places = WorkerPlaces()
    places.add("w1", WORKER, 1, 4000)
    front = FrontRouting(FrontSettings(US, ("192.0.2.0/24",)), places)
    data = request().replace(b"Max-Forwards: 70", b"Max-Forwards: 70\r\nRoute: " + noise) if as_header else noise
    front.handle(Arrival(data, PEER), 0.0)
