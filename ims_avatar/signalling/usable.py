"""Which sections and formats of a far end's description we can use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ims_avatar.errors import NotAcceptable
from ims_avatar.signalling.codec_match import COMFORT_NOISE, EVENT, Format, event_for, formats_of, noise_for
from ims_avatar.signalling.sdp_leg import SdpLeg
from ims_avatar.signalling.sdp_lines import Fmtp
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription

PLAIN_RTP: Final = ("RTP/AVP", "RTP/AVPF")
"""Without encryption: RFC 3551 and RFC 4585."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One usable section and those of its formats that may be used."""

    index: int
    media: MediaDescription
    formats: tuple[Format, ...]


def voice_of(remote: SessionDescription, leg: SdpLeg, *others: SdpLeg) -> Stream:
    """The first audio section that plain RTP can carry and that has a codec all these legs permit.

    `leg` is the one whose far end wrote `remote`. Raises `NotAcceptable` when there is none, and says why.
    """
    reason = "there is no m=audio line"
    for index, media in _sections(remote, "audio"):
        reason = _obstacle(remote, media, leg) or "no audio codec is permitted by the profiles of both sides"
        formats = _permitted_audio(media, (leg, *others))
        if _obstacle(remote, media, leg) is None and any(not f.is_helper for f in formats):
            return Stream(index, media, formats)
    raise NotAcceptable(
        f"no usable audio: {reason}", remedy="offer plain RTP audio with a codec that the profiles allow"
    )


def picture_of(remote: SessionDescription, leg: SdpLeg, *others: SdpLeg) -> Stream | None:
    """The first video section that plain RTP can carry, with the formats that all these legs permit."""
    for index, media in _sections(remote, "video"):
        if _obstacle(remote, media, leg) is None:
            formats = [
                f for f in formats_of(media) if all(one.profile.video.permits(f.codec) for one in (leg, *others))
            ]
            numbers = {str(f.payload_type) for f in formats}
            kept = tuple(f for f in formats if f.codec != "RTX" or f.fmtp.get("apt") in numbers)
            if any(not f.is_helper for f in kept):
                return Stream(index, media, kept)
    return None


def one_codec(pairs: Iterable[tuple[Format, Format]]) -> tuple[Format, ...]:
    """From (offered, answered) pairs: the first voice or picture codec, then the helpers that go with it.

    With the offer's payload types and the answer's parameters. Empty when only helpers match. One codec, because a
    session that may change codec at any packet cannot be heard by the avatar, and pjsip answers with one anyway.
    """
    merged = [Format(ours.rtpmap, Fmtp(ours.payload_type, theirs.fmtp.parameters)) for ours, theirs in pairs]
    main = next((f for f in merged if not f.is_helper), None)
    if main is None:
        return ()
    helpers = (event_for(main, merged), noise_for(main, merged))
    return (main, *(helper for helper in helpers if helper is not None))


def _sections(remote: SessionDescription, kind: str) -> Iterator[tuple[int, MediaDescription]]:
    return ((index, m) for index, m in enumerate(remote.media) if m.media == kind and not m.rejected)


def _obstacle(remote: SessionDescription, media: MediaDescription, leg: SdpLeg) -> str | None:
    if media.protocol not in PLAIN_RTP:
        return f"{media.protocol} is not plain RTP"
    return None if leg.reaches(remote, media) else "its c= line is no IP address of our family"


def _permitted_audio(media: MediaDescription, legs: tuple[SdpLeg, ...]) -> tuple[Format, ...]:
    """Voice codecs that every profile permits, and the events and comfort noise of their clock rates."""
    formats = formats_of(media)
    voices = [f for f in formats if not f.is_helper and all(leg.profile.audio.permits(f.codec) for leg in legs)]
    rates = {f.rtpmap.clock_rate for f in voices}
    events = [f for f in formats if f.codec == EVENT and all(_takes_events(leg) for leg in legs)]
    # Some phones offer telephone-event/8000 alone with wideband codecs: better that than no DTMF.
    fitting = [f for f in events if f.rtpmap.clock_rate in rates] or events
    noise = [f for f in formats if f.codec == COMFORT_NOISE and f.rtpmap.clock_rate in rates]
    return (*voices, *fitting, *noise)


def _takes_events(leg: SdpLeg) -> bool:
    return leg.profile.audio.dtmf == "telephone-event"
