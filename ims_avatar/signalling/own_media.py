"""Offer and answer of an end point: our SIP test phone, and our own offer to the callee when the caller made none."""

from __future__ import annotations

from collections.abc import Sequence

from ims_avatar.errors import NotAcceptable
from ims_avatar.flow import Direction, NegotiatedMedia
from ims_avatar.signalling.codec_match import EVENT, Format
from ims_avatar.signalling.negotiated import negotiated_audio
from ims_avatar.signalling.offer_answer import Answer
from ims_avatar.signalling.own_video import answer_video, own_video
from ims_avatar.signalling.sdp_leg import SdpLeg, both, direction_of, refused, reverse, with_slots
from ims_avatar.signalling.sdp_lines import Fmtp
from ims_avatar.signalling.sdp_types import SessionDescription
from ims_avatar.signalling.sections import answered_section, own_audio, preferred_first
from ims_avatar.signalling.usable import one_codec, voice_of


def own_offer(
    leg: SdpLeg,
    *,
    codecs: Sequence[str] | None = None,
    audio: Direction = "sendrecv",
    video: Direction | None = None,
) -> SessionDescription:
    """An offer with `codecs` (PCMU, PCMA, G722, AMR, AMR-WB, opus; absent: the profile's `offered`) and maybe H.264.

    It may be the first of a call or a later one. Its result comes from `offer_answer.settled`.
    """
    sections = [own_audio(leg, codecs or leg.profile.audio.offered, audio)]
    if video is not None:
        sections.append(own_video(leg, video))
    return leg.describe(with_slots(leg, *sections))


def own_answer(
    leg: SdpLeg,
    offer: SessionDescription,
    *,
    codecs: Sequence[str] | None = None,
    audio: Direction = "sendrecv",
    video: Direction | None = None,
) -> Answer:
    """An answer with the first offered codec that is among `codecs`; `video` None refuses a picture, port 0 in place.

    Raises `NotAcceptable` when no codec is left.
    """
    voice = voice_of(offer, leg)
    names = {name.upper() for name in codecs or leg.profile.audio.offered}
    able = [f for f in preferred_first(voice.formats, leg.profile.audio) if f.is_helper or f.codec in names]
    formats = one_codec((f, _answered(f)) for f in able)
    if not formats:
        raise NotAcceptable(
            "none of the offered audio codecs is ours", remedy=f"offer one of {', '.join(sorted(names))}"
        )
    direction = both(reverse(direction_of(offer, voice.media)), audio)
    section = answered_section(voice.media, own_audio(leg, (), direction), formats, leg.audio_port, direction)
    media = [section if index == voice.index else refused(m) for index, m in enumerate(offer.media)]
    picture = answer_video(leg, offer, video) if video is not None else None
    if picture is not None:
        media[picture.index] = picture.section
    agreed = negotiated_audio(offer, voice.media, formats[0], formats, direction)
    return Answer(leg.describe(tuple(media)), NegotiatedMedia(agreed, picture.media if picture else None))


def _answered(offered: Format) -> Format:
    """Our parameters: the offered layout for AMR (RFC 4867 8.3.1), all sixteen digits for events, none otherwise."""
    if offered.codec in ("AMR", "AMR-WB"):
        return offered
    parameters = (("0-15", ""),) if offered.codec == EVENT else ()
    return Format(offered.rtpmap, Fmtp(offered.payload_type, parameters))
