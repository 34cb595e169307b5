"""From agreed m= lines to the `NegotiatedMedia` that the media plane is built from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from ims_avatar.flow import Address, Direction, NegotiatedAudio, NegotiatedVideo
from ims_avatar.signalling.codec_match import Format, event_for, noise_for
from ims_avatar.signalling.h264 import (
    fitting_picture,
    limits_of,
    lower_level,
    packetization_mode,
    profile_level_id,
    profile_of,
    raised_limits,
)
from ims_avatar.signalling.image_attribute import wanted_picture, wanted_sizes
from ims_avatar.signalling.sdp_leg import SdpLeg
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription
from ims_avatar.signalling.sections import own_bit_rate, payload_bit_rate

MIN_BIT_RATE: Final = 30_000
"""Bit/s. Under it no face can be told from another: the picture is refused."""
DEFAULT_AUDIO_KBPS: Final = 80
"""b=AS of 64 kbit/s speech in 20 ms packets: its share when only the session names a bandwidth."""


def negotiated_audio(
    remote: SessionDescription,
    media: MediaDescription,
    voice: Format,
    formats: Sequence[Format],
    direction: Direction,
    ours: Sequence[Format] = (),
) -> NegotiatedAudio:
    """`media`: the far end's section; `formats`: all that were agreed, with the far end's numbers.

    `ours`: the same formats with our numbers, where they may differ (an answer need not keep the offer's).
    """
    event, noise = event_for(voice, formats), noise_for(voice, formats)
    used = [f for f in (voice, event, noise) if f is not None]
    ptime = media.value("ptime")
    rtp, rtcp = _addresses(remote, media)
    return NegotiatedAudio(
        codec=voice.codec,
        payload_type=voice.payload_type,
        clock_rate=voice.rtpmap.clock_rate,
        channels=voice.rtpmap.channels,
        remote_rtp=rtp,
        remote_rtcp=rtcp,
        direction=direction,
        fmtp=voice.fmtp.parameters,
        telephone_event=event.payload_type if event else None,
        ptime_ms=max(1, round(float(ptime))) if ptime else 20,
        comfort_noise=noise.payload_type if noise else None,
        also_received=renumbered((a, b) for a, b in zip(ours, formats, strict=False) if b in used),
    )


def negotiated_video(
    leg: SdpLeg,
    remote: SessionDescription,
    media: MediaDescription,
    local: MediaDescription,
    pair: tuple[Format, Format],
    direction: Direction,
) -> NegotiatedVideo:
    """`local`: our section; `pair`: the agreed format as we and as the far end wrote it."""
    ours, picture = pair
    rtp, rtcp = _addresses(remote, media)
    plain = NegotiatedVideo(
        codec=picture.codec,
        payload_type=picture.payload_type,
        remote_rtp=rtp,
        remote_rtcp=rtcp,
        direction=direction,
        feedback=feedback_of(media, picture.payload_type) & feedback_of(local, ours.payload_type),
        mtu=leg.profile.video.mtu,
        also_received=renumbered([pair]),
    )
    if picture.codec != "H264":
        return plain
    cap = sending_cap(leg, picture, ours)
    level = limits_of(picture.fmtp, cap)
    wish = replace(leg.picture, frame_rate=min(leg.picture.frame_rate, _frame_rate(media)))
    sets = wanted_sizes(media, picture.payload_type)
    size = wanted_picture(wish, sets, level) if sets else fitting_picture(wish, level)
    max_mbps, max_fs, max_br = raised_limits(picture.fmtp)
    return replace(
        plain,
        packetization_mode=packetization_mode(picture.fmtp),
        profile_level_id=cap,
        width=size.width,
        height=size.height,
        frame_rate=size.frame_rate,
        max_mbps=max_mbps,
        max_fs=max_fs,
        max_br=max_br,
        bit_rate=min(level.max_bit_rate, sending_bit_rate(leg, remote, media)),
    )


def sending_cap(leg: SdpLeg, theirs: Format, ours: Format) -> str:
    """The profile-level-id that caps what we send: theirs; without level asymmetry not above ours (8.2.2)."""
    level_id = profile_level_id(theirs.fmtp, leg.profile.video.default_profile_level_id)
    if profile_of(level_id) is None:
        level_id = leg.profile.video.default_profile_level_id
    asymmetric = all(f.fmtp.get("level-asymmetry-allowed") == "1" for f in (theirs, ours))
    limit = profile_level_id(ours.fmtp, level_id)
    return level_id if asymmetric or profile_of(limit) is None else lower_level(level_id, limit)


def sending_bit_rate(leg: SdpLeg, remote: SessionDescription, media: MediaDescription) -> int:
    """Bit/s of payload that configuration, profile and the far end's b= lines allow (TIAS before AS, RFC 3890)."""
    profile, frame_rate = leg.profile.video, leg.picture.frame_rate
    limits = [own_bit_rate(leg)]
    if profile.bandwidth_as_kbps is not None:
        limits.append(payload_bit_rate(profile.bandwidth_as_kbps, profile.mtu, frame_rate))
    tias, kbps = media.bandwidth("TIAS"), media.bandwidth("AS")
    if tias is None and kbps is None:
        total = next((b.value for b in remote.bandwidths if b.modifier.upper() == "AS"), None)
        kbps = None if total is None else max(0, total - _audio_kbps(remote))
    if tias is not None:
        limits.append(tias)
    elif kbps is not None:
        limits.append(payload_bit_rate(kbps, profile.mtu, frame_rate))
    return min(limits)


def feedback_of(media: MediaDescription, payload_type: int) -> frozenset[str]:
    """Values of a=rtcp-fb for this payload type or for all (RFC 4585 section 4.2), e.g. {"nack pli"}."""
    words = (value.split() for value in media.values("rtcp-fb"))
    return frozenset(" ".join(w[1:]) for w in words if len(w) > 1 and w[0] in (str(payload_type), "*"))


def renumbered(pairs: Iterable[tuple[Format, Format]]) -> tuple[tuple[int, int], ...]:
    """(our payload type, the far end's) where they differ."""
    return tuple((a.payload_type, b.payload_type) for a, b in pairs if a.payload_type != b.payload_type)


def _addresses(remote: SessionDescription, media: MediaDescription) -> tuple[Address, Address]:
    (host, port), (rtcp_host, rtcp_port) = remote.rtp_address(media), remote.rtcp_address(media)
    if remote.connection_of(media).unspecified:
        host = "::" if ":" in host else "0.0.0.0"
        rtcp_host = host
    return (host, port), (rtcp_host, rtcp_port)


def _audio_kbps(remote: SessionDescription) -> int:
    audio = remote.first("audio")
    stated = audio.bandwidth("AS") if audio else 0
    return DEFAULT_AUDIO_KBPS if stated is None else stated


def _frame_rate(media: MediaDescription) -> int:
    """a=framerate is the most the far end wants (RFC 4566 section 6)."""
    try:
        return max(1, int(float(media.value("framerate") or "1000")))
    except (ValueError, OverflowError):
        return 1000
