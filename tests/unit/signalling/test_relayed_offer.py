"""What the called side is offered for what the caller offered."""

from __future__ import annotations

import pytest

from ims_avatar.errors import NotAcceptable
from ims_avatar.flow import Direction
from ims_avatar.signalling.codec_match import formats_of
from ims_avatar.signalling.offer_answer import relayed_offer
from ims_avatar.signalling.profiles import PeerProfile, load_profile
from ims_avatar.signalling.sdp import parse
from ims_avatar.signalling.sdp_leg import VideoRole
from tests.support.sdp_fixtures import AUDIO, NAMES, VIDEO, described, recorded
from tests.support.sdp_legs import GENERIC, OURS, leg_a, leg_b, lines, with_audio, with_video

WIDE = "a=rtpmap:97 AMR-WB/16000"
EVENT_8, EVENT_16 = "a=rtpmap:101 telephone-event/8000", "a=rtpmap:102 telephone-event/16000"
OFFERS = [name for name in NAMES if "offer" in name]


def test_the_voice_passes_with_our_address_and_the_callers_payload_types() -> None:
    offer = relayed_offer(leg_a(), leg_b(), recorded("baresip/offer"), "none")
    assert str(offer).splitlines() == [
        "v=0",
        f"o=- 222 222 IN IP4 {OURS}",
        "s=-",
        f"c=IN IP4 {OURS}",
        "t=0 0",
        "m=audio 20004 RTP/AVP 96 0 8 101",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 stereo=1;sprop-stereo=1;maxaveragebitrate=28000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]


@pytest.mark.parametrize("name", OFFERS)
@pytest.mark.parametrize("video", ["none", "relay", "avatar"])
def test_every_real_offer_can_be_passed_on_and_tells_nothing_of_its_sender(name: str, video: VideoRole) -> None:
    theirs = recorded(name)
    ours = "2001:db8::1" if "IP6" in str(theirs) else OURS
    offer = relayed_offer(leg_a(address=ours), leg_b(address=ours), theirs, video)
    assert parse(str(offer)) == offer
    text = str(offer)
    for secret in (theirs.origin.address, theirs.origin.username, "ssrc", "cname", "candidate", "fingerprint", "mid:"):
        assert secret == "-" or secret not in text
    assert offer.media[0].port == 20004


def test_evs_is_dropped_and_the_rest_kept_towards_ims() -> None:
    ims = load_profile("ims-isc")
    for source, target in [(ims, GENERIC), (GENERIC, ims)]:
        offer = relayed_offer(leg_a(source), leg_b(target), recorded("ims-handset/offer_video"), "none")
        audio = offer.media[0]
        assert [f.codec for f in formats_of(audio)] == ["AMR-WB", "AMR-WB", "AMR", "AMR", "TELEPHONE-EVENT"]
        assert "a=fmtp:99 mode-change-capability=2; max-red=220; octet-align=1" in lines(offer, 0)
        assert "EVS" not in str(offer) and "pcfg" not in str(offer) and "qos" not in str(offer)
        assert audio.bandwidth("RR") == 2000


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (GENERIC, "96 0 8 101"),
        (with_audio(preferred=["PCMA"]), "8 96 0 101"),
        (with_audio(preferred=["pcmu", "OPUS"]), "0 96 8 101"),
        (with_audio(allowed=["PCMU", "PCMA"], offered=["PCMU"]), "0 8 101"),
        (with_audio(dropped=["Opus"]), "0 8 101"),
        (with_audio(dtmf="none"), "96 0 8"),
        (load_profile("sip-trunk"), "8 0 101"),
    ],
)
def test_the_targets_profile_filters_and_orders_the_codecs(profile: PeerProfile, expected: str) -> None:
    offer = relayed_offer(leg_a(), leg_b(profile), recorded("baresip/offer"), "none")
    assert " ".join(offer.media[0].formats) == expected


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        (f"0 97 101 102 | {WIDE} | {EVENT_8} | {EVENT_16}", "0 97 101 102"),
        (f"97 101 102 | {WIDE} | {EVENT_8} | {EVENT_16}", "97 102"),
        (f"97 101 | {WIDE} | {EVENT_8}", "97 101"),
        ("0 13 121 77 | a=rtpmap:121 red/8000", "0 13"),
        (f"97 13 | {WIDE}", "97"),
    ],
)
def test_events_and_comfort_noise_stay_with_the_clock_rates_in_use(offered: str, kept: str) -> None:
    offer = relayed_offer(leg_a(), leg_b(), described(f"m=audio 4000 RTP/AVP {offered}"), "none")
    assert " ".join(offer.media[0].formats) == kept


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("", "sendrecv"),
        ("a=sendonly", "sendonly"),
        ("a=recvonly", "recvonly"),
        ("a=inactive", "inactive"),
        ("c=IN IP4 0.0.0.0", "sendonly"),
        ("c=IN IP4 0.0.0.0 | a=sendonly", "sendonly"),
        ("c=IN IP4 0.0.0.0 | a=recvonly", "inactive"),
    ],
)
def test_hold_passes_whichever_way_it_is_written(extra: str, expected: Direction) -> None:
    theirs = described(f"{AUDIO} | {extra}" if extra else AUDIO)
    offer = relayed_offer(leg_a(), leg_b(), theirs, "none")
    assert offer.media[0].direction == expected
    assert offer.connection is not None and offer.connection.address == OURS


