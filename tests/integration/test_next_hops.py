"""Ways to the called side: TCP by route and by profile, through a proxy, and telephone numbers (RFC 3966)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.own_phone import OwnPhone
from tests.support.ports import Loopback
from tests.support.product import Product, configuration
from tests.support.raw_sip import header_of
from tests.support.requirement import require
from tests.support.sipp import Sipp, SippSettings

pytestmark = pytest.mark.peers
PCMA = ("a=rtpmap:8 PCMA/8000",)
CALLEES = {"route": "callee_holds", "profile": "callee_hangs_up", "proxy": "callee_audio"}
"""SIPp phones that listen on TCP only, by how they are reached."""


@dataclass
class Site:
    net: Loopback
    media: Path
    product: Product
    callees: dict[str, Sipp]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sipp_media: Path) -> Iterator[Site]:
    require("sipp")
    folder, net = tmp_path_factory.mktemp("hops"), Loopback()
    (folder / "wire.yaml").write_text(yaml.safe_dump({"description": "TCP", "transport": "tcp"}))
    settings = SippSettings(sipp_media, transport="t1", timeout_s=120)
    callees = {name: Sipp(scenario, folder, net.host(), settings) for name, scenario in CALLEES.items()}
    routes = {name: f"sip:{callee.uri_host}" for name, callee in callees.items()}
    hops = [
        {"name": name, "networks": [callee.host], "profile": "generic" if name == "route" else "wire"}
        for name, callee in callees.items()
    ]
    rules = [
        {
            "name": "route",
            "match": {"called": "^sip:route"},
            "whose": "caller",
            "route": f"{routes['route']};transport=tcp",
        },
        {"name": "profile", "match": {"called": "^sip:profile"}, "whose": "caller", "route": routes["profile"]},
        {"name": "proxy", "match": {"called": r"^tel:\+1"}, "route": f"{routes['proxy']};lr"},
    ]
    hops.append({"name": "others", "networks": [net.network]})
    config = configuration(net, net.host(), next_hops=hops, rules=rules, profiles_path=str(folder))
    product = Product.ready(folder, config)
    try:
        yield Site(net, sipp_media, product, callees)
        product.assert_untouched()
    finally:
        product.stop()
        for callee in callees.values():
            callee.stop()


@pytest.mark.parametrize(("name", "caller"), [("route", "caller_is_held"), ("profile", "caller_waits")])
def test_callee_on_tcp(site: Site, tmp_path: Path, name: str, caller: str) -> None:
    """Video is added and the callee speaks up itself, all on the one connection."""
    settings = SippSettings(site.media, remote=site.product.sip, service=name, target="anywhere.example")
    phone = Sipp(caller, tmp_path, site.net.host(), settings)
    try:
        phone.expect_success()
        site.callees[name].expect_success(15)
    finally:
        phone.stop()
    assert site.callees[name].saw(r"^Via: SIP/2.0/TCP")


def test_telephone_number_through_a_proxy(site: Site) -> None:
    callee = site.callees["proxy"]
    with OwnPhone(site.net.host(), site.product.sip) as caller:
        caller.identity = "tel:+4930901820"
        caller.call("tel:+1-201-555-0123", caller.sdp("8", *PCMA))
        caller.expect(200)
        caller.acknowledge()
        caller.request("BYE")
        caller.expect(200)
    callee.expect_success(15)
    assert callee.saw(r"^INVITE tel:\+1-201-555-0123 SIP/2\.0")
    assert callee.saw(r"^To: <tel:\+1-201-555-0123>")
    assert callee.saw(r"^From: <tel:\+4930901820>")


def test_telephone_number_without_a_route_is_not_found(site: Site) -> None:
    with OwnPhone(site.net.host(), site.product.sip) as caller:
        caller.call("tel:+4930901820", caller.sdp("8", *PCMA))
        caller.expect(404)


@pytest.mark.parametrize("parameters", ["", ";user=phone"])
def test_uri_without_a_port_means_5060(site: Site, parameters: str) -> None:
    """RFC 3261 19.1.2. The address is this network's own, so the port is free."""
    hosts = [site.net.host() for _ in range(2)]
    with OwnPhone(hosts[0], site.product.sip) as caller, OwnPhone(hosts[1], site.product.sip, 5060) as callee:
        uri = f"sip:+4930901820@{callee.host}{parameters}"
        caller.call(uri, caller.sdp("8", *PCMA))
        invite = callee.expect("INVITE")
        assert invite.startswith(f"INVITE {uri} SIP/2.0".encode())
        assert header_of(invite, "To") == f"<{uri}>"
        callee.respond(486)
        caller.expect(486)


def test_nobody_listens_on_tcp(site: Site) -> None:
    """At once, and as a 500: the 503 of one next hop is not ours (RFC 3261 16.7)."""
    with OwnPhone(site.net.host(), site.product.sip) as caller:
        caller.call(f"sip:bob@{site.net.host()}:5060;transport=tcp", caller.sdp("8", *PCMA))
        caller.expect(500)
