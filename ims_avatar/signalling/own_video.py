"""Our own H.264 stream in SDP: offered, or as the answer to a video offer (RFC 6184 section 8.2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ims_avatar.flow import Direction, NegotiatedVideo
from ims_avatar.signalling.codec_match import Format, agreed_formats, formats_of
from ims_avatar.signalling.h264 import lower_level, packetization_mode, profile_level_id, profile_of
from ims_avatar.signalling.negotiated import MIN_BIT_RATE, feedback_of, negotiated_video
from ims_avatar.signalling.profiles import VideoProfile
from ims_avatar.signalling.sdp_leg import SdpLeg, both, direction_of, live_section, reverse
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription
from ims_avatar.signalling.sections import FIRST_DYNAMIC, cut_to, h264_format, video_section
from ims_avatar.signalling.usable import picture_of


@dataclass(frozen=True, slots=True)
class AnsweredVideo:
    """Our answer to the video section at `index` of an offer."""

    index: int
    section: MediaDescription
    media: NegotiatedVideo


def own_video(leg: SdpLeg, direction: Direction) -> MediaDescription:
    """Our H.264 stream as an offer: the running one as it was agreed, else a fresh one, preferred mode first."""
    running = live_section(leg, "video")
    if running is not None:
        ours, theirs = running
        return cut_to(ours, agreed_formats(ours, theirs)).with_direction(direction)
    profile = leg.profile.video
    preferred = profile.preferred_packetization_mode
    level = profile.profile_level_ids[0]
    numbers = iter(_unused_numbers(leg, "video"))
    formats = [
        h264_format(next(numbers), level, mode, profile.level_asymmetry)
        for mode in sorted(set(profile.packetization_modes), key=lambda mode: mode != preferred)
    ]
    protocol = f"RTP/{profile.rtp_profile}"
    feedback = profile.rtcp_fb if "AVPF" in protocol or profile.rtcp_fb_in_avp else ()
    return video_section(leg, protocol, formats, feedback, direction)


def answer_video(leg: SdpLeg, offer: SessionDescription, wanted: Direction) -> AnsweredVideo | None:
    """Our answer to the video in `offer`, or None: refuse it. `wanted`: what we would like to do with the stream."""
    stream = picture_of(offer, leg)
    if stream is None:
        return None
    offered = _choice([f for f in stream.formats if f.codec == "H264"], leg.profile.video)
    if offered is None:
        return None
    direction = both(reverse(direction_of(offer, stream.media)), wanted)
    answered = _answered_format(offered, leg.profile.video)
    feedback = sorted(feedback_of(stream.media, offered.payload_type) & set(leg.profile.video.rtcp_fb))
    section = video_section(leg, stream.media.protocol, [answered], feedback, direction)
    media = negotiated_video(leg, offer, stream.media, section, (answered, offered), direction)
    sends = direction in ("sendonly", "sendrecv")
    return None if sends and media.bit_rate < MIN_BIT_RATE else AnsweredVideo(stream.index, section, media)


def loosely_accepted(
    profile: VideoProfile, ours: MediaDescription, theirs: MediaDescription
) -> tuple[Format, Format] | None:
    """(ours, theirs) of an H.264 payload type that was offered and answered with another profile or none.

    RFC 6184 section 8.2.2 wants the offered profile back, but there are phones that write their own, or no fmtp at all.
    As long as their decoder takes constrained baseline, nothing is lost by sending it.
    """
    offered = {f.payload_type: f for f in formats_of(ours) if f.codec == "H264"}
    answered = (f for f in formats_of(theirs) if f.codec == "H264" and f.payload_type in offered)
    for f in answered:
        level_id = profile_level_id(f.fmtp, profile.default_profile_level_id)
        if profile_of(level_id) is not None and packetization_mode(f.fmtp) in profile.packetization_modes:
            return offered[f.payload_type], f
    return None


def _choice(formats: list[Format], profile: VideoProfile) -> Format | None:
    """The offered format we can send: preferred packetization mode first, then the offer's order."""
    usable = [f for f in formats if packetization_mode(f.fmtp) in profile.packetization_modes and _ours(f, profile)]
    usable.sort(key=lambda f: packetization_mode(f.fmtp) != profile.preferred_packetization_mode)
    return usable[0] if usable else None


def _ours(offered: Format, profile: VideoProfile) -> str | None:
    """Our profile-level-id of the offered H.264 profile. The profile itself is never changed, only the level."""
    wanted = profile_of(profile_level_id(offered.fmtp, profile.default_profile_level_id))
    if wanted is None:
        return None
    return next((level_id for level_id in profile.profile_level_ids if profile_of(level_id) == wanted), None)


def _answered_format(offered: Format, profile: VideoProfile) -> Format:
    level_id = profile_level_id(offered.fmtp, profile.default_profile_level_id)
    asymmetry = profile.level_asymmetry and offered.fmtp.get("level-asymmetry-allowed") == "1"
    lowered = lower_level(level_id, _ours(offered, profile) or level_id)
    return h264_format(offered.payload_type, lowered, packetization_mode(offered.fmtp), asymmetry)


def _unused_numbers(leg: SdpLeg, kind: str) -> list[int]:
    """Dynamic payload types, first those that never meant anything here: a mapping may not change (RFC 3264 8.3.2)."""
    seen = [d for d in (leg.local, leg.remote, leg.last_sent) if d is not None]
    used = {number for d in seen for media in d.media if media.media == kind for number in media.payload_types}
    return sorted((*range(97, 128), FIRST_DYNAMIC), key=lambda number: number in used)
