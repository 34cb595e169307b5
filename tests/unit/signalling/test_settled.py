"""What the far end's answer to our offer settles."""

from __future__ import annotations

import pytest

from ims_avatar.errors import BadRequest, NotAcceptable
from ims_avatar.signalling.offer_answer import relayed_offer, reoffer, settled
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sdp_leg import SdpLeg
from tests.support.sdp_fixtures import AUDIO, described, recorded
from tests.support.sdp_legs import GENERIC, OURS, leg_a, leg_b, with_video

VOICE = "m=audio 9000 RTP/AVP 0"
FMTP = "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1"


def _offer(leg: SdpLeg, voice: str = AUDIO) -> SessionDescription:
    return relayed_offer(leg_a(), leg, described(voice), "avatar")


def _video(*more: str, formats: str = "97", protocol: str = "RTP/AVP") -> str:
    return " | ".join([f"m=video 9002 {protocol} {formats}", "a=rtpmap:97 H264/90000", *more])


def test_baresip_takes_the_added_picture() -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), recorded("baresip/answer_video"))
    assert media.audio and media.video
    assert (media.audio.codec, media.audio.remote_rtp) == ("PCMA", ("127.0.0.1", 20530))
    assert (media.audio.telephone_event, media.audio.direction) == (101, "sendrecv")
    video = media.video
    assert (video.payload_type, video.packetization_mode, video.profile_level_id) == (97, 1, "42e01f")
    assert (video.width, video.height, video.frame_rate, video.bit_rate) == (512, 512, 25, 400_000)
    assert (video.direction, video.feedback) == ("sendonly", frozenset({"nack pli"}))
    assert (video.remote_rtp, video.remote_rtcp) == (("127.0.0.1", 20218), ("127.0.0.1", 20219))


def test_linphone_refuses_it_with_port_0_and_the_voice_goes_on() -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), recorded("linphone/answer_refuses_video"))
    assert media.audio and media.audio.codec == "PCMA"
    assert media.video is None


def test_an_answer_with_fewer_lines_refuses_the_missing_ones() -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), recorded("sipp/answer"))
    assert media.audio and media.audio.codec == "PCMU"
    assert media.video is None


@pytest.mark.parametrize(
    ("answer", "cause"),
    [([VOICE, _video(FMTP), VOICE], "has 3 m= lines, the offer had 2"), ([_video(FMTP), VOICE], "m=video in place 1")],
)
def test_an_answer_that_contradicts_the_offer_is_a_bad_request(answer: list[str], cause: str) -> None:
    leg = leg_b()
    with pytest.raises(BadRequest, match=cause):
        settled(leg, _offer(leg), described(*answer))


@pytest.mark.parametrize(
    "voice",
    [
        "m=audio 0 RTP/AVP 0", "m=audio 9000 RTP/AVP 18", "m=audio 9000 RTP/SAVP 0",
        "m=audio 9000 RTP/AVP 101 | a=rtpmap:101 telephone-event/8000", "m=audio 9000 RTP/AVP 0 | c=IN IP6 2001:db8::7",
    ],
)  # fmt: skip
def test_an_answer_without_voice_is_not_acceptable(voice: str) -> None:
    leg = leg_b()
    with pytest.raises(NotAcceptable):
        settled(leg, _offer(leg), described(voice, _video(FMTP)))


@pytest.mark.parametrize(
    ("level", "size", "cap"),
    [
        ("42e01f", 512, "42e01f"), ("42e00c", 240, "42e00c"), ("42E00D", 304, "42e00d"), ("42e028", 512, "42e01f"),
        ("42f00b", 128, "42f00b"),
    ],
)  # fmt: skip
def test_the_answered_level_caps_the_picture(level: str, size: int, cap: str) -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), described(VOICE, _video(FMTP.replace("42e01f", level))))
    assert media.video and (media.video.width, media.video.profile_level_id) == (size, cap)


