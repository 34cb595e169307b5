"""SDP in and out: real descriptions keep every line, and a wrong line is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import BadRequest
from ims_avatar.signalling.sdp import (
    Bandwidth,
    Connection,
    Fmtp,
    MediaDescription,
    Origin,
    Rtpmap,
    SessionDescription,
    parse,
    revised,
)
from ims_avatar.signalling.sdp_parser import MAX_ATTRIBUTES, MAX_FORMATS
from ims_avatar.signalling.sdp_sections import MAX_BYTES, MAX_MEDIA
from tests.support.sdp_fixtures import AUDIO, NAMES, VIDEO, described, raw, recorded

HEAD = "v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
BROKEN = {
    "asterisk/offer": (10, "milliseconds"),
    "baresip/answer": (6, "no c= line"),
    "baresip/answer_video": (23, "contradicts an earlier direction"),
    "baresip/offer": (20, "dynamic payload type 97 has no rtpmap"),
    "baresip/offer_audio": (7, "port must be 0 to 65535"),
    "browser-gateway/offer": (23, "m= needs media, port, protocol"),
    "freeswitch/offer": (18, "b= needs 'modifier:number'"),
    "ims-handset/answer": (7, "no valid address"),
    "ims-handset/offer": (15, "contradicts an earlier rtpmap"),
    "ims-handset/offer_video": (27, "RTP payload types must be 0 to 127"),
    "linphone/answer_refuses_video": (7, "a format stands twice"),
    "linphone/offer": (4, "IP4 contradicts the address"),
    "sipp/answer": (2, "o= needs"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_real_description_survives_parsing_and_writing_line_by_line(name: str) -> None:
    text = raw(name).decode()
    written = str(parse(raw(name)))
    assert parse(written) == recorded(name)
    assert sorted(written.splitlines()) == sorted(text.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_its_broken_twin_is_refused_and_the_line_is_named(name: str) -> None:
    line, cause = BROKEN[name]
    with pytest.raises(BadRequest) as caught:
        parse(raw(f"{name}.broken"))
    assert str(caught.value).startswith(f"SDP line {line}: ")
    assert cause in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_line_feeds_alone_are_understood(name: str) -> None:
    assert parse(raw(name).decode().replace("\r\n", "\n")) == recorded(name)


def test_a_description_is_read_into_words() -> None:
    offer = recorded("baresip/offer")
    audio, video = offer.media
    assert offer.origin == Origin(275496052, 961569588, "127.0.0.1")
    assert offer.connection == Connection("127.0.0.1")
    assert (audio.media, audio.port, audio.protocol) == ("audio", 20440, "RTP/AVP")
    assert audio.payload_types == (96, 0, 8, 101)
    assert audio.rtpmap(96) == Rtpmap(96, "opus", 48000, 2)
    assert video.fmtp(97) == Fmtp(97, (("packetization-mode", "1"), ("profile-level-id", "42e01f")))
    assert video.rtpmap(35) is None
    assert offer.direction(audio) == "sendrecv"
    assert offer.rtp_address(video) == ("127.0.0.1", 20942)
    assert offer.rtcp_address(video) == ("127.0.0.1", 20943)
    assert offer.first("video") is video
    assert offer.first("image") is None


def test_static_payload_types_need_no_rtpmap() -> None:
    audio = described("m=audio 4000 RTP/AVP 9 18").media[0]
    assert audio.rtpmap(9) == Rtpmap(9, "G722", 8000)
    assert audio.rtpmap(18) == Rtpmap(18, "G729", 8000)


def test_the_medium_speaks_before_the_session() -> None:
    offer = described(
        f"{AUDIO} | c=IN IP4 192.0.2.9", f"{AUDIO} | a=inactive", "m=audio 0 RTP/AVP 0", session="a=sendonly"
    )
    assert [offer.direction(media) for media in offer.media] == ["sendonly", "inactive", "sendonly"]
    assert [offer.rtp_address(media)[0] for media in offer.media] == ["192.0.2.9", "192.0.2.1", "192.0.2.1"]
    assert [media.rejected for media in offer.media] == [False, False, True]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", ("192.0.2.1", 4001)),
        ("a=rtcp:4711", ("192.0.2.1", 4711)),
        ("a=rtcp:4711 IN IP4 192.0.2.50", ("192.0.2.50", 4711)),
        ("a=rtcp:4711 IN IP6 2001:db8::5", ("2001:db8::5", 4711)),
    ],
)
def test_where_rtcp_goes(lines: str, expected: tuple[str, int]) -> None:
    offer = described(f"{AUDIO} | {lines}" if lines else AUDIO)
    assert offer.rtcp_address(offer.media[0]) == expected


@pytest.mark.parametrize(
    ("address", "unspecified"),
    [("0.0.0.0", True), ("::", True), ("host.invalid", True), ("192.0.2.1", False), ("2001:db8::1", False)],
)
def test_hold_by_address(address: str, unspecified: bool) -> None:
    assert Connection.of(address).unspecified is unspecified


def test_unknown_lines_and_attributes_are_kept_in_order() -> None:
    text = (
        "v=0\no=- 1 2 IN IP4 192.0.2.1\ns= \ni=about\nu=http://example.org\ne=a@example.org\np=+1 617 555\n"
        "c=IN IP4 192.0.2.1\nb=AS:90\nb=X-YZ:128\nt=3034423619 3042462419\nr=7d 1h 0 25h\nz=0 1\nk=prompt\na=tool:x\n"
        "m=audio 4000/2 RTP/AVP 0\ni=title\nc=IN IP4 192.0.2.2\nb=TIAS:64000\nk=clear:k\na=x-new:1:2\na=flag\n"
        "m=message 7000 TCP/MSRP *\na=accept-types:text/plain\n"
    )
    description = parse(text)
    assert str(description) == text.replace("\n", "\r\n")
    assert description.media[0].port_count == 2
    assert description.media[0].title == "title"
    assert description.media[0].bandwidth("TIAS") == 64000
    assert description.bandwidths[1] == Bandwidth("X-YZ", 128)
    assert description.media[1].payload_types == ()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "empty"),
        ("\r\n\r\n", "empty"),
        ("v=0", "has no o= line"),
        ("v=0\no=- 1 2 IN IP4 192.0.2.1\n", "has no s= line"),
        (HEAD.replace("v=0", "v=1"), "line 1: the version must be 0"),
        (HEAD.removeprefix("v=0\n"), "line 1: v= must be the first line"),
        (HEAD + "v=0\n", "line 6: v= must be the first line"),
        (HEAD + "s=again\n", "line 6: a second s= line in one section contradicts line 3"),
        (HEAD + "c=IN IP4 192.0.2.2\n", "line 6: a second c= line"),
        (HEAD + "\nm=audio 4000 RTP/AVP 0\n", "line 6: not a 'type=value' line"),
        (HEAD + "x=1\n", "line 6: not a 'type=value' line"),
        (HEAD + "m=audio 4000 RTP/AVP 0\nt=0 0\n", "line 7: t= must stand before the first m="),
        (HEAD + "m=audio", "line 6: m= needs"),
        (HEAD + "m=audio 4000 RTP/AVP\n", "line 6: no formats"),
        (HEAD + "m=audio -1 RTP/AVP 0\n", "line 6: the port must be"),
        (HEAD + "m=audio 65536 RTP/AVP 0\n", "line 6: the port must be"),
        (HEAD + "m=audio 4000/0 RTP/AVP 0\n", "line 6: the number of ports"),
        (HEAD + "m=audio 4000 RTP/AVP 128\n", "line 6: RTP payload types must be"),
        (HEAD + "m=audio 4000 RTP/AVP zero\n", "line 6: RTP payload types must be"),
        (HEAD + "m=audio 4000 RTP/AVP ٣\n", "line 6: RTP payload types must be"),
        (HEAD + "m=au(dio 4000 RTP/AVP 0\n", "line 6: m= needs"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtpmap:0\n", "line 7: rtpmap"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU\n", "line 7: rtpmap"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/0\n", "line 7: rtpmap"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=fmtp:many x=1\n", "line 7: fmtp"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=fmtp:0 x=1;x=2\n", "line 7: x contradicts"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=fmtp:0 x=1\na=fmtp:0 x=2\n", "line 8: x contradicts"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtcp:0\n", "line 7: a=rtcp needs"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtcp:70000\n", "line 7: a=rtcp needs"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=rtcp:5 IN IP5 x\n", "line 7: a=rtcp knows only"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=ptime:0\n", "line 7: needs a positive number"),
        (HEAD + "m=audio 4000 RTP/AVP 0\na=\n", "line 7: a= needs a name"),
        (HEAD + "m=audio 4000 RTP/AVP 0\nb=AS\n", "line 7: b= needs"),
        (HEAD + "m=audio 4000 RTP/AVP 0\nb=AS:1\nb=AS:2\n", "line 8: contradicts an earlier b="),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4 224.2.1.1/127"), "line 4: no valid address"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4 224.2.1.1"), "line 4: multicast"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2"), "line 4: no valid address"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP9 192.0.2.1"), "line 4: c= needs"),
        (HEAD.replace("o=- 1 2", "o=- one 2"), "line 2: o= needs"),
        (HEAD.replace("o=- 1 2 IN", "o=- 1 2 AT"), "line 2: only 'IN IP4'"),
        (HEAD + "a=x:a\x00b\n", "line 6: control characters"),
        (HEAD + "a=x:a\rVia: evil\n", "line 6: control characters"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, cause: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(text)
    assert cause in str(caught.value)
    assert caught.value.remedy


def test_sizes_and_counts_are_limited() -> None:
    formats = " ".join(str(number) for number in range(MAX_FORMATS + 1))
    for text, cause in [
        (HEAD + f"m=audio 4000 RTP/AVP {formats}\n", f"line 6: more than {MAX_FORMATS} formats"),
        (HEAD + "m=audio 0 RTP/AVP 0\n" * (MAX_MEDIA + 1), f"line {6 + MAX_MEDIA}: more than {MAX_MEDIA} m= lines"),
        (HEAD + "a=x\n" * (MAX_ATTRIBUTES + 1), f"line {6 + MAX_ATTRIBUTES}: more than {MAX_ATTRIBUTES} a= lines"),
        (HEAD + "b=AS:1\nb=CT:1\nb=RS:1\nb=RR:1\nb=TIAS:1\n", "line 10: more than 4 b= lines"),
        (HEAD + f"a=x:{'y' * 5000}\n", "line 6: longer than"),
        (HEAD + f"a=x:{'y' * MAX_BYTES}\n", "is oversized"),
    ]:
        with pytest.raises(BadRequest, match=cause):
            parse(text)
    parse(HEAD + "a=x\n" * MAX_ATTRIBUTES + "m=audio 0 RTP/AVP 0\n" * MAX_MEDIA)


def test_bytes_that_are_not_utf_8_are_named() -> None:
    with pytest.raises(BadRequest, match=r"line 3: byte 31 is not UTF-8"):
        parse(HEAD.encode().replace(b"s=-", b"s=\xff"))
    with pytest.raises(BadRequest, match="UTF-8"):
        parse(HEAD.replace("s=-", "s=\ud800"))


def test_errors_quote_no_line_that_may_name_a_person() -> None:
    with pytest.raises(BadRequest) as caught:
        parse(HEAD.replace("o=- 1 2", "o=alice.smith 1"))
    assert "alice" not in str(caught.value)


def test_a_refused_section_may_lack_everything() -> None:
    answer = parse(HEAD.replace("c=IN IP4 192.0.2.1\n", "") + "m=video 0 RTP/AVP\nm=video 0 RTP/AVP 97\n")
    assert [media.formats for media in answer.media] == [(), ("97",)]


@pytest.mark.parametrize(
    ("change", "version"),
    [({}, 2), ({"name": "other"}, 3), ({"media": ()}, 3), ({"connection": Connection("192.0.2.9")}, 3)],
)
def test_the_version_grows_with_every_change_and_only_then(change: dict[str, object], version: int) -> None:
    sent = parse(HEAD + "m=audio 4000 RTP/AVP 0\n")
    now = replace(sent, origin=Origin(99, 99, "192.0.2.1"), **change)  # type: ignore[arg-type]
    assert revised(sent, now).origin == replace(sent.origin, version=version)
    assert revised(None, now) is now


def test_directions_and_parameters_are_set_in_place() -> None:
    media = described(f"{VIDEO} | a=sendonly | a=label:2").media[0].with_direction("inactive")
    assert [a.name for a in media.attributes] == ["rtpmap", "fmtp", "label", "inactive"]
    fmtp = media.fmtp(97).with_parameter("packetization-mode", "0").with_parameter("max-br", "400")
    assert str(fmtp.attribute) == "a=fmtp:97 profile-level-id=42e01f;packetization-mode=0;max-br=400"
    assert str(Fmtp.of(97, packetization_mode=1).attribute) == "a=fmtp:97 packetization-mode=1"


GOOD = [raw(name) for name in NAMES]


@given(st.data())
def test_whatever_comes_the_parser_raises_nothing_but_bad_request(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(GOOD)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body)))
        length = data.draw(st.integers(0, 12))
        body[at : at + length] = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)))
    try:
        description = parse(bytes(body))
    except BadRequest:
        return
    assert parse(str(description)) == description


PIECES = [
    b"\r\n",
    b"=",
    b" ",
    b"m=audio 1 RTP/AVP 0\r\n",
    b"a=rtpmap:",
    b"a=fmtp:97 ",
    b"/",
    b":",
    b"99999999999",
    b"IP6",
    b"\x00",
]


@given(st.binary(max_size=400))
def test_noise_raises_nothing_but_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(body)


def test_a_description_built_by_hand_is_written_in_the_order_of_rfc_4566() -> None:
    media = MediaDescription("audio", 4000, "RTP/AVP", ("96",), (Rtpmap(96, "opus", 48000, 2).attribute,))
    text = str(SessionDescription(Origin(1, 1, "192.0.2.1"), (media,), Connection.of("192.0.2.1")))
    assert [line[0] for line in text.splitlines()] == list("vosctma")
    assert "a=rtpmap:96 opus/48000/2\r\n" in text
