"""The m= lines that we write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from ims_avatar.flow import Direction
from ims_avatar.signalling.codec_match import EVENT, Format
from ims_avatar.signalling.profiles import CodecChoice, VideoProfile
from ims_avatar.signalling.sdp_leg import SdpLeg
from ims_avatar.signalling.sdp_lines import Attribute, Bandwidth, Fmtp, Rtpmap
from ims_avatar.signalling.sdp_types import MediaDescription

_OF_A_FORMAT: Final = ("rtpmap", "fmtp", "rtcp-fb", "framesize", "imageattr")
"""Their value starts with the payload type, or with * for all."""
_PASSED: Final = ("ptime", "maxptime", "framerate", "content", "lang", "silenceSupp")
"""What one leg may know of the other's m= line. Addresses, keys, ICE, BUNDLE, extmap are not."""
_PASSED_BANDWIDTHS: Final = ("AS", "TIAS", "RS", "RR")

HEADERS: Final = 40
"""Bytes of IPv4, UDP and RTP headers a packet, which b=AS counts (RFC 3550 section 6.2) and b=TIAS does not."""
FIRST_DYNAMIC: Final = 96

_OWN_AUDIO: Final[dict[str, tuple[int | None, str, int, int, tuple[str, ...]]]] = {
    "PCMU": (0, "PCMU", 8000, 1, ("",)),
    "PCMA": (8, "PCMA", 8000, 1, ("",)),
    "G722": (9, "G722", 8000, 1, ("",)),
    "AMR": (None, "AMR", 8000, 1, ("mode-change-capability=2;max-red=0", "octet-align=1;max-red=0")),
    "AMR-WB": (None, "AMR-WB", 16000, 1, ("mode-change-capability=2;max-red=0", "octet-align=1;max-red=0")),
    "OPUS": (None, "opus", 48000, 2, ("useinbandfec=1",)),
}
"""Static payload type, name, clock rate, channels, and the fmtp of each variant that is offered."""


def relayed_section(
    media: MediaDescription, formats: Sequence[Format], port: int, protocol: str, direction: Direction
) -> MediaDescription:
    """`media` cut down to `formats` and to the lines that may pass to the other leg. rtcp-fb passes under AVPF only."""
    numbers = [str(f.payload_type) for f in formats]
    attributes = tuple(
        a
        for a in media.attributes
        if a.name in _PASSED or (a.name in _OF_A_FORMAT and (a.value or "").split(" ")[0] in (*numbers, "*"))
    )
    bandwidths = tuple(b for b in media.bandwidths if b.modifier in _PASSED_BANDWIDTHS)
    if not protocol.endswith("AVPF"):
        attributes = tuple(a for a in attributes if a.name != "rtcp-fb")
    lines = (*attributes, Attribute(direction))
    return MediaDescription(media.media, port, protocol, tuple(numbers), lines, None, bandwidths)


def answered_section(
    offered: MediaDescription,
    answered: MediaDescription,
    formats: Sequence[Format],
    port: int,
    direction: Direction,
    feedback: Iterable[str] = (),
) -> MediaDescription:
    """The answer to `offered` that passes on what the other leg `answered`: `formats` with the offer's numbers."""
    passed = tuple(a for a in answered.attributes if a.name in _PASSED)
    lines = tuple(Attribute("rtcp-fb", f"{f.payload_type} {value}") for f in formats for value in feedback)
    attributes = (*format_lines(formats), *lines, *passed, Attribute(direction))
    bandwidths = tuple(b for b in answered.bandwidths if b.modifier in _PASSED_BANDWIDTHS)
    numbers = tuple(str(f.payload_type) for f in formats)
    return MediaDescription(offered.media, port, offered.protocol, numbers, attributes, None, bandwidths)


def preferred_first(formats: Iterable[Format], choice: CodecChoice) -> tuple[Format, ...]:
    """In the sender's order, but with the codecs that the profile prefers in front and helpers last."""
    return tuple(sorted(formats, key=lambda f: (f.is_helper, choice.rank(f.codec))))


