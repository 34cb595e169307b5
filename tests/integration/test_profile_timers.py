"""Session timers (RFC 4028) and reliable provisional responses (RFC 3262) as each peer's profile wants them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from tests.support.own_phone import OwnPhone, media_of
from tests.support.ports import Loopback
from tests.support.product import Product, configuration
from tests.support.raw_sip import header_of

PCMA = ("a=rtpmap:8 PCMA/8000",)
PROFILES = {
    "strict": {"session_timer": "required", "session_expires_s": 90, "reliable_provisional": "required"},
    "patient": {"session_timer": "optional", "session_expires_s": 1200, "min_se_s": 600},
    "plain": {"session_timer": "off", "reliable_provisional": "off"},
}
WITH_TIMER = "Supported: timer, 100rel"
REFRESH_S = 45
"""Half of the shortest session interval that there is."""


@dataclass
class Site:
    product: Product
    hosts: dict[str, str]

    def phone(self, profile: str) -> OwnPhone:
        return OwnPhone(self.hosts[profile], self.product.sip)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service whose peers and next hops have one profile each."""
    folder, net = tmp_path_factory.mktemp("timers"), Loopback()
    for name, timers in PROFILES.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"description": name, "timers": timers}))
    us, hosts = net.host(), {name: net.host() for name in PROFILES}
    places = [{"name": name, "networks": [host], "profile": name} for name, host in hosts.items()]
    config = configuration(net, us, peers=places, next_hops=places, rules=[], profiles_path=str(folder))
    product = Product.ready(folder, config)
    try:
        yield Site(product, hosts)
        product.assert_untouched()
    finally:
        product.stop()


def test_a_caller_without_what_its_profile_requires_gets_421(site: Site) -> None:
    with site.phone("strict") as caller:
        caller.call(f"sip:bob@{site.hosts['plain']}:5060", caller.sdp("8", *PCMA))
        refused = caller.expect(421)
    assert {"timer", "100rel"} <= {word.strip() for word in (header_of(refused, "Require") or "").split(",")}


def test_too_short_an_interval_gets_422(site: Site) -> None:
    with site.phone("patient") as caller:
        headers = ("Supported: timer", "Session-Expires: 90")
        caller.call(f"sip:bob@{site.hosts['plain']}:5060", caller.sdp("8", *PCMA), *headers)
        refused = caller.expect(422)
    assert header_of(refused, "Min-SE") == "600"


def test_a_callee_that_wants_a_longer_interval_gets_it(site: Site) -> None:
    with site.phone("plain") as caller, site.phone("patient") as callee:
        caller.call(f"sip:bob@{callee.address}", caller.sdp("8", *PCMA))
        first = callee.expect("INVITE")
        assert (header_of(first, "Session-Expires"), header_of(first, "Min-SE")) == ("1200", "600")
        callee.respond(422, "", "Min-SE: 1800")
        callee.expect("ACK")
        again = callee.expect("INVITE")
        assert (header_of(again, "Session-Expires"), header_of(again, "Min-SE")) == ("1800", "1800")
        assert header_of(again, "Call-ID") == header_of(first, "Call-ID")
        callee.respond(200, callee.sdp("8", *PCMA), "Require: timer", "Session-Expires: 1800;refresher=uac")
        caller.expect(200)
        caller.acknowledge()
        callee.expect("ACK")
        caller.request("BYE")
        caller.expect(200)


def test_nothing_is_said_of_timers_where_they_are_off(site: Site) -> None:
    with site.phone("patient") as caller, site.phone("plain") as callee:
        caller.call(f"sip:bob@{callee.address}", caller.sdp("8", *PCMA), WITH_TIMER, "Session-Expires: 1800")
        invite = callee.expect("INVITE")
        assert "timer" not in (header_of(invite, "Supported") or "")
        assert b"Session-Expires" not in invite and header_of(invite, "Require") is None
        callee.respond(200, callee.sdp("8", *PCMA))
        answer = caller.expect(200)
        assert (header_of(answer, "Session-Expires") or "").startswith("1800;refresher=uac")
        caller.acknowledge()
        callee.expect("ACK")
        caller.request("BYE")
        caller.expect(200)


def test_strict_peers_on_both_sides(site: Site) -> None:
    """Both need 100rel and timers, and leave it to us to refresh. The voice does not notice."""
    with site.phone("strict") as caller, site.phone("strict") as callee:
        timer = ("Session-Expires: 90;refresher=uas", "Min-SE: 90", "Allow: INVITE, ACK, BYE, CANCEL, PRACK")
        caller.call(f"sip:bob@{callee.address}", caller.sdp("8", *PCMA), WITH_TIMER, *timer)
        invite = callee.expect("INVITE")
        assert {"timer", "100rel"} <= {word.strip() for word in (header_of(invite, "Require") or "").split(",")}
        assert (header_of(invite, "Session-Expires"), header_of(invite, "Min-SE")) == ("90", "90")

        allow = "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE"
        callee.respond(183, callee.sdp("8", *PCMA), "Require: 100rel", "RSeq: 7")
        prack = callee.expect("PRACK")
        assert (header_of(prack, "RAck") or "").startswith("7 ")
        callee.respond(200, request=prack)
        early = caller.expect(183)
        assert "100rel" in (header_of(early, "Require") or "")
        caller.request("PRACK", "", f"RAck: {header_of(early, 'RSeq')} 1 INVITE")
        caller.expect(200)

        callee.respond(200, "", allow, "Require: timer", "Session-Expires: 90;refresher=uac")
        answer = caller.expect(200)
        assert (header_of(answer, "Session-Expires") or "").startswith("90;refresher=uas")
        caller.acknowledge()
        callee.expect("ACK")
        _talk_while_refreshed(caller, callee, media_of(early), REFRESH_S + 8)
        caller.request("BYE")
        caller.expect(200)


def _talk_while_refreshed(caller: OwnPhone, callee: OwnPhone, ours: tuple[str, int], seconds: float) -> None:
    """A packet of voice a tenth of a second, each heard; both phones answer what refreshes their session."""
    began, number, refreshed = time.monotonic(), 0, set[tuple[str, str]]()
    while time.monotonic() < began + seconds:
        number += 1
        payload = number.to_bytes(4, "big") * 40
        caller.talk(ours, 8, [payload], first=number)
        assert callee.heard(1, timeout=1) == [(8, payload)], f"voice lost after {time.monotonic() - began:.1f} s"
        for name, phone in (("caller", caller), ("callee", callee)):
            message = phone.receive(0.045)
            if message is not None and not message.startswith((b"ACK", b"SIP/2.0")):
                method = message.split(b" ", 1)[0].decode()
                refreshed.add((name, method))
                sdp = phone.sdp("8", *PCMA, version=1) if b"m=audio" in message else ""
                interval = ("Require: timer", "Session-Expires: 90;refresher=uac")
                phone.respond(200, sdp, *interval, request=message)
    assert refreshed == {("caller", "INVITE"), ("callee", "UPDATE")}
