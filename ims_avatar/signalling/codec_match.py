"""Which format of an answer belongs to which format of an offer, codec by codec."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ims_avatar.signalling.h264 import packetization_mode, profile_level_id, profile_of
from ims_avatar.signalling.sdp_lines import Fmtp, Rtpmap
from ims_avatar.signalling.sdp_types import MediaDescription

EVENT: Final = "TELEPHONE-EVENT"
COMFORT_NOISE: Final = "CN"
_HELPERS: Final = frozenset({EVENT, COMFORT_NOISE, "RED", "RTX", "ULPFEC", "FLEXFEC", "FLEXFEC-03"})
"""Formats that carry no voice or picture of their own."""


@dataclass(frozen=True, slots=True)
class Format:
    """One payload type of an m= line together with its meaning."""

    rtpmap: Rtpmap
    fmtp: Fmtp

    @property
    def payload_type(self) -> int:
        return self.rtpmap.payload_type

    @property
    def codec(self) -> str:
        return self.rtpmap.codec

    @property
    def is_helper(self) -> bool:
        return self.codec in _HELPERS


def formats_of(media: MediaDescription) -> tuple[Format, ...]:
    """The payload types whose meaning is known, in order of preference."""
    maps = (media.rtpmap(payload_type) for payload_type in media.payload_types)
    return tuple(Format(rtpmap, media.fmtp(rtpmap.payload_type)) for rtpmap in maps if rtpmap is not None)


def matches(offered: Format, answered: Format) -> bool:
    """Whether the two mean the same codec, configured so that one decoder takes both. Payload types may differ."""
    a, b = offered.rtpmap, answered.rtpmap
    if (a.codec, a.clock_rate, a.channels) != (b.codec, b.clock_rate, b.channels):
        return False
    rule = _RULES.get(a.codec)
    return rule is None or rule(offered.fmtp, answered.fmtp)


def common(offered: Iterable[Format], answered: Iterable[Format]) -> tuple[tuple[Format, Format], ...]:
    """Pairs (of the offer, of the answer), in the answer's order; each offered format is used once."""
    left = list(offered)
    pairs = list[tuple[Format, Format]]()
    for theirs in answered:
        # The same number for the same codec is the rule (RFC 3264 section 6.1), so it is tried first.
        found = sorted(
            (ours for ours in left if matches(ours, theirs)), key=lambda f: f.payload_type != theirs.payload_type
        )
        if found:
            left.remove(found[0])
            pairs.append((found[0], theirs))
    return tuple(pairs)


def agreed_formats(ours: MediaDescription, theirs: MediaDescription) -> tuple[str, ...]:
    """What of our m= line the far end's accepts: by meaning, as an answer may number anew (RFC 3264 section 6.1).

    By number where nothing else matches (a phone that writes another H.264 profile); all when that fails too.
    """
    pairs = common(formats_of(ours), formats_of(theirs))
    kept = {str(a.payload_type) for a, _ in pairs} if any(not a.is_helper for a, _ in pairs) else set(theirs.formats)
    return tuple(number for number in ours.formats if number in kept) or ours.formats


def event_for(voice: Format, formats: Iterable[Format]) -> Format | None:
    """telephone-event of the voice codec's clock rate (RFC 4733 section 2.1), else the first there is."""
    events = [f for f in formats if f.codec == EVENT]
    same_clock = (f for f in events if f.rtpmap.clock_rate == voice.rtpmap.clock_rate)
    return next(same_clock, events[0] if events else None)


def noise_for(voice: Format, formats: Iterable[Format]) -> Format | None:
    """Comfort noise (RFC 3389) of the voice codec's clock rate."""
    return next(
        (f for f in formats if f.codec == COMFORT_NOISE and f.rtpmap.clock_rate == voice.rtpmap.clock_rate), None
    )


def _amr(offered: Fmtp, answered: Fmtp) -> bool:
    """RFC 4867 section 8.3.1: the payload layout must be the same, the mode set may shrink."""
    if _amr_layout(offered) != _amr_layout(answered):
        return False
    ours, theirs = _modes(offered), _modes(answered)
    return ours is None or theirs is None or theirs <= ours


def _amr_layout(fmtp: Fmtp) -> tuple[bool, bool, bool, str]:
    crc, sorting = fmtp.get("crc") == "1", fmtp.get("robust-sorting") == "1"
    interleaving = fmtp.get("interleaving")
    # Section 8.1: crc, robust-sorting and interleaving imply octet-align.
    aligned = fmtp.get("octet-align") == "1" or crc or sorting or bool(interleaving)
    return aligned, crc, sorting, interleaving


def _modes(fmtp: Fmtp) -> frozenset[str] | None:
    text = fmtp.get("mode-set")
    return frozenset(mode.strip() for mode in text.split(",")) if text else None


def _h264(offered: Fmtp, answered: Fmtp) -> bool:
    """RFC 6184 section 8.2.2: mode and profile are the same on both sides; the level may go down."""
    ours, theirs = profile_level_id(offered), profile_level_id(answered)
    same_profile = profile_of(ours) == profile_of(theirs) if profile_of(ours) else ours[:4] == theirs[:4]
    return same_profile and packetization_mode(offered) == packetization_mode(answered)


def _same(**defaults: str) -> Callable[[Fmtp, Fmtp], bool]:
    names = {name.replace("_", "-"): default for name, default in defaults.items()}

    def rule(offered: Fmtp, answered: Fmtp) -> bool:
        return all(offered.get(name, default) == answered.get(name, default) for name, default in names.items())

    return rule


_RULES: Final[dict[str, Callable[[Fmtp, Fmtp], bool]]] = {
    "AMR": _amr,
    "AMR-WB": _amr,
    "H264": _h264,
    "H265": _same(profile_id="1", tier_flag="0", tx_mode="SRST"),
    "VP9": _same(profile_id="0"),
    "AV1": _same(profile="0"),
    "ILBC": _same(mode="30"),
}
"""Codecs whose name, clock rate and channels are not enough. RFC 4867, 6184, 7798, 9628, AV1 RTP 7.2, 3952."""
