"""Our SIP test phone's offers and answers."""

from __future__ import annotations

import pytest

from ims_avatar.errors import NotAcceptable
from ims_avatar.flow import Direction
from ims_avatar.signalling.offer_answer import settled
from ims_avatar.signalling.own_media import own_answer, own_offer
from ims_avatar.signalling.profiles import load_profile
from tests.support.sdp_fixtures import AUDIO, VIDEO, described, recorded
from tests.support.sdp_legs import GENERIC, leg_a, leg_b, lines, with_audio, with_video

MODE_1 = "packetization-mode=1"


def test_a_phone_offers_its_codecs_and_takes_a_picture() -> None:
    offer = own_offer(leg_a(), codecs=["PCMU", "PCMA", "G722"], video="recvonly")
    assert lines(offer, 0) == [
        "m=audio 20000 RTP/AVP 0 8 9 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]
    assert offer.media[1].direction == "recvonly"


def test_codecs_of_several_rates_bring_an_event_for_each() -> None:
    offer = own_offer(leg_a(load_profile("ims-isc")))
    assert lines(offer, 0)[:-2] == [
        "m=audio 20000 RTP/AVP 96 97 98 99 8 101 102",
        "a=rtpmap:96 AMR-WB/16000",
        "a=fmtp:96 mode-change-capability=2;max-red=0",
        "a=rtpmap:97 AMR-WB/16000",
        "a=fmtp:97 octet-align=1;max-red=0",
        "a=rtpmap:98 AMR/8000",
        "a=fmtp:98 mode-change-capability=2;max-red=0",
        "a=rtpmap:99 AMR/8000",
        "a=fmtp:99 octet-align=1;max-red=0",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/16000",
        "a=fmtp:101 0-15",
        "a=rtpmap:102 telephone-event/8000",
        "a=fmtp:102 0-15",
    ]


def test_without_dtmf_no_event_is_offered() -> None:
    assert own_offer(leg_a(with_audio(dtmf="none")), codecs=["OPUS"]).media[0].formats == ("96",)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722", "AMR", "AMR-WB", "opus"])
def test_two_phones_agree(codec: str) -> None:
    caller, callee = leg_a(), leg_b()
    offer = own_offer(caller, codecs=[codec, "PCMA"], video="recvonly")
    answer = own_answer(callee, offer, codecs=["G729", codec], video="sendonly")
    here, there = settled(caller, offer, answer.description), answer.media
    assert here.audio and there.audio and here.video and there.video
    assert here.audio.codec == there.audio.codec == codec.upper()
    assert here.audio.payload_type == there.audio.payload_type
    assert here.audio.telephone_event == there.audio.telephone_event
    assert (here.video.direction, there.video.direction) == ("recvonly", "sendonly")
    assert here.video.payload_type == there.video.payload_type
    assert here.audio.remote_rtp == ("198.51.100.1", 20004)


@pytest.mark.parametrize(
    ("codecs", "expected"), [(["PCMU"], "0 101"), (["PCMA", "PCMU"], "0 101"), (["opus"], "96 101"), (None, "0 101")]
)
def test_the_first_offered_codec_that_is_ours_is_answered(codecs: list[str] | None, expected: str) -> None:
    answer = own_answer(leg_b(), recorded("baresip/offer"), codecs=codecs)
    assert " ".join(answer.description.media[0].formats) == expected
    assert answer.description.media[1].rejected


def test_the_profiles_preference_comes_before_the_offers_order() -> None:
    answer = own_answer(leg_b(with_audio(preferred=["PCMA"])), recorded("baresip/offer"), codecs=["PCMU", "PCMA"])
    assert answer.media.audio and answer.media.audio.codec == "PCMA"


def test_amr_is_answered_in_the_layout_that_was_offered() -> None:
    offer = described("m=audio 4000 RTP/AVP 106 | a=rtpmap:106 AMR-WB/16000 | a=fmtp:106 octet-align=1;mode-set=0,2")
    answer = own_answer(leg_b(), offer, codecs=["AMR-WB"])
    assert "a=fmtp:106 octet-align=1;mode-set=0,2" in lines(answer.description, 0)


def test_nothing_in_common_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable, match="none of the offered audio codecs is ours"):
        own_answer(leg_b(), described("m=audio 4000 RTP/AVP 18"), codecs=["PCMU"])