@pytest.mark.parametrize(
    ("media", "cause"),
    [
        ([], "no m=audio line"),
        (["m=audio 0 RTP/AVP 0"], "no m=audio line"),
        (["m=audio 4000 RTP/SAVP 0 | a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"], "RTP/SAVP is not plain RTP"),
        (["m=audio 4000 RTP/AVP 101 | a=rtpmap:101 telephone-event/8000"], "no audio codec is permitted"),
        (["m=audio 4000 RTP/AVP 96 | a=rtpmap:96 EVS/16000"], "no audio codec is permitted"),
        (["m=audio 4000 RTP/AVP 0 | c=IN IP6 2001:db8::9"], "no IP address of our family"),
        (["m=audio 4000 RTP/AVP 0 | c=IN IP4 phone.example.org"], "no IP address of our family"),
        ([VIDEO], "no m=audio line"),
    ],
)
def test_without_a_usable_voice_the_call_is_not_acceptable(media: list[str], cause: str) -> None:
    with pytest.raises(NotAcceptable, match=cause) as caught:
        relayed_offer(leg_a(), leg_b(load_profile("ims-isc")), described(*media), "relay")
    assert caught.value.sip_status == 488
    assert caught.value.remedy


def test_the_first_plain_audio_section_is_taken() -> None:
    offer = relayed_offer(leg_a(), leg_b(), recorded("browser-gateway/offer"), "relay")
    assert [media.media for media in offer.media] == ["audio"]
    assert offer.media[0].formats == ("0", "8")


@pytest.mark.parametrize(
    ("audio", "video", "protocols"),
    [
        ("AVP", "AVP", ["RTP/AVP", "RTP/AVP"]),
        ("AVPF", "AVPF", ["RTP/AVPF", "RTP/AVPF"]),
        ("AVP", "AVPF", ["RTP/AVP", "RTP/AVPF"]),
    ],
)
def test_the_targets_profile_chooses_avp_or_avpf(audio: str, video: str, protocols: list[str]) -> None:
    profile = with_audio(with_video(rtp_profile=video), rtp_profile=audio)
    offer = relayed_offer(leg_a(), leg_b(profile), recorded("freeswitch/offer"), "relay")
    assert [media.protocol for media in offer.media] == protocols
    assert offer.media[1].has("rtcp-fb") is (video == "AVPF")


