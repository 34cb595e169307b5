"""Which answered format belongs to which offered one."""

from __future__ import annotations

import pytest

from ims_avatar.signalling.codec_match import Format, common, event_for, formats_of, matches
from ims_avatar.signalling.sdp_lines import parse_fmtp, parse_rtpmap
from tests.support.sdp_fixtures import described, recorded


def _format(mapping: str, parameters: str = "", number: int = 96) -> Format:
    return Format(parse_rtpmap(f"{number} {mapping}"), parse_fmtp(f"{number} {parameters}"))


H264 = "profile-level-id=42e01f;packetization-mode=1"


@pytest.mark.parametrize(
    ("mapping", "offered", "answered", "same"),
    [
        ("PCMU/8000", "", "", True),
        ("opus/48000/2", "useinbandfec=1", "stereo=1", True),
        ("EVS/16000", "br=5.9-24.4; bw=nb-swb", "br=13.2", True),
        ("G729/8000", "annexb=no", "", True),
        ("AMR-WB/16000", "", "octet-align=0", True),
        ("AMR-WB/16000", "octet-align=1", "", False),
        ("AMR-WB/16000", "octet-align=1", "octet-align=1; max-red=0", True),
        ("AMR/8000", "crc=1", "octet-align=1; crc=1", True),
        ("AMR/8000", "octet-align=1", "octet-align=1; crc=1", False),
        ("AMR/8000", "octet-align=1; robust-sorting=1", "octet-align=1", False),
        ("AMR/8000", "octet-align=1; interleaving=20", "interleaving=20", True),
        ("AMR/8000", "mode-set=0,2,4,7", "mode-set=0,2,4,7", True),
        ("AMR/8000", "mode-set=0,2,4,7", "mode-set=7", True),
        ("AMR/8000", "mode-set=0, 2, 4", "mode-set=7", False),
        ("AMR/8000", "mode-set=7", "", True),
        ("AMR/8000", "", "mode-set=7", True),
        ("H264/90000", H264, H264, True),
        ("H264/90000", H264, H264.replace("1f", "0c"), True),
        ("H264/90000", H264, H264.replace("42e01f", "4D801E"), True),
        ("H264/90000", H264, H264.replace("42e0", "4200"), False),
        ("H264/90000", H264, H264.replace("42e0", "6400"), False),
        ("H264/90000", H264, H264.replace("mode=1", "mode=0"), False),
        ("H264/90000", "", "profile-level-id=42001f", True),
        ("H264/90000", "", "profile-level-id=42e01f", False),
        ("H264/90000", "profile-level-id=6e001f", "profile-level-id=6e000c", True),
        ("H264/90000", "profile-level-id=6e001f", "profile-level-id=f4001f", False),
        ("H265/90000", "profile-id=1", "", True),
        ("H265/90000", "profile-id=2", "", False),
        ("VP9/90000", "profile-id=0", "profile-id=2", False),
        ("iLBC/8000", "mode=20", "mode=30", False),
    ],
)
def test_codec_by_codec(mapping: str, offered: str, answered: str, same: bool) -> None:
    assert matches(_format(mapping, offered), _format(mapping, answered, number=110)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PCMU/8000", "pcmu/8000", True),
        ("AMR-WB/16000/1", "AMR-WB/16000", True),
        ("PCMU/8000", "PCMA/8000", False),
        ("L16/8000", "L16/16000", False),
        ("opus/48000/2", "opus/48000", False),
        ("telephone-event/8000", "telephone-event/16000", False),
    ],
)
def test_name_clock_rate_and_channels_are_compared(one: str, other: str, same: bool) -> None:
    assert matches(_format(one), _format(other)) is same


def test_pairs_come_in_the_order_of_the_answer_and_prefer_the_same_number() -> None:
    offered = [_format("AMR/8000", "", 98), _format("AMR/8000", "", 99), _format("PCMA/8000", "", 8)]
    answered = [_format("PCMA/8000", "", 8), _format("AMR/8000", "", 99), _format("GSM/8000", "", 3)]
    assert [(a.payload_type, b.payload_type) for a, b in common(offered, answered)] == [(8, 8), (99, 99)]


def test_an_offered_format_is_used_once() -> None:
    twice = [_format("PCMA/8000", "", 8), _format("PCMA/8000", "", 97)]
    assert len(common(twice[:1], twice)) == 1


def test_events_follow_the_clock_rate_of_the_voice() -> None:
    formats = formats_of(recorded("linphone/offer").media[0])
    rates = {f.payload_type: f for f in formats}
    event = {number: event_for(rates[number], formats) for number in (96, 97, 0)}
    assert {number: f.payload_type for number, f in event.items() if f} == {96: 99, 97: 100, 0: 101}
    assert event_for(rates[0], [rates[0]]) is None


def test_numbers_without_meaning_are_left_out() -> None:
    formats = formats_of(described("m=audio 4000 RTP/AVP 0 77 13").media[0])
    assert [f.codec for f in formats] == ["PCMU", "CN"]