@pytest.mark.parametrize(
    ("offered", "wanted", "expected"),
    [
        ("sendonly", "recvonly", "recvonly"),
        ("sendrecv", "recvonly", "recvonly"),
        ("recvonly", "recvonly", "inactive"),
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("inactive", "recvonly", "inactive"),
    ],
)
def test_video_is_taken_as_wanted(offered: str, wanted: Direction, expected: str) -> None:
    answer = own_answer(leg_b(), described(AUDIO, f"{VIDEO} | a={offered}"), video=wanted)
    assert answer.description.media[1].direction == expected
    assert answer.media.video and answer.media.video.direction == expected


@pytest.mark.parametrize("audio", ["sendrecv", "recvonly", "inactive"])
def test_a_phone_may_hold(audio: Direction) -> None:
    assert own_offer(leg_a(), audio=audio).media[0].direction == audio
    assert own_answer(leg_b(), described(AUDIO), audio=audio).description.media[0].direction == audio


class TestLevels:
    """Our answer to an H.264 offer: the profile stays, the level may go down (RFC 6184 section 8.2.2)."""

    @pytest.mark.parametrize(
        ("offered", "answered", "cap", "width"),
        [
            (f"profile-level-id=42e01f;{MODE_1}", f"profile-level-id=42e01f;{MODE_1}", "42e01f", 512),
            (f"profile-level-id=42e028;{MODE_1}", f"profile-level-id=42e01f;{MODE_1}", "42e01f", 512),
            (f"profile-level-id=42e00c;{MODE_1}", f"profile-level-id=42e00c;{MODE_1}", "42e00c", 240),
            (f"profile-level-id=42801F;{MODE_1}", f"profile-level-id=42801f;{MODE_1}", "42801f", 512),
            (f"profile-level-id=64001f;{MODE_1}", f"profile-level-id=64001f;{MODE_1}", "64001f", 512),
            (f"profile-level-id=640c0d;{MODE_1}", f"profile-level-id=640c0d;{MODE_1}", "640c0d", 304),
            ("profile-level-id=42e01f", "profile-level-id=42e01f;packetization-mode=0", "42e01f", 512),
            (MODE_1, f"profile-level-id=42000a;{MODE_1}", "42000a", 128),
            (
                "profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1",
                "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
                "42e028",
                512,
            ),
            (
                "profile-level-id=42e00c;packetization-mode=1;max-mbps=40500;max-fs=1620",
                "profile-level-id=42e00c;packetization-mode=1",
                "42e00c",
                512,
            ),
        ],
    )  # fmt: skip
    def test_answered(self, offered: str, answered: str, cap: str, width: int) -> None:
        offer = described(AUDIO, f"m=video 5000 RTP/AVP 97 | a=rtpmap:97 H264/90000 | a=fmtp:97 {offered}")
        answer = own_answer(leg_b(), offer, video="sendonly")
        assert f"a=fmtp:97 {answered}" in lines(answer.description, 1)
        assert answer.media.video and (answer.media.video.profile_level_id, answer.media.video.width) == (cap, width)

    @pytest.mark.parametrize(
        "offered",
        [
            "profile-level-id=6e001f;packetization-mode=1", "profile-level-id=58001f;packetization-mode=1",
            "profile-level-id=junk;packetization-mode=1", "profile-level-id=42e01f;packetization-mode=2",
            "profile-level-id=42e0ff;packetization-mode=1",
        ],
    )  # fmt: skip
    def test_refused(self, offered: str) -> None:
        offer = described(AUDIO, f"m=video 5000 RTP/AVP 97 | a=rtpmap:97 H264/90000 | a=fmtp:97 {offered}")
        answer = own_answer(leg_b(), offer, video="sendonly")
        assert answer.media.video is None and answer.description.media[1].rejected

    def test_asymmetry_is_not_answered_when_the_profile_forbids_it(self) -> None:
        offer = described(AUDIO, f"{VIDEO};level-asymmetry-allowed=1")
        answer = own_answer(leg_b(with_video(level_asymmetry=False)), offer, video="sendonly")
        assert "level-asymmetry-allowed" not in str(answer.description)

    def test_too_little_bandwidth_refuses_a_picture_that_we_would_send(self) -> None:
        offer = described(AUDIO, f"{VIDEO} | b=TIAS:20000")
        assert own_answer(leg_b(), offer, video="sendonly").media.video is None
        assert own_answer(leg_b(), offer, video="recvonly").media.video

    def test_only_one_mode_may_be_allowed(self) -> None:
        profile = with_video(GENERIC, packetization_modes=[0], preferred_packetization_mode=0)
        assert own_answer(leg_b(profile), described(AUDIO, VIDEO), video="sendonly").media.video is None
        both = own_answer(leg_b(profile), recorded("baresip/offer"), video="sendonly")
        assert both.media.video and both.media.video.payload_type == 96
