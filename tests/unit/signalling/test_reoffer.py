"""Later offers in a running session: adding and removing our picture, hold, slots, versions, UPDATE."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ims_avatar.errors import NotAcceptable
from ims_avatar.signalling.offer_answer import relayed_answer, relayed_offer, reoffer, settled
from ims_avatar.signalling.own_media import own_offer
from ims_avatar.signalling.sdp import MediaDescription, SessionDescription, parse
from ims_avatar.signalling.sdp_leg import SdpLeg
from tests.support.sdp_fixtures import AUDIO, VIDEO, described, recorded
from tests.support.sdp_legs import leg_a, leg_b, lines

VOICE = "m=audio 9000 RTP/AVP 8 | a=rtpmap:8 PCMA/8000"
REFUSED = "m=video 0 RTP/AVP 97"
TAKEN = VIDEO.replace("5000", "9002") + " | a=recvonly"


def _running(*answer: str, video: bool = False) -> SdpLeg:
    """Leg B after our offer and this answer."""
    leg = leg_b()
    offer = relayed_offer(leg_a(), leg, recorded("baresip/offer_audio"), "avatar" if video else "none")
    return leg.agreed(offer, described(*answer))


def _kinds(description: SessionDescription) -> list[tuple[str, int]]:
    return [(media.media, media.port) for media in description.media]


def test_our_picture_is_added_and_the_voice_stays_as_agreed() -> None:
    leg = _running(VOICE)
    offer = reoffer(leg, "avatar")
    assert _kinds(offer) == [("audio", 20004), ("video", 20006)]
    assert lines(offer, 0) == ["m=audio 20004 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv"]
    assert offer.media[1].direction == "sendonly"
    assert leg.local and offer.origin == replace(leg.local.origin, version=leg.local.origin.version + 1)
    assert parse(str(offer)) == offer


def test_an_unchanged_offer_keeps_its_version() -> None:
    leg = _running(VOICE, TAKEN, video=True)
    first = reoffer(leg, "avatar")
    again = reoffer(leg.agreed(first, described(VOICE, TAKEN)), "avatar")
    assert again == first


def test_the_version_counts_on_from_an_offer_that_was_refused() -> None:
    leg = _running(VOICE)
    refused = reoffer(leg, "avatar")
    after = leg.sent(refused)
    again = relayed_offer(leg_a(), after, described(f"{AUDIO} | a=sendonly"), "none")
    assert again.origin.version == refused.origin.version + 1
    assert _kinds(again) == [("audio", 20004)]


def test_a_running_picture_goes_on_as_agreed() -> None:
    leg = _running(VOICE, TAKEN, video=True)
    held = relayed_offer(leg_a(), leg, described(f"{AUDIO} | a=inactive"), "avatar")
    assert _kinds(held) == [("audio", 20004), ("video", 20006)]
    assert held.media[1].formats == ("97",)
    assert held.media[1].direction == "inactive"
    leg = leg.agreed(held, described(f"{VOICE} | a=inactive", TAKEN.replace("recvonly", "inactive")))
    resumed = relayed_offer(leg_a(), leg, described(AUDIO), "avatar")
    assert resumed.media[1].direction == "sendonly"
    assert "98" not in resumed.media[1].formats


def test_a_picture_is_taken_away_in_place() -> None:
    offer = reoffer(_running(VOICE, TAKEN, video=True), "none")
    assert _kinds(offer) == [("audio", 20004), ("video", 0)]


def test_a_refused_slot_is_used_again_with_numbers_of_its_own() -> None:
    leg = _running(VOICE, REFUSED, video=True)
    assert _kinds(relayed_offer(leg_a(), leg, described(AUDIO), "none")) == [("audio", 20004), ("video", 0)]
    offer = reoffer(leg, "avatar")
    assert _kinds(offer) == [("audio", 20004), ("video", 20006)]
    assert offer.media[1].formats == ("99", "100")


def test_a_slot_that_the_far_end_made_is_used_again() -> None:
    theirs = described("m=application 9 TCP/BFCP *", VOICE, "m=video 5000 RTP/AVP 97 | a=rtpmap:97 VP8/90000")
    leg = leg_a()
    answer = relayed_answer(leg, theirs, described(AUDIO), "avatar").description
    assert _kinds(answer) == [("application", 0), ("audio", 20000), ("video", 0)]
    offer = reoffer(leg.agreed(answer, theirs), "avatar")
    assert _kinds(offer) == [("application", 0), ("audio", 20000), ("video", 20002)]
    assert offer.media[2].formats == ("98", "99")
    assert str(offer.media[0]) == "m=application 0 TCP/BFCP *\r\n"


def test_a_full_description_gives_up_a_dead_slot_of_another_medium() -> None:
    theirs = described(VOICE, *["m=text 6000 RTP/AVP 98 | a=rtpmap:98 t140/1000"] * 15)
    leg = leg_a()
    answer = relayed_answer(leg, theirs, described(AUDIO), "none").description
    offer = reoffer(leg.agreed(answer, theirs), "avatar")
    assert len(offer.media) == 16
    assert _kinds(offer)[:3] == [("audio", 20000), ("video", 20002), ("text", 0)]


def test_hold_and_resume_by_ourselves() -> None:
    leg = _running(VOICE, TAKEN, video=True)
    held = reoffer(leg, "avatar", "inactive")
    assert [media.direction for media in held.media] == ["inactive", "inactive"]
    resumed = reoffer(leg.agreed(held, described(VOICE, TAKEN)), "avatar", "sendrecv")
    assert [media.direction for media in resumed.media] == ["sendrecv", "sendonly"]


@pytest.mark.parametrize("remote", [[], ["m=audio 0 RTP/AVP 8"]])
def test_without_a_running_voice_there_is_nothing_to_offer(remote: list[str]) -> None:
    with pytest.raises(NotAcceptable):
        reoffer(_running(*remote), "avatar")
    with pytest.raises(NotAcceptable):
        reoffer(leg_b(), "avatar")


class TestOfferedByTheFarEnd:
    """Our own answers become `local`; a later offer of ours starts from them."""

    def _held(self) -> SdpLeg:
        leg, offer = leg_a(), recorded("baresip/offer_audio")
        answer = relayed_answer(leg, offer, recorded("sipp/answer"), "none")
        return leg.agreed(answer.description, offer)

    def test_our_picture_is_added_for_a_caller_with_voice_only(self) -> None:
        offer = reoffer(self._held(), "avatar")
        assert _kinds(offer) == [("audio", 20000), ("video", 20002)]
        assert offer.media[0].formats == ("0",)
        assert offer.origin.version == 112

    def test_a_hold_from_there_is_answered_with_the_other_sides_direction(self) -> None:
        leg = self._held()
        offer = described("m=audio 20838 RTP/AVP 0 | a=sendonly")
        answer = relayed_answer(leg, offer, described("m=audio 9000 RTP/AVP 0 | a=recvonly"), "none")
        assert answer.description.media[0].direction == "recvonly"
        assert answer.description.origin.version == 112

    def test_an_update_is_answered_at_once_from_the_running_session(self) -> None:
        leg, offer = self._held(), recorded("baresip/offer_audio")
        answer = relayed_answer(leg, offer, recorded("sipp/answer"), "none")
        assert answer.description == leg.local

    def test_video_offered_later_is_answered_with_our_picture(self) -> None:
        answer = relayed_answer(self._held(), recorded("baresip/offer"), recorded("sipp/answer"), "avatar")
        assert answer.media.video and answer.media.video.direction == "sendonly"

    def test_video_removed_by_the_far_end_leaves_the_voice(self) -> None:
        leg = self._held()
        with_video = relayed_answer(leg, recorded("baresip/offer"), recorded("sipp/answer"), "avatar")
        leg = leg.agreed(with_video.description, recorded("baresip/offer"))
        gone = described(VOICE.replace("RTP/AVP 8", "RTP/AVP 8 0"), "m=video 0 RTP/AVP 96")
        answer = relayed_answer(leg, gone, recorded("sipp/answer"), "avatar")
        assert answer.media.video is None
        assert answer.media.audio and answer.media.audio.codec == "PCMU"

    @pytest.mark.parametrize(
        ("extra", "expected"), [("a=sendonly", "inactive"), ("a=recvonly", "sendonly"), ("a=inactive", "inactive")]
    )
    def test_a_held_picture_is_not_sent(self, extra: str, expected: str) -> None:
        offer = described(VOICE, f"{VIDEO} | {extra}")
        answer = relayed_answer(leg_a(), offer, described(AUDIO), "avatar")
        assert answer.media.video and answer.media.video.direction == expected


class TestRelayedVideo:
    def test_it_runs_on_through_a_hold(self) -> None:
        a, b, offer = leg_a(), leg_b(), described(AUDIO, VIDEO)
        passed = relayed_offer(a, b, offer, "relay")
        answer = described(VOICE.replace("RTP/AVP 8", "RTP/AVP 0"), TAKEN.replace("recvonly", "sendrecv"))
        b = b.agreed(passed, answer)
        held = relayed_offer(a, b, described(f"{AUDIO} | a=sendonly", f"{VIDEO} | a=sendonly"), "relay")
        assert [media.direction for media in held.media] == ["sendonly", "sendonly"]
        assert _kinds(reoffer(b, "relay")) == [("audio", 20004), ("video", 20006)]
        assert _kinds(relayed_offer(a, b, described(AUDIO), "relay")) == [("audio", 20004), ("video", 0)]


class TestLateOffer:
    """The caller sends no offer: we offer to the called side, and its answer becomes our offer to the caller."""

    def test_what_the_called_side_took_is_offered_to_the_caller(self) -> None:
        a, b = leg_a(), leg_b()
        first = own_offer(b)
        assert [f"{f}" for f in first.media[0].formats] == ["9", "8", "0", "101"]
        answer_b = recorded("baresip/answer")
        assert settled(b, first, answer_b).audio
        offer_a = relayed_offer(b, a, answer_b, "avatar")
        assert offer_a.media[0].formats == ("8", "0", "101")
        assert _kinds(offer_a) == [("audio", 20000), ("video", 20002)]
        media = settled(a, offer_a, described("m=audio 7000 RTP/AVP 0"))
        assert media.audio and media.audio.payload_type == 0


def test_every_m_line_stays_whatever_happens() -> None:
    leg, counts = leg_b(), list[int]()
    answer_video: MediaDescription = described(TAKEN).media[0]
    for role, refuse in [("none", False), ("avatar", True), ("none", False), ("avatar", False), ("none", False)]:
        offer = relayed_offer(leg_a(), leg, described(AUDIO), "avatar" if role == "avatar" else "none")
        counts.append(len(offer.media))
        assert parse(str(offer)) == offer
        video = replace(answer_video, port=0) if refuse else replace(answer_video, formats=offer.media[-1].formats[:1])
        remote = described(VOICE)
        remote = replace(remote, media=(*remote.media, video)[: len(offer.media)])
        leg = leg.agreed(offer, remote)
    assert counts == [1, 2, 2, 2, 2]
