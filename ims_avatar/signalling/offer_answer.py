"""Offer/answer of a B2BUA (RFC 3264), pure: descriptions in, descriptions and `NegotiatedMedia` out.

A call from leg A to leg B, and any later offer in either direction:

    offer_b = relayed_offer(a, b, offer_a, video)          # b.sent(offer_b) when it leaves
    media_b = settled(b, offer_b, answer_b)                 # b.agreed(offer_b, answer_b)
    answer  = relayed_answer(a, offer_a, answer_b, video)   # a.agreed(answer.description, offer_a); answer.media
    offer   = reoffer(a, "avatar")                          # adds our picture to the running call

Payload types pass from leg to leg, so payloads are relayed untouched. Everything raises `NotAcceptable` (488) when no
voice would be left, `BadRequest` when the far end broke the rules of RFC 3264, and nothing else. Video never raises:
it is refused in place.
"""

from __future__ import annotations

from dataclasses import dataclass

from ims_avatar.errors import BadRequest, NotAcceptable
from ims_avatar.flow import Direction, NegotiatedAudio, NegotiatedMedia, NegotiatedVideo
from ims_avatar.signalling.codec_match import agreed_formats, common, formats_of
from ims_avatar.signalling.negotiated import MIN_BIT_RATE, feedback_of, negotiated_audio, negotiated_video
from ims_avatar.signalling.own_video import AnsweredVideo, answer_video, loosely_accepted, own_video
from ims_avatar.signalling.sdp_leg import (
    SdpLeg,
    VideoRole,
    both,
    direction_of,
    live_section,
    refused,
    reverse,
    with_slots,
)
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription
from ims_avatar.signalling.sections import answered_section, cut_to, preferred_first, relayed_section
from ims_avatar.signalling.usable import PLAIN_RTP, one_codec, picture_of, voice_of


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer, and what it settles for the leg that offered."""

    description: SessionDescription
    media: NegotiatedMedia


def relayed_offer(source: SdpLeg, target: SdpLeg, remote: SessionDescription, video: VideoRole) -> SessionDescription:
    """Our offer to `target` for what the far end of `source` offered (or answered, after a late offer).

    `video`: where the picture towards `target` comes from.
    """
    voice, profile = voice_of(remote, source, target), target.profile
    protocol, direction = f"RTP/{profile.audio.rtp_profile}", direction_of(remote, voice.media)
    formats = preferred_first(voice.formats, profile.audio)
    sections = [relayed_section(voice.media, formats, target.audio_port, protocol, direction)]
    if video == "avatar":
        sections.append(own_video(target, _with_voice(direction)))
    elif video == "relay" and (picture := picture_of(remote, source, target)) is not None:
        protocol, direction = f"RTP/{profile.video.rtp_profile}", direction_of(remote, picture.media)
        formats = preferred_first(picture.formats, profile.video)
        sections.append(relayed_section(picture.media, formats, target.video_port, protocol, direction))
    return target.describe(with_slots(target, *sections))


def relayed_answer(leg: SdpLeg, offer: SessionDescription, other: SessionDescription, video: VideoRole) -> Answer:
    """Our answer to the far end of `leg`, from what the other leg's far end last said (`other`).

    For an offer that was passed on, `other` is the answer to it. For an offer that must be answered at once (UPDATE,
    RFC 3311), `other` is the other leg's description of the running session. One voice codec is left in the answer.
    """
    theirs = other.first("audio")
    if theirs is None:
        raise NotAcceptable("the other side took no audio", remedy="offer audio that both sides can use")
    voice = voice_of(offer, leg)
    formats = one_codec(common(voice.formats, formats_of(theirs)))
    if not formats:
        raise NotAcceptable("the two sides share no audio codec", remedy="offer a codec of the running session")
    direction = both(reverse(direction_of(offer, voice.media)), direction_of(other, theirs))
    section = answered_section(voice.media, theirs, formats, leg.audio_port, direction)
    media = [section if index == voice.index else refused(m) for index, m in enumerate(offer.media)]
    audio = negotiated_audio(offer, voice.media, formats[0], formats, direction)

    picture = answer_video(leg, offer, "sendonly") if video == "avatar" else None
    if video == "relay":
        picture = _relayed_picture(leg, offer, other)
    if picture is not None:
        media[picture.index] = picture.section
    return Answer(leg.describe(tuple(media)), NegotiatedMedia(audio, picture.media if picture else None))


def settled(leg: SdpLeg, offer: SessionDescription, answer: SessionDescription) -> NegotiatedMedia:
    """What the far end's `answer` to our `offer` settles.

    An answer with fewer m= lines refuses the missing ones (pjsip and others take it so too); one with more, or with
    another medium in a place, contradicts the offer.
    """
    if len(answer.media) > len(offer.media):
        raise BadRequest(
            f"SDP answer has {len(answer.media)} m= lines, the offer had {len(offer.media)}",
            remedy="the peer must answer line by line (RFC 3264 section 6)",
        )
    audio: NegotiatedAudio | None = None
    video: NegotiatedVideo | None = None
    for index, (ours, theirs) in enumerate(zip(offer.media, answer.media, strict=False)):
        if ours.media != theirs.media:
            raise BadRequest(
                f"SDP answer has m={theirs.media} in place {index + 1}, the offer had m={ours.media}",
                remedy="the peer must answer line by line (RFC 3264 section 6)",
            )
        usable = not ours.rejected and not theirs.rejected and theirs.protocol in PLAIN_RTP
        if not usable or not leg.reaches(answer, theirs):
            continue
        pairs = common(formats_of(ours), formats_of(theirs))
        direction = both(direction_of(offer, ours), reverse(direction_of(answer, theirs)))
        main = next((pair for pair in pairs if not pair[1].is_helper), None)
        if main is not None and ours.media == "audio" and audio is None:
            offered, answered = zip(*pairs, strict=True)
            audio = negotiated_audio(answer, theirs, main[1], answered, direction, offered)
        elif ours.media == "video" and video is None:
            main = main or loosely_accepted(leg.profile.video, ours, theirs)
            video = _sendable(negotiated_video(leg, answer, theirs, ours, main, direction)) if main else None
    if audio is None:
        raise NotAcceptable("the answer takes no audio that was offered", remedy="allow a codec that the peer has")
    return NegotiatedMedia(audio, video)


def reoffer(leg: SdpLeg, video: VideoRole, audio: Direction | None = None) -> SessionDescription:
    """A new offer in the running session of `leg`: the same voice, and the picture as `video` says.

    `avatar` adds our picture or goes on with it, `none` takes any picture away, `relay` keeps what runs.
    `audio`: another direction for the voice (hold, resume).
    """
    running = live_section(leg, "audio")
    if running is None:
        raise NotAcceptable("no voice runs on this leg", remedy="offer after the call is answered")
    voice = _as_agreed(*running)
    direction = audio or voice.direction or "sendrecv"
    sections = [voice.with_direction(direction)]
    if video == "avatar":
        sections.append(own_video(leg, _with_voice(direction)))
    elif video == "relay" and (picture := live_section(leg, "video")) is not None:
        sections.append(_as_agreed(*picture))
    return leg.describe(with_slots(leg, *sections))


def _relayed_picture(leg: SdpLeg, offer: SessionDescription, other: SessionDescription) -> AnsweredVideo | None:
    theirs, picture = other.first("video"), picture_of(offer, leg)
    if theirs is None or picture is None:
        return None
    formats = one_codec(common(picture.formats, formats_of(theirs)))[:1]
    if not formats:
        return None
    direction = both(reverse(direction_of(offer, picture.media)), direction_of(other, theirs))
    number = formats[0].payload_type
    both_know = feedback_of(picture.media, number) & {f for n in theirs.payload_types for f in feedback_of(theirs, n)}
    section = answered_section(picture.media, theirs, formats, leg.video_port, direction, sorted(both_know))
    media = negotiated_video(leg, offer, picture.media, section, (formats[0], formats[0]), direction)
    return AnsweredVideo(picture.index, section, media)


def _as_agreed(ours: MediaDescription, theirs: MediaDescription) -> MediaDescription:
    """Our section without the formats that the last answer left out: a re-offer changes nothing by itself."""
    return cut_to(ours, agreed_formats(ours, theirs))


def _with_voice(direction: Direction) -> Direction:
    """The picture's direction where our voice has `direction`: no lips without a voice."""
    return "sendonly" if direction in ("sendrecv", "sendonly") else "inactive"


def _sendable(video: NegotiatedVideo) -> NegotiatedVideo | None:
    return video if video.bit_rate >= MIN_BIT_RATE or video.direction in ("recvonly", "inactive") else None
