"""What the caller is answered after the called side answered, and what an UPDATE is answered at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import NotAcceptable
from ims_avatar.flow import NegotiatedAudio, NegotiatedMedia
from ims_avatar.signalling.offer_answer import relayed_answer, relayed_offer, settled
from ims_avatar.signalling.own_media import own_answer
from ims_avatar.signalling.sdp import parse
from ims_avatar.signalling.sdp_leg import VideoRole
from tests.support.sdp_fixtures import AUDIO, NAMES, VIDEO, described, recorded
from tests.support.sdp_legs import GENERIC, OURS, leg_a, leg_b, lines, with_audio, with_video

BOTH_MODES = (
    "m=video 5000 RTP/AVP 96 97 | a=rtpmap:96 H264/90000 | a=fmtp:96 profile-level-id=42e01f | a=rtpmap:97 H264/90000"
    " | a=fmtp:97 profile-level-id=42e01f;packetization-mode=1"
)


def test_the_voice_is_answered_with_what_the_other_side_took() -> None:
    offer = recorded("baresip/offer_audio")
    answer = relayed_answer(leg_a(), offer, recorded("sipp/answer"), "none")
    assert str(answer.description).splitlines() == [
        "v=0",
        f"o=- 111 111 IN IP4 {OURS}",
        "s=-",
        f"c=IN IP4 {OURS}",
        "t=0 0",
        "m=audio 20000 RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
        "a=sendrecv",
    ]
    assert answer.media == NegotiatedMedia(
        NegotiatedAudio(
            codec="PCMU",
            payload_type=0,
            clock_rate=8000,
            channels=1,
            remote_rtp=("127.0.0.1", 20838),
            remote_rtcp=("127.0.0.1", 20839),
            direction="sendrecv",
            telephone_event=None,
            ptime_ms=20,
        )
    )


def test_one_codec_is_left_the_one_the_other_side_put_first() -> None:
    offer = described("m=audio 4000 RTP/AVP 0 8 101 | a=rtpmap:101 telephone-event/8000 | a=fmtp:101 0-15")
    answer = relayed_answer(leg_a(), offer, recorded("baresip/answer"), "none")
    assert answer.description.media[0].formats == ("8", "101")
    assert answer.media.audio is not None
    assert (answer.media.audio.codec, answer.media.audio.telephone_event) == ("PCMA", 101)


def test_the_answer_has_the_offers_numbers_and_the_other_sides_parameters() -> None:
    offer = recorded("ims-handset/offer")
    answer = relayed_answer(leg_a(), offer, recorded("ims-handset/answer"), "none")
    assert lines(answer.description, 0) == [
        "m=audio 20000 RTP/AVP 107 101",
        "b=AS:41",
        "a=rtpmap:107 AMR-WB/16000",
        "a=fmtp:107 max-red=0;mode-change-capability=2;mode-change-neighbor=1;mode-change-period=2",
        "a=rtpmap:101 telephone-event/16000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=maxptime:40",
        "a=sendrecv",
    ]
    leg_of_the_callee = settled(leg_b(), relayed_offer(leg_a(), leg_b(), offer, "none"), recorded("ims-handset/answer"))
    assert answer.media.audio and leg_of_the_callee.audio
    assert answer.media.audio.payload_type == 107
    assert leg_of_the_callee.audio.payload_type == 116
    assert leg_of_the_callee.audio.remote_rtp == ("192.0.2.38", 56384)


def test_octet_align_is_matched() -> None:
    other = described("m=audio 9000 RTP/AVP 106 | a=rtpmap:106 AMR-WB/16000 | a=fmtp:106 octet-align=1; mode-set=2")
    answer = relayed_answer(leg_a(), recorded("ims-handset/offer"), other, "none")
    assert answer.description.media[0].formats == ("106",)
    assert answer.media.audio and dict(answer.media.audio.fmtp) == {"octet-align": "1", "mode-set": "2"}


@pytest.mark.parametrize(
    ("offered", "answered", "expected"),
    [
        ("a=sendrecv", "a=sendrecv", "sendrecv"),
        ("a=sendonly", "a=recvonly", "recvonly"),
        ("a=sendonly", "a=sendrecv", "recvonly"),
        ("a=sendonly", "a=inactive", "inactive"),
        ("a=recvonly", "a=sendonly", "sendonly"),
        ("a=inactive", "a=sendrecv", "inactive"),
        ("a=sendrecv", "a=sendonly", "sendonly"),
        ("a=sendrecv", "c=IN IP4 0.0.0.0", "sendonly"),
        ("c=IN IP4 0.0.0.0", "a=recvonly", "recvonly"),
        ("c=IN IP4 0.0.0.0", "a=sendrecv", "recvonly"),
    ],
)
def test_directions_pass_within_what_rfc_3264_allows(offered: str, answered: str, expected: str) -> None:
    answer = relayed_answer(leg_a(), described(f"{AUDIO} | {offered}"), described(f"{AUDIO} | {answered}"), "none")
    assert answer.description.media[0].direction == expected
    assert answer.media.audio and answer.media.audio.direction == expected


def test_nobody_sends_to_an_unspecified_address() -> None:
    answer = relayed_answer(leg_a(), described(f"{AUDIO} | c=IN IP4 0.0.0.0"), described(AUDIO), "none")
    assert answer.media.audio
    assert answer.media.audio.remote_rtp == ("0.0.0.0", 4000)
    assert answer.media.audio.direction == "recvonly"


@pytest.mark.parametrize(
    "other",
    ["m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 18", "m=audio 4000 RTP/AVP 101 | a=rtpmap:101 telephone-event/8000"],
)
def test_without_a_common_voice_it_is_not_acceptable(other: str) -> None:
    with pytest.raises(NotAcceptable):
        relayed_answer(leg_a(), described(AUDIO), described(other), "none")


def test_unknown_media_are_refused_in_place() -> None:
    offer = described(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=text 6000 RTP/AVP 98 | a=rtpmap:98 t140/1000",
        "m=audio 4000 RTP/SAVP 0", AUDIO, "m=image 7000 udptl t38", VIDEO, AUDIO,
    )  # fmt: skip
    answer = relayed_answer(leg_a(), offer, described(AUDIO), "none").description
    assert [str(media).splitlines()[0] for media in answer.media] == [
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "m=text 0 RTP/AVP 98",
        "m=audio 0 RTP/SAVP 0",
        "m=audio 20000 RTP/AVP 0 101",
        "m=image 0 udptl t38",
        "m=video 0 RTP/AVP 97",
        "m=audio 0 RTP/AVP 0 8 101",
    ]


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/AVPF"])
def test_the_callers_avp_or_avpf_is_mirrored(protocol: str) -> None:
    offer = described(AUDIO.replace("RTP/AVP", protocol), VIDEO.replace("RTP/AVP", protocol))
    answer = relayed_answer(leg_a(), offer, described(AUDIO), "avatar").description
    assert [media.protocol for media in answer.media] == [protocol, protocol]


def test_rtcp_goes_where_a_rtcp_says_and_mux_is_not_answered() -> None:
    offer = described(f"{AUDIO} | a=rtcp:4711 IN IP4 192.0.2.77 | a=rtcp-mux")
    answer = relayed_answer(leg_a(), offer, described(AUDIO), "none")
    assert answer.media.audio and answer.media.audio.remote_rtcp == ("192.0.2.77", 4711)
    assert "rtcp-mux" not in str(answer.description)


@pytest.mark.parametrize(("text", "expected"), [("a=ptime:40", 40), ("a=ptime:12.5", 12), ("a=maxptime:80", 20)])
def test_the_packet_time_is_the_receivers(text: str, expected: int) -> None:
    answer = relayed_answer(leg_a(), described(f"{AUDIO} | {text}"), described(AUDIO), "none")
    assert answer.media.audio and answer.media.audio.ptime_ms == expected


def test_dtmf_is_taken_out_where_the_profile_says_so() -> None:
    answer = relayed_answer(leg_a(with_audio(dtmf="none")), described(AUDIO), described(AUDIO), "none")
    assert answer.media.audio and answer.media.audio.telephone_event is None
    assert "telephone-event" not in str(answer.description)


class TestRelayedVideo:
    def test_it_passes_when_both_sides_have_it(self) -> None:
        other = described(AUDIO, f"{VIDEO} | b=AS:300 | a=rtcp-fb:* nack pli")
        answer = relayed_answer(leg_a(), described(AUDIO, f"{BOTH_MODES} | a=rtcp-fb:97 nack pli"), other, "relay")
        assert lines(answer.description, 1) == [
            "m=video 20002 RTP/AVP 97",
            "b=AS:300",
            "a=rtpmap:97 H264/90000",
            "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1",
            "a=rtcp-fb:97 nack pli",
            "a=sendrecv",
        ]
        assert answer.media.video and answer.media.video.feedback == {"nack pli"}
        assert answer.media.video.remote_rtp == ("192.0.2.1", 5000)

    @pytest.mark.parametrize(
        "others_video",
        [
            "m=video 0 RTP/AVP 97",
            "m=video 9000 RTP/AVP 99 | a=rtpmap:99 VP8/90000",
            "m=video 9000 RTP/AVP 97 | a=rtpmap:97 H264/90000 | a=fmtp:97 profile-level-id=64001f;packetization-mode=1",
        ],
    )
    def test_it_is_refused_in_place_otherwise(self, others_video: str) -> None:
        answer = relayed_answer(leg_a(), described(AUDIO, VIDEO), described(AUDIO, others_video), "relay")
        assert [media.port for media in answer.description.media] == [20000, 0]
        assert answer.media.video is None

    def test_other_codecs_pass_too(self) -> None:
        vp8 = "m=video 9000 RTP/AVP 99 | a=rtpmap:99 VP8/90000"
        answer = relayed_answer(leg_a(), described(AUDIO, vp8), described(AUDIO, vp8), "relay")
        assert answer.media.video and answer.media.video.codec == "VP8"


class TestOurPicture:
    def test_it_is_sent_to_whoever_offers_video(self) -> None:
        answer = relayed_answer(leg_a(), recorded("baresip/offer"), recorded("sipp/answer"), "avatar")
        assert lines(answer.description, 1) == [
            "m=video 20002 RTP/AVP 97",
            "b=AS:422",
            "a=rtpmap:97 H264/90000",
            "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1",
            "a=rtcp-fb:97 nack pli",
            "a=sendonly",
        ]
        video = answer.media.video
        assert video and (video.width, video.height, video.frame_rate) == (512, 512, 25)
        assert (video.payload_type, video.packetization_mode, video.feedback) == (97, 1, frozenset({"nack pli"}))
        assert (video.direction, video.remote_rtp, video.mtu) == ("sendonly", ("127.0.0.1", 20942), 1200)

    def test_in_mode_0_when_the_profile_wants_that(self) -> None:
        profile = with_video(preferred_packetization_mode=0)
        answer = relayed_answer(leg_a(profile), recorded("baresip/offer"), recorded("sipp/answer"), "avatar")
        assert answer.media.video and answer.media.video.packetization_mode == 0

    def test_of_the_ims_offers_h264_the_first_usable_is_answered(self) -> None:
        other = recorded("ims-handset/answer")
        answer = relayed_answer(leg_a(), recorded("ims-handset/offer_video"), other, "avatar")
        video = answer.media.video
        assert answer.description.media[1].protocol == "RTP/AVPF"
        assert video and (video.payload_type, video.packetization_mode) == (100, 0)
        assert video.feedback == {"nack pli", "ccm fir"}

    def test_an_offer_without_fmtp_means_level_1(self) -> None:
        answer = relayed_answer(leg_a(), recorded("freeswitch/offer"), described(AUDIO), "avatar")
        video = answer.media.video
        assert video and (video.profile_level_id, video.packetization_mode) == ("42000a", 0)
        assert (video.width, video.height, video.frame_rate, video.bit_rate) == (128, 128, 23, 64 * 1200)
        assert "a=fmtp:103 profile-level-id=42000a;packetization-mode=0" in lines(answer.description, 1)

    def test_unless_the_profile_knows_better(self) -> None:
        profile = with_video(default_profile_level_id="42001f")
        answer = relayed_answer(leg_a(profile), recorded("freeswitch/offer"), described(AUDIO), "avatar")
        assert answer.media.video and answer.media.video.width == 512

    def test_vp8_alone_is_refused_and_the_voice_goes_on(self) -> None:
        leg = leg_a(address="2001:db8::1")
        answer = relayed_answer(leg, recorded("linphone/offer"), described("m=audio 4000 RTP/AVP 8"), "avatar")
        assert [media.port for media in answer.description.media] == [20000, 0]
        assert answer.media.video is None and answer.media.audio


OFFERS = [name for name in NAMES if "offer" in name]
SECTIONS = st.sampled_from(
    [
        AUDIO, VIDEO, BOTH_MODES, "m=audio 0 RTP/AVP 0", "m=video 0 RTP/AVP 97", "m=audio 4000 RTP/SAVP 8",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=image 7000 udptl t38", f"{VIDEO} | b=AS:20",
        f"{VIDEO} | c=IN IP4 0.0.0.0 | a=recvonly", "m=text 6000 RTP/AVP 98 | a=rtpmap:98 t140/1000",
        f"{AUDIO} | a=sendonly", "m=video 5000 RTP/AVPF 99 | a=rtpmap:99 VP8/90000 | a=rtcp-fb:* nack",
    ]
)  # fmt: skip


@given(st.lists(SECTIONS, max_size=16), st.sampled_from(["none", "relay", "avatar"]))
def test_every_m_line_is_answered_in_its_place(sections: list[str], video: VideoRole) -> None:
    offer = described(*sections)
    try:
        answer = relayed_answer(leg_a(), offer, described(AUDIO, VIDEO), video)
    except NotAcceptable:
        assert not any(text.startswith("m=audio 4000 RTP/AVP") for text in sections)
        return
    media = answer.description.media
    assert [(m.media, m.protocol) for m in media] == [(m.media, m.protocol) for m in offer.media]
    assert all(a.rejected for a, o in zip(media, offer.media, strict=True) if o.rejected)
    assert all(set(a.formats) <= set(o.formats) for a, o in zip(media, offer.media, strict=True))
    assert sum(not m.rejected for m in media if m.media == "audio") == 1
    assert sum(not m.rejected for m in media if m.media == "video") == (answer.media.video is not None)
    assert parse(str(answer.description)) == answer.description


@pytest.mark.parametrize("name", OFFERS)
def test_an_end_point_can_answer_what_we_pass_on(name: str) -> None:
    theirs = recorded(name)
    ours = "2001:db8::1" if "IP6" in str(theirs) else OURS
    a, b = leg_a(GENERIC, ours), leg_b(GENERIC, ours)
    offer = relayed_offer(a, b, theirs, "avatar")
    phone = leg_b(GENERIC, ours)
    codecs = ["PCMU", "G722", "AMR-WB"]
    answered = own_answer(phone, offer, codecs=codecs, video="recvonly")
    media = settled(b, offer, answered.description)
    assert media.audio and media.video and answered.media.video
    assert media.audio.codec in codecs
    assert (media.video.direction, answered.media.video.direction) == ("sendonly", "recvonly")
    back = relayed_answer(a, theirs, answered.description, "none")
    assert back.media.audio and back.media.audio.codec == media.audio.codec