def test_with_level_asymmetry_the_far_end_may_take_more_than_we_said() -> None:
    leg = leg_b(with_video(profile_level_ids=["42e00c"]))
    answer = described(VOICE, _video(f"{FMTP};level-asymmetry-allowed=1"))
    media = settled(leg, _offer(leg), answer)
    assert media.video and (media.video.width, media.video.profile_level_id) == (512, "42e01f")
    narrow = settled(leg, _offer(leg), described(VOICE, _video(FMTP)))
    assert narrow.video and (narrow.video.width, narrow.video.profile_level_id) == (240, "42e00c")


@pytest.mark.parametrize(
    ("video", "expected"),
    [
        (_video(FMTP), (97, 1)),
        (_video(FMTP.replace("mode=1", "mode=0")), (97, 0)),
        (_video("a=rtpmap:98 H264/90000", FMTP.replace("97", "98").replace("mode=1", "mode=0"), formats="98"), (98, 0)),
        (_video("a=rtpmap:110 H264/90000", FMTP.replace("97", "110"), formats="110"), (110, 1)),
        (_video("a=fmtp:97 profile-level-id=42801f;packetization-mode=1"), (97, 1)),
        (_video("a=fmtp:97 profile-level-id=64001f;packetization-mode=1"), (97, 1)),
        (_video(), (97, 0)),
    ],
)
def test_what_the_answer_accepts_is_sent(video: str, expected: tuple[int, int]) -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), described(VOICE, video))
    assert media.video and (media.video.payload_type, media.video.packetization_mode) == expected


@pytest.mark.parametrize(
    "video",
    [
        "m=video 0 RTP/AVP 97",
        _video(FMTP, protocol="RTP/SAVP"),
        _video("c=IN IP6 2001:db8::5", FMTP),
        _video("a=fmtp:97 profile-level-id=6e001f;packetization-mode=1"),
        _video(FMTP.replace("mode=1", "mode=2")),
        "m=video 9002 RTP/AVP 99 | a=rtpmap:99 VP8/90000",
        "m=video 9002 RTP/AVP 110 | a=rtpmap:110 H264/90000",
        _video("b=AS:30", FMTP),
    ],
)
def test_what_it_does_not_is_not(video: str) -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), described(VOICE, video))
    assert media.audio
    assert media.video is None


@pytest.mark.parametrize(
    ("lines", "session", "expected"),
    [
        ([], "", 400_000),
        (["b=TIAS:256000"], "", 256_000),
        (["b=AS:256"], "", 239_733),
        (["b=TIAS:256000", "b=AS:9000"], "", 256_000),
        (["b=AS:9000"], "", 400_000),
        ([], "b=AS:384", 286_133),
        (["b=AS:256"], "b=AS:100", 239_733),
    ],
)
def test_bandwidth_lines_limit_the_bit_rate(lines: list[str], session: str, expected: int) -> None:
    leg = leg_b()
    answer = described(VOICE, _video(*lines, FMTP), session=session)
    media = settled(leg, _offer(leg), answer)
    assert media.video and media.video.bit_rate == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"bit_rate": 150_000}, 150_000), ({"bandwidth_as_kbps": 256}, 239_733), ({"bit_rate": 900_000}, 400_000)],
)
def test_so_does_the_profile(fields: dict[str, object], expected: int) -> None:
    leg = leg_b(with_video(GENERIC, **fields))
    media = settled(leg, _offer(leg), described(VOICE, _video(FMTP)))
    assert media.video and media.video.bit_rate == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("15", 15), ("14.98", 14), ("60", 25), ("0", 1), ("inf", 25), ("x", 25)]
)
def test_the_far_end_may_want_fewer_pictures(text: str, expected: int) -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), described(VOICE, _video(FMTP, f"a=framerate:{text}")))
    assert media.video and media.video.frame_rate == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendrecv", "recvonly", "sendonly"),
        ("sendrecv", "sendonly", "recvonly"),
        ("sendonly", "sendrecv", "sendonly"),
        ("sendonly", "inactive", "inactive"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_directions_are_seen_from_us(ours: str, theirs: str, expected: str) -> None:
    leg = leg_b()
    offer = relayed_offer(leg_a(), leg, described(f"{AUDIO} | a={ours}"), "none")
    media = settled(leg, offer, described(f"{VOICE} | a={theirs}"))
    assert media.audio and media.audio.direction == expected


@pytest.mark.parametrize(
    ("theirs", "expected"), [("recvonly", "sendonly"), ("sendrecv", "sendonly"), ("inactive", "inactive")]
)
def test_so_is_the_pictures(theirs: str, expected: str) -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg), described(VOICE, _video(FMTP, f"a={theirs}")))
    assert media.video and media.video.direction == expected


