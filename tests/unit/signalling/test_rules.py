"""Who may call, where to, and who gets which avatar."""

from __future__ import annotations

import pytest

from ims_avatar.config import AvatarsConfig, Config, NextHopConfig, PeerConfig, RuleConfig, RuleMatch
from ims_avatar.errors import Forbidden, LoopDetected, NotFound
from ims_avatar.signalling.rules import AvatarStream, Intercept, NextHop, Rules, calling_uri

CONFIG = Config(
    peers=[
        PeerConfig(name="phones", networks=["192.0.2.0/25", "2001:db8:1::/48"], profile="baresip"),
        PeerConfig(name="trunk", networks=["192.0.2.200"], profile="sip-trunk"),
        PeerConfig(name="shadowed", networks=["192.0.2.0/24"]),
    ],
    next_hops=[
        NextHopConfig(name="core", networks=["198.51.100.0/24"], hosts=["Core.Example.org"], profile="ims-isc"),
        NextHopConfig(name="here", networks=["127.0.0.0/8"]),
    ],
    avatars=AvatarsConfig(default="clara"),
)
RULES = Rules(CONFIG, frozenset({("192.0.2.1", 5060), ("127.0.0.1", 5060), ("proxy.example.org", 5070)}))


class TestPeers:
    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("192.0.2.7", "phones"), ("192.0.2.200", "trunk"), ("192.0.2.201", "shadowed"), ("2001:db8:1::5", "phones"),
            ("::ffff:192.0.2.7", "phones"),
        ],
    )  # fmt: skip
    def test_the_first_network_that_holds_the_address_decides(self, host: str, name: str) -> None:
        assert RULES.peer(host).name == name

    @pytest.mark.parametrize("host", ["198.51.100.1", "2001:db8:2::5", "core.example.org", "", "192.0.2.7.9"])
    def test_anybody_else_is_forbidden(self, host: str) -> None:
        with pytest.raises(Forbidden) as caught:
            RULES.peer(host)
        assert caught.value.sip_status == 403 and "peers" in caught.value.remedy

    def test_by_default_only_loopback_calls_and_is_called(self) -> None:
        rules = Rules(Config())
        assert rules.peer("127.0.0.9").name == "loopback"
        assert rules.next_hop("sip:127.0.0.9").name == "loopback"
        with pytest.raises(Forbidden):
            rules.peer("192.0.2.7")
        with pytest.raises(Forbidden):
            rules.next_hop("sip:192.0.2.7")


class TestNextHops:
    @pytest.mark.parametrize(
        ("uri", "expected"),
        [
            ("sip:bob@198.51.100.7", NextHop("core", "198.51.100.7", 5060, "ims-isc")),
            ("sip:198.51.100.7:5090", NextHop("core", "198.51.100.7", 5090, "ims-isc")),
            ("sip:+15551234;npdi@198.51.100.7;user=phone", NextHop("core", "198.51.100.7", 5060, "ims-isc")),
            ("SIP:bob@CORE.example.ORG.;lr", NextHop("core", "core.example.org", 5060, "ims-isc")),
            ("sips:bob@core.example.org", NextHop("core", "core.example.org", 5061, "ims-isc")),
            ("sip:bob@127.0.0.1:5061;transport=tcp", NextHop("here", "127.0.0.1", 5061, "generic")),
        ],
    )
    def test_a_configured_host_may_be_called(self, uri: str, expected: NextHop) -> None:
        assert RULES.next_hop(uri) == expected

    @pytest.mark.parametrize(
        "uri",
        [
            "sip:bob@203.0.113.5",
            "sip:bob@evil.example.org",
            "sip:core.example.org@203.0.113.5",
            "sip:bob@[2001:db8::1]",
            "sip:bob@198.51.100.7;maddr=203.0.113.5",
            "sip:bob@198.51.100.7;lr;MADDR=203.0.113.5",
            "sip:bob@198.51.100.7?Route=%3Csip:203.0.113.5%3E",
            "sip:bob@xcore.example.org",
            "sip:bob@localhost:5099",
        ],
    )
    def test_nobodys_open_relay(self, uri: str) -> None:
        with pytest.raises(Forbidden) as caught:
            RULES.next_hop(uri)
        assert caught.value.remedy

    @pytest.mark.parametrize(
        "uri", ["sip:bob@127.0.0.1", "sip:192.0.2.1:5060", "sip:bob@Proxy.example.org:5070", "sip:bob@localhost:5060"]
    )
    def test_a_call_to_ourselves_is_a_loop(self, uri: str) -> None:
        with pytest.raises(LoopDetected) as caught:
            RULES.next_hop(uri)
        assert caught.value.sip_status == 482

    @pytest.mark.parametrize(
        "uri",
        [
            "tel:+15551234",
            "sip:",
            "sip:bob@",
            "bob",
            "sip:bob@host:99999",
            "sip:a@b@c",
            "sip:b@198.51.100.7; maddr=192.0.2.9",
            "",
        ],
    )
    def test_what_is_no_sip_uri_leads_nowhere(self, uri: str) -> None:
        with pytest.raises(NotFound) as caught:
            RULES.next_hop(uri)
        assert caught.value.sip_status == 404

    def test_errors_name_no_person(self) -> None:
        with pytest.raises(Forbidden) as caught:
            RULES.next_hop("sip:alice@203.0.113.5")
        assert "alice" not in str(caught.value)


