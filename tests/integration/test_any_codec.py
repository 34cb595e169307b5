"""Whatever the phones agree on is relayed as it is, also what no library here has heard of."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.support.avatar_calls import Lab
from tests.support.own_phone import OwnPhone, media_of


@pytest.fixture
def phones(lab: Lab) -> Iterator[tuple[OwnPhone, OwnPhone]]:
    with OwnPhone(lab.net.host(), lab.product.sip) as caller, OwnPhone(lab.net.host(), lab.product.sip) as callee:
        yield caller, callee


def _payloads(seed: int) -> list[bytes]:
    chance = random.Random(seed)
    return [chance.randbytes(chance.randint(1, 90)) for _ in range(20)]


def _call(lab: Lab, phones: tuple[OwnPhone, OwnPhone], formats: str, *lines: str, user: str = "bob") -> None:
    """Places the call and answers it with the first format."""
    caller, callee = phones
    caller.call(f"sip:{user}@{callee.address}", caller.sdp(formats, *lines))
    callee.expect("INVITE")
    callee.respond(200, callee.sdp(formats.split()[0], *lines))


def _relayed_both_ways(phones: tuple[OwnPhone, OwnPhone], answer: bytes, offer: bytes, payload_type: int) -> None:
    caller, callee = phones
    for speaker, hearer, ours in ((caller, callee, answer), (callee, caller, offer)):
        spoken = _payloads(payload_type)
        speaker.talk(media_of(ours), payload_type, spoken)
        heard = hearer.heard(len(spoken))
        assert [payload for _, payload in heard] == spoken
        assert {number for number, _ in heard} == {payload_type}


CODECS: dict[str, tuple[int, *tuple[str, ...]]] = {
    "evrc": (97, "a=rtpmap:97 EVRC/8000"),
    "silk": (98, "a=rtpmap:98 SILK/16000"),
    "clearmode": (99, "a=rtpmap:99 CLEARMODE/8000"),
    "l16": (100, "a=rtpmap:100 L16/16000"),
    "ilbc": (102, "a=rtpmap:102 iLBC/8000", "a=fmtp:102 mode=30"),
    "g729": (18,),
    "gsm": (3, "a=rtpmap:3 GSM/8000"),
    "g723": (4,),
    "l16-stereo": (10,),
    "mpa": (14,),
    "latm": (103, "a=rtpmap:103 MP4A-LATM/90000", "a=fmtp:103 object=23"),
    "surround": (104, "a=rtpmap:104 L24/96000/6"),
    "opus-slow": (105, "a=rtpmap:105 opus/48000/2", "a=fmtp:105 maxplaybackrate=1;sprop-maxcapturerate=1"),
    "evs": (106, "a=rtpmap:106 EVS/16000", "a=fmtp:106 br=9.6-24.4;bw=swb"),
    "unheard-of": (107, "a=rtpmap:107 x-codec.of_2050/1/9"),
    "g722-dynamic": (108, "a=rtpmap:108 G722/8000"),
    "slow-pcma": (109, "a=rtpmap:109 PCMA/1"),
    "slow-static-pcma": (8, "a=rtpmap:8 PCMA/1"),
    "static-pcmu-of-nine": (0, "a=rtpmap:0 PCMU/8000/9"),
    "between": (77, "a=rtpmap:77 FOO/1"),
    "endless-packets": (111, "a=rtpmap:111 AMR/8000", "a=ptime:60000", "a=maxptime:1"),
    "ilbc-of-no-mode": (110, "a=rtpmap:110 iLBC/8000", "a=fmtp:110 mode=none"),
}
MANY = tuple(f"a=rtpmap:{number} many{number}/8000" for number in range(96, 126))


@pytest.mark.parametrize("name", CODECS)
def test_codec_is_negotiated_and_relayed(lab: Lab, phones: tuple[OwnPhone, OwnPhone], name: str) -> None:
    number, *lines = CODECS[name]
    caller, callee = phones
    _call(lab, phones, str(number), *lines)
    answer = caller.expect(200)
    caller.acknowledge()
    callee.expect("ACK")
    _relayed_both_ways(phones, answer, callee.invite, number)
    caller.request("BYE")
    caller.expect(200)
    callee.expect("BYE")
    lab.product.assert_untouched()


@pytest.mark.parametrize(
    "line",
    [f"a=rtpmap:97 {'x' * 60}/16000", "a=rtpmap:97 wide/48000/255"],
    ids=["long-name", "many-channels"],
)
def test_codec_that_the_stack_cannot_hold_is_refused(lab: Lab, phones: tuple[OwnPhone, OwnPhone], line: str) -> None:
    """pjmedia's identifier of a codec has 31 characters, its proposal one digit for channels."""
    caller, callee = phones
    caller.call(f"sip:bob@{callee.address}", caller.sdp("97", line))
    caller.expect(488)
    lab.product.assert_untouched()