def test_feedback_is_what_both_named() -> None:
    leg = leg_b()
    lines = ["a=rtcp-fb:* ccm fir", "a=rtcp-fb:97 nack", "a=rtcp-fb:98 nack pli", "a=rtcp-fb:*"]
    media = settled(leg, _offer(leg), described(VOICE, _video(FMTP, *lines)))
    assert media.video and media.video.feedback == frozenset({"ccm fir"})


def test_our_own_address_is_not_needed_to_settle() -> None:
    leg = leg_b()
    assert settled(leg, _offer(leg), described(VOICE, address=OURS)).audio


WIDEBAND = (
    "m=audio 9000 RTP/AVP 116 8 100 13 | a=rtpmap:116 AMR-WB/16000 | a=rtpmap:100 telephone-event/16000 | "
    "a=rtpmap:101 telephone-event/8000"
)
RENUMBERED = "m=audio 9004 RTP/AVP 107 100 | a=rtpmap:107 AMR-WB/16000 | a=rtpmap:100 telephone-event/16000"


def test_an_answer_may_number_anew() -> None:
    """RFC 3264 section 6.1: to each side goes what its own description names."""
    leg = leg_b()
    media = settled(leg, _offer(leg, WIDEBAND), described(RENUMBERED.replace("100", "101")))
    assert media.audio
    assert (media.audio.codec, media.audio.payload_type, media.audio.telephone_event) == ("AMR-WB", 107, 101)
    assert media.audio.also_received == ((116, 107), (100, 101))
    assert media.audio.comfort_noise is None


def test_comfort_noise_goes_with_the_voice_of_its_clock_rate() -> None:
    leg = leg_b()
    media = settled(leg, _offer(leg, WIDEBAND), described("m=audio 9004 RTP/AVP 8 13"))
    assert media.audio and (media.audio.codec, media.audio.comfort_noise) == ("PCMA", 13)
    media = settled(leg, _offer(leg, WIDEBAND), described(f"{RENUMBERED.replace('107 100', '107 100 13')}"))
    assert media.audio and (media.audio.codec, media.audio.comfort_noise) == ("AMR-WB", None)


def test_the_next_offer_keeps_the_voice_that_was_numbered_anew() -> None:
    leg, answer = leg_b(), described(RENUMBERED)
    offer = _offer(leg, WIDEBAND)
    settled(leg, offer, answer)
    again = reoffer(leg.agreed(offer, answer), "none").first("audio")
    assert again is not None
    assert again.formats == ("116", "100")


def test_a_picture_that_was_numbered_anew_keeps_its_format_in_the_next_offer() -> None:
    leg = leg_b()
    offer = _offer(leg)
    ours = offer.first("video")
    assert ours is not None
    renumbered = _video("a=fmtp:120 profile-level-id=42e01f;packetization-mode=0", formats="120").replace(":97", ":120")
    answer = described("m=audio 9000 RTP/AVP 8", renumbered)
    media = settled(leg, offer, answer)
    assert media.video and (media.video.payload_type, media.video.packetization_mode) == (120, 0)
    mode_0 = next(n for n in ours.payload_types if ours.fmtp(n).get("packetization-mode") == "0")
    assert media.video.also_received == ((mode_0, 120),)
    again = reoffer(leg.agreed(offer, answer), "avatar").first("video")
    assert again is not None and again.payload_types == (mode_0,)
