"""SIP messages: what is accepted is whole, what is not names its fault. Real bytes, each with a broken twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import BadRequest
from ims_avatar.signalling.sip_message import parse, parse_uri, split_list, uri_of
from ims_avatar.signalling.via import parse_via

INVITE = (
    b"INVITE sip:bob@192.0.2.4 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKnashds8;rport , SIP/2.0/TCP a.example;branch=z9hG4bKx\r\n"
    b"Max-Forwards: 70\r\n"
    b'f: "A. \\"G\\", Bell" <sip:a.g.bell@bell-tel.com>\r\n ;tag=a48s\r\n'
    b"t: <sip:bob@192.0.2.4>\r\n"
    b"i: f81d4fae@192.0.2.1\r\n"
    b"CSeq: 4711 INVITE\r\n"
    b"m: <sip:a@192.0.2.1:5070;transport=tcp>\r\n"
    b"c: application/sdp\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"v=0\r"
)


def test_invite_with_compact_names_and_folding() -> None:
    message = parse(INVITE)
    assert (message.method, message.uri, message.call_id) == ("INVITE", "sip:bob@192.0.2.4", "f81d4fae@192.0.2.1")
    assert message.items("Via")[1] == "SIP/2.0/TCP a.example;branch=z9hG4bKx"
    assert message.get("From") == '"A. \\"G\\", Bell" <sip:a.g.bell@bell-tel.com> ;tag=a48s'
    assert message.body == b"v=0\r"


def test_what_is_written_is_what_was_read() -> None:
    once = parse(INVITE)
    assert parse(bytes(once)).headers == (
        *[h for h in once.headers if h[0] != "Content-Length"],
        ("Content-Length", "4"),
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"\r\n\r\n", b"\r\n", "end of headers"),
        (b"SIP/2.0\r\nv", b"HTTP/1.1\r\nv", "request line"),
        (b"INVITE sip", b"INVITE  sip", "request line"),
        (b"i: f81d4fae@192.0.2.1\r\n", b"", "Call-Id is missing"),
        (b"i: f81d4fae@192.0.2.1\r\n", b"i: a\r\nCall-ID: b\r\n", "twice"),
        (b"i: f81d4fae@192.0.2.1", b"i: two words", "one word"),
        (b"4711 INVITE", b"4711 BYE", "another method"),
        (b"4711 INVITE", b"99999999999 INVITE", "CSeq"),
        (b"l: 4", b"l: 5", "shorter"),
        (b"l: 4", b"l: -1", "not a number"),
        (b"t: <sip:bob", b"t: \xff<sip:bob", "UTF-8"),
        (b"t: <sip:bob", b"t: \x00<sip:bob", "control characters"),
        (b"c: application/sdp", b"no colon here", "name: value"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\n" + b"X: y\r\n" * 200, "more than 200"),
    ],
)
def test_broken_twins(old: bytes, new: bytes, fault: str) -> None:
    assert old in INVITE
    with pytest.raises(BadRequest, match=fault):
        parse(INVITE.replace(old, new, 1))


@given(st.binary(max_size=600))
def test_any_bytes_are_a_message_or_a_bad_request(noise: bytes) -> None:
    try:
        parse(noise)
    except BadRequest:
        return


@given(st.integers(0, len(INVITE) - 1), st.binary(max_size=3))
def test_a_damaged_invite_never_does_more(at: int, noise: bytes) -> None:
    try:
        message = parse(INVITE[:at] + noise + INVITE[at + 1 :])
    except BadRequest:
        return
    assert message.items("Via") and message.call_id


def test_lists_are_split_outside_quotes_and_brackets() -> None:
    assert split_list('"a, b" <sip:a@b?c=d,e>, <sip:f;lr>;x="1,2",g') == [
        '"a, b" <sip:a@b?c=d,e>',
        '<sip:f;lr>;x="1,2"',
        "g",
    ]


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ('"<sip:evil@x>" <sip:a@b;user=phone>;tag=1', "sip:a@b;user=phone"),
        ("sip:a@b;tag=1", "sip:a@b"),
        ("<tel:+1;phone-context=x>", "tel:+1;phone-context=x"),
    ],
)
def test_uri_of_name_addr(text: str, uri: str) -> None:
    assert uri_of(text) == uri


def test_uri() -> None:
    uri = parse_uri("sip:flow@[2001:db8::1]:5080;transport=TCP;lr")
    assert (uri.host, uri.port, uri.user, uri.parameters) == (
        "2001:db8::1", 5080, "flow", {"transport": "TCP", "lr": ""},
    )  # fmt: skip
    for wrong in ("sip:", "sip:a b@c", "http://a", "sip:a@b:70000", "sip:a@b@c", "tel:+1"):
        with pytest.raises(BadRequest):
            parse_uri(wrong)


def test_via_notes_the_source() -> None:
    via = parse_via("SIP / 2.0 / UDP phone.example:5070 ;branch=z9hG4bKa;rport")
    noted = via.with_source(("192.0.2.9", 1234))
    assert str(noted) == "SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa;rport=1234;received=192.0.2.9"
    assert noted.reply_address == ("192.0.2.9", 1234)
    assert parse_via("SIP/2.0/UDP 192.0.2.9;branch=x").with_source(("192.0.2.9", 1)).reply_address == (
        "192.0.2.9",
        5060,
    )
    assert parse_via("SIP/2.0/UDP h:5070;branch=x").with_source(("192.0.2.9", 1)).reply_address == ("192.0.2.9", 5070)


def test_a_forged_rport_is_no_port() -> None:
    assert parse_via("SIP/2.0/UDP 192.0.2.9:5070;rport=999999").reply_address == ("192.0.2.9", 5070)