class TestRelayedVideo:
    def test_it_passes_format_by_format(self) -> None:
        offer = relayed_offer(leg_a(), leg_b(), recorded("baresip/offer"), "relay")
        assert offer.media[1].port == 20006
        assert offer.media[1].formats == ("96", "97", "34", "98", "99", "100")
        assert "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f" in lines(offer, 1)

    @pytest.mark.parametrize(
        ("fields", "kept"),
        [
            ({"allowed": ["H264"]}, "96 97"),
            ({"preferred": ["VP8", "H265"]}, "100 99 96 97 34 98"),
            ({"dropped": ["H263", "MP4V-ES"]}, "96 97 99 100"),
        ],
    )
    def test_the_profile_filters_it(self, fields: dict[str, object], kept: str) -> None:
        offer = relayed_offer(leg_a(), leg_b(with_video(**fields)), recorded("baresip/offer"), "relay")
        assert " ".join(offer.media[1].formats) == kept

    def test_retransmission_goes_with_its_codec(self) -> None:
        theirs = described(
            AUDIO,
            "m=video 5000 RTP/AVPF 97 98 99 100 | a=rtpmap:97 H264/90000 | a=rtpmap:98 rtx/90000 | a=fmtp:98 apt=97"
            " | a=rtpmap:99 VP8/90000 | a=rtpmap:100 rtx/90000 | a=fmtp:100 apt=99",
        )
        offer = relayed_offer(leg_a(), leg_b(with_video(dropped=["VP8"])), theirs, "relay")
        assert offer.media[1].formats == ("97", "98")

    @pytest.mark.parametrize(
        "video",
        [
            "m=video 0 RTP/AVP 97",
            "m=video 5000 RTP/SAVP 97 | a=rtpmap:97 H264/90000",
            "m=text 5000 RTP/AVP 98 | a=rtpmap:98 t140/1000",
        ],
    )
    def test_what_cannot_pass_is_not_offered(self, video: str) -> None:
        assert len(relayed_offer(leg_a(), leg_b(), described(AUDIO, video), "relay").media) == 1


class TestOurPicture:
    def test_it_stands_in_the_offer_with_both_modes(self) -> None:
        offer = relayed_offer(leg_a(), leg_b(), recorded("asterisk/offer"), "avatar")
        assert lines(offer, 1) == [
            "m=video 20006 RTP/AVP 97 98",
            "b=AS:422",
            "a=rtpmap:97 H264/90000",
            "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
            "a=rtpmap:98 H264/90000",
            "a=fmtp:98 profile-level-id=42e01f;packetization-mode=0;level-asymmetry-allowed=1",
            "a=rtcp-fb:97 nack pli",
            "a=rtcp-fb:97 ccm fir",
            "a=rtcp-fb:98 nack pli",
            "a=rtcp-fb:98 ccm fir",
            "a=sendonly",
        ]

    def test_the_profile_shapes_it(self) -> None:
        profile = with_video(
            packetization_modes=[0],
            preferred_packetization_mode=0,
            profile_level_ids=["42e00c"],
            level_asymmetry=False,
            rtp_profile="AVPF",
            rtcp_fb=["nack pli"],
            bandwidth_lines=["AS", "TIAS"],
            bit_rate=200_000,
            mtu=1400,
        )
        offer = relayed_offer(leg_a(), leg_b(profile), recorded("asterisk/offer"), "avatar")
        assert lines(offer, 1) == [
            "m=video 20006 RTP/AVPF 97",
            "b=AS:214",
            "b=TIAS:200000",
            "a=rtpmap:97 H264/90000",
            "a=fmtp:97 profile-level-id=42e00c;packetization-mode=0",
            "a=rtcp-fb:97 nack pli",
            "a=sendonly",
        ]

    @pytest.mark.parametrize(
        ("voice", "picture"),
        [("sendrecv", "sendonly"), ("sendonly", "sendonly"), ("recvonly", "inactive"), ("inactive", "inactive")],
    )
    def test_no_lips_without_a_voice(self, voice: str, picture: str) -> None:
        offer = relayed_offer(leg_a(), leg_b(), described(f"{AUDIO} | a={voice}"), "avatar")
        assert offer.media[1].direction == picture