def own_audio(leg: SdpLeg, codecs: Iterable[str], direction: Direction) -> MediaDescription:
    """An audio offer of our own, in this order of codecs, with telephone-event for each of their clock rates."""
    profile = leg.profile.audio
    formats = list[Format]()
    for codec in codecs:
        static, name, rate, channels, variants = _OWN_AUDIO[codec.upper()]
        for text in variants:
            number = _free_number(formats) if static is None else static
            pairs = (word.partition("=") for word in text.split(";") if word)
            fmtp = Fmtp(number, tuple((key, value) for key, _, value in pairs))
            formats.append(Format(Rtpmap(number, name, rate, channels), fmtp))
    if profile.dtmf == "telephone-event":
        for rate in dict.fromkeys(f.rtpmap.clock_rate for f in tuple(formats)):
            number = _free_number(formats, first=101)
            formats.append(Format(Rtpmap(number, EVENT.lower(), rate), Fmtp(number, (("0-15", ""),))))
    attributes = (*format_lines(formats), Attribute("ptime", str(profile.ptime_ms)), Attribute(direction))
    numbers = tuple(str(f.payload_type) for f in formats)
    return MediaDescription("audio", leg.audio_port, f"RTP/{profile.rtp_profile}", numbers, attributes)


def video_section(
    leg: SdpLeg, protocol: str, formats: Sequence[Format], feedback: Iterable[str], direction: Direction
) -> MediaDescription:
    numbers = tuple(str(f.payload_type) for f in formats)
    lines = [Attribute("rtcp-fb", f"{number} {value}") for number in numbers for value in feedback]
    attributes = (*format_lines(formats), *lines, Attribute(direction))
    bandwidths = bandwidth_lines(leg.profile.video, own_bit_rate(leg), leg.picture.frame_rate)
    return MediaDescription("video", leg.video_port, protocol, numbers, attributes, None, bandwidths)


def cut_to(media: MediaDescription, formats: Sequence[str]) -> MediaDescription:
    """`media` with these formats only."""
    dropped = set(media.formats) - set(formats)
    attributes = tuple(
        a for a in media.attributes if not (a.name in _OF_A_FORMAT and (a.value or "").split(" ")[0] in dropped)
    )
    return replace(media, formats=tuple(formats), attributes=attributes)


def h264_format(number: int, level_id: str, mode: int, asymmetry: bool) -> Format:
    fmtp = Fmtp.of(number, profile_level_id=level_id, packetization_mode=mode)
    return Format(
        Rtpmap(number, "H264", 90_000), fmtp.with_parameter("level-asymmetry-allowed", "1") if asymmetry else fmtp
    )


def format_lines(formats: Iterable[Format]) -> tuple[Attribute, ...]:
    lines = list[Attribute]()
    for f in formats:
        lines.append(f.rtpmap.attribute)
        lines += [f.fmtp.attribute] if f.fmtp.parameters else []
    return tuple(lines)


def own_bit_rate(leg: SdpLeg) -> int:
    """Bit/s of payload that we send at most, before the far end's limits."""
    return min(leg.bit_rate, leg.profile.video.bit_rate or leg.bit_rate)


def bandwidth_lines(profile: VideoProfile, bit_rate: int, frame_rate: int) -> tuple[Bandwidth, ...]:
    """b=AS in kbit/s with headers: a packet a picture plus one for each full MTU, rounded up. b=TIAS: payload."""
    packets = frame_rate + bit_rate / (8 * (profile.mtu - HEADERS))
    computed = math.ceil((bit_rate + 8 * HEADERS * packets) / 1000)
    values = {"AS": profile.bandwidth_as_kbps or computed, "TIAS": bit_rate}
    return tuple(Bandwidth(modifier, values[modifier]) for modifier in profile.bandwidth_lines)


def payload_bit_rate(as_kbps: int, mtu: int, frame_rate: int) -> int:
    """Bit/s of payload that fit under b=AS: the inverse of `bandwidth_lines`."""
    return max(0, int((1000 * as_kbps - 8 * HEADERS * frame_rate) / (1 + HEADERS / (mtu - HEADERS))))


def _free_number(formats: Sequence[Format], first: int = FIRST_DYNAMIC) -> int:
    used = {f.payload_type for f in formats}
    return next(number for number in range(first, 128) if number not in used)