def _intercept(*rules: RuleConfig, headers: tuple[tuple[str, str], ...] = ()) -> Intercept:
    config = CONFIG.model_copy(update={"rules": list(rules)})
    return Rules(config).intercept("sip:+4930123@core.example.org;user=phone", "sip:alice@phones.example.org", headers)


class TestIntercept:
    def test_without_a_rule_a_call_passes_through(self) -> None:
        assert _intercept() == Intercept(None)
        assert _intercept().seen_by("caller") is None

    @pytest.mark.parametrize(
        ("match", "hit"),
        [
            (RuleMatch(), True),
            (RuleMatch(called=r"^sip:\+49"), True),
            (RuleMatch(called=r"^sip:\+43"), False),
            (RuleMatch(calling="alice@"), True),
            (RuleMatch(calling="bob@"), False),
            (RuleMatch(called="core", calling="bob@"), False),
            (RuleMatch(headers={"x-avatar": "^on$"}), True),
            (RuleMatch(headers={"X-Avatar": "^off$"}), False),
            (RuleMatch(headers={"X-Missing": ".*"}), False),
            (RuleMatch(headers={"Subject": "second"}), True),
            (RuleMatch(called="core", headers={"X-Avatar": "on", "Subject": "first"}), True),
        ],
    )
    def test_all_conditions_must_hold(self, match: RuleMatch, hit: bool) -> None:
        headers = (("X-AVATAR", "on"), ("Subject", "first"), ("subject", "second"))
        found = _intercept(RuleConfig(name="r", match=match, whose="caller"), headers=headers)
        assert (found.rule == "r") is hit
        assert bool(found.streams) is hit

    def test_the_first_match_decides(self) -> None:
        first = RuleConfig(name="first", match=RuleMatch(called="4930"), route="sip:198.51.100.9")
        assert _intercept(first, RuleConfig(name="second", whose="both")) == Intercept(
            "first", route="sip:198.51.100.9"
        )

    @pytest.mark.parametrize(
        ("fields", "streams"),
        [
            ({"whose": "nobody"}, []),
            ({"whose": "caller"}, [("caller", "callee", "clara")]),
            ({"whose": "callee"}, [("callee", "caller", "clara")]),
            ({"whose": "both"}, [("caller", "callee", "clara"), ("callee", "caller", "clara")]),
            (
                {"whose": "both", "avatar": "ann", "callee_avatar": "ben"},
                [("caller", "callee", "ann"), ("callee", "caller", "ben")],
            ),
            ({"whose": "callee", "avatar": "ann"}, [("callee", "caller", "ann")]),
            ({"whose": "callee", "callee_avatar": "ben"}, [("callee", "caller", "ben")]),
            ({"whose": "caller", "viewer": "caller"}, [("caller", "caller", "clara")]),
            ({"whose": "caller", "viewer": "both"}, [("caller", "caller", "clara"), ("caller", "callee", "clara")]),
        ],
    )  # fmt: skip
    def test_whose_avatar_is_shown_to_whom(self, fields: dict[str, str], streams: list[tuple[str, str, str]]) -> None:
        found = _intercept(RuleConfig.model_validate({"name": "r", **fields}))
        assert [(s.speaker, s.viewer, s.avatar) for s in found.streams] == streams
        for viewer in ("caller", "callee"):
            assert sum(stream.viewer == viewer for stream in found.streams) <= 1

    def test_a_leg_finds_its_picture(self) -> None:
        found = _intercept(RuleConfig(name="r", whose="caller", when="offer"))
        assert found.seen_by("callee") == AvatarStream("caller", "callee", "clara")
        assert found.seen_by("caller") is None
        assert found.when == "offer"


@pytest.mark.parametrize(
    ("from_", "headers", "expected"),
    [
        ('"Ann" <sip:ann@example.org>;tag=1', (), "sip:ann@example.org"),
        ("sip:ann@example.org;tag=1", (), "sip:ann@example.org"),
        ("<sip:ann@example.org;user=phone>", (), "sip:ann@example.org;user=phone"),
        ('"<sip:fake@evil>" <sip:ann@example.org>', (), "sip:ann@example.org"),
        ('"A \\"<sip:x@y>" <sip:ann@example.org>', (), "sip:ann@example.org"),
        ("<sip:anonymous@anonymous.invalid>", (("P-Asserted-Identity", "<tel:+4930123>"),), "tel:+4930123"),
        ("<sip:a@b>", (("p-asserted-identity", '"B" <sip:b@b>'), ("P-Asserted-Identity", "<tel:+1>")), "sip:b@b"),
    ],
)
def test_who_calls(from_: str, headers: tuple[tuple[str, str], ...], expected: str) -> None:
    assert calling_uri(from_, headers) == expected