def test_codec_that_the_stack_cannot_hold_does_no_harm_beside_others(
    lab: Lab, phones: tuple[OwnPhone, OwnPhone]
) -> None:
    caller, callee = phones
    line = f"a=rtpmap:97 {'x' * 60}/16000"
    _call(lab, phones, "8 97", line)
    answer = caller.expect(200)
    caller.acknowledge()
    callee.expect("ACK")
    _relayed_both_ways(phones, answer, callee.invite, 8)
    caller.request("BYE")
    caller.expect(200)


def test_more_codecs_than_the_stack_holds(lab: Lab, phones: tuple[OwnPhone, OwnPhone]) -> None:
    """It looks at its list when a call comes in; what is answered later may be one that it has not."""
    caller, callee = phones
    offered = " ".join(str(number) for number in range(96, 126))
    _call(lab, phones, offered, *MANY)
    answer = caller.expect(200)
    caller.acknowledge()
    _relayed_both_ways(phones, answer, callee.invite, 96)
    caller.request("BYE")
    caller.expect(200)
    with OwnPhone(lab.net.host(), lab.product.sip) as again, OwnPhone(lab.net.host(), lab.product.sip) as picky:
        again.call(f"sip:bob@{picky.address}", again.sdp(offered, *MANY))
        picky.expect("INVITE")
        picky.respond(200, picky.sdp("125", MANY[-1]))
        answer = again.expect(200)
        again.acknowledge()
        _relayed_both_ways((again, picky), answer, picky.invite, 125)
        again.request("BYE")
        again.expect(200)
    lab.product.assert_untouched()


def test_each_phone_gets_the_payload_types_that_it_named(lab: Lab, phones: tuple[OwnPhone, OwnPhone]) -> None:
    """RFC 3264 5.1: the caller says AMR-WB 116 and events 100, the callee answers with 107 and 101."""
    caller, callee = phones
    offered = ("a=rtpmap:116 AMR-WB/16000", "a=rtpmap:100 telephone-event/16000")
    answered = ("a=rtpmap:107 AMR-WB/16000", "a=rtpmap:101 telephone-event/16000")
    caller.call(f"sip:bob@{callee.address}", caller.sdp("116 100", *offered))
    callee.expect("INVITE")
    callee.respond(200, callee.sdp("107 101", *answered))
    answer = caller.expect(200)
    caller.acknowledge()
    callee.expect("ACK")
    spoken = _payloads(1)[:6]
    key = [bytes([5, 0x0A, 0, 160])] * 2
    for speaker, hearer, ours, sent, arrives in (
        (caller, callee, answer, (116, 100), (107, 101)),
        (callee, caller, callee.invite, (116, 100), (116, 100)),
        (callee, caller, callee.invite, (107, 101), (116, 100)),
    ):
        speaker.talk(media_of(ours), sent[0], spoken)
        speaker.talk(media_of(ours), sent[1], key, first=7)
        assert hearer.heard(8) == [(arrives[0], p) for p in spoken] + [(arrives[1], p) for p in key]
    caller.request("BYE")
    caller.expect(200)
