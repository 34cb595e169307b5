from __future__ import annotations

import pytest

from ims_avatar.call.route import outgoing_call, redirect_target, route_call
from ims_avatar.config import Config, PeerConfig, RuleConfig
from ims_avatar.errors import Forbidden, NotFound
from ims_avatar.signalling import sdp
from ims_avatar.signalling.port import Headers, IncomingCall
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.rules import Rules
from tests.unit.call.conftest import AUDIO, RecordedLeg

OFFER = sdp.parse(AUDIO)


def invite(request_uri: str = "sip:bob@127.0.0.2:5070", headers: Headers = ()) -> IncomingCall:
    leg = RecordedLeg("in", owns_call_id=False)
    return IncomingCall(
        leg, request_uri, "sip:alice@home;tag=1", '"Bob" <sip:bob@us>', headers, OFFER, ("127.0.0.9", 5)
    )


def rules(route: str | None = None) -> Rules:
    return Rules(Config(rules=[RuleConfig(name="r", route=route)]))


@pytest.mark.parametrize(
    ("route", "dialled", "request_uri", "routes"),
    [
        (None, "sip:bob@127.0.0.2:5070", "sip:bob@127.0.0.2:5070", ()),
        (None, "sip:bob@127.0.0.2;user=phone;ob;transport=tcp", "sip:bob@127.0.0.2;user=phone;transport=tcp", ()),
        ("sip:127.0.0.3:5080", "sip:bob@127.0.0.2", "sip:bob@127.0.0.3:5080", ()),
        ("sip:127.0.0.3;transport=tcp", "sip:bob@x.example", "sip:bob@127.0.0.3;transport=tcp", ()),
        ("sip:127.0.0.3", "tel:+15551234;phone-context=x", "sip:+15551234@127.0.0.3;user=phone", ()),
        ("sip:desk@127.0.0.3", "sip:127.0.0.2", "sip:desk@127.0.0.3", ()),
        ("sip:orig@127.0.0.3;lr", "sip:bob@home.example", "sip:bob@home.example", ("<sip:orig@127.0.0.3;lr>",)),
        ("sip:127.0.0.3;lr", "tel:+1555", "tel:+1555", ("<sip:127.0.0.3;lr>",)),
        ("sip:127.0.0.3;lr", "sip:b@x.example?Route=%3Csip:6.6.6.6%3E", "sip:b@x.example", ("<sip:127.0.0.3;lr>",)),
    ],
)
def test_where_the_other_leg_goes(route: str | None, dialled: str, request_uri: str, routes: tuple[str, ...]) -> None:
    target = route_call(rules(route), invite(dialled)).target
    assert (target.request_uri, target.routes) == (request_uri, routes)


def test_what_cannot_be_routed() -> None:
    with pytest.raises(NotFound):
        route_call(rules(), invite("tel:+1555"))
    with pytest.raises(Forbidden):
        route_call(rules(), invite("sip:bob@127.0.0.2;maddr=198.51.100.7"))
    with pytest.raises(NotFound):
        route_call(rules(), invite("sip:bob@127.0.0.2;transport=tls"))
    with pytest.raises(Forbidden):
        redirect_target(rules(), "<sip:bob@198.51.100.7>;q=0.5")


def test_a_stranger() -> None:
    config = Config(peers=[PeerConfig(name="p", networks=["192.0.2.0/24"])])
    with pytest.raises(Forbidden):
        route_call(Rules(config), invite())


@pytest.mark.parametrize(
    ("of_caller", "of_callee", "crossing"),
    [((), ("Privacy",), []), (("Privacy",), (), []), (("Privacy", "Diversion"), ("privacy",), ["Privacy"])],
)
def test_headers_cross_only_between_sides_that_both_trust_them(
    of_caller: tuple[str, ...], of_callee: tuple[str, ...], crossing: list[str]
) -> None:
    call = invite(headers=(("Via", "x"), ("Privacy", "id"), ("Diversion", "<sip:d@e>"), ("Contact", "<sip:c@d>")))
    profiles = [PeerProfile(description="", copied_headers=names) for names in (of_caller, of_callee)]
    sent = outgoing_call(call, route_call(rules(), call).target, OFFER, *profiles)
    assert [name for name, _ in sent.headers] == crossing
    assert (sent.to, sent.from_) == ("<sip:bob@us>", "<sip:alice@home>")


def test_transport_of_the_profile() -> None:
    tcp = PeerProfile(description="", transport="tcp")
    call = invite()
    sent = outgoing_call(call, route_call(rules(), call).target, OFFER, PeerProfile(description=""), tcp)
    assert sent.request_uri == "sip:bob@127.0.0.2:5070;transport=tcp"


def test_transport_of_the_profile_holds_for_its_proxy_too() -> None:
    tcp, call = PeerProfile(description="", transport="tcp"), invite("tel:+1555")
    for route, first in (
        ("sip:127.0.0.3;lr", "<sip:127.0.0.3;lr;transport=tcp>"),
        ("sip:127.0.0.3;transport=udp;lr", "<sip:127.0.0.3;transport=udp;lr>"),
    ):
        sent = outgoing_call(call, route_call(rules(route), call).target, OFFER, PeerProfile(description=""), tcp)
        assert (sent.request_uri, sent.routes) == ("tel:+1555", (first,))
