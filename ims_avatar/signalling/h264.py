"""H.264 in SDP (RFC 6184 section 8): profiles, levels, and the picture that fits a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ims_avatar.rtp.h264_level import BASELINE, EXTENDED, MAIN, Level, level_of
from ims_avatar.signalling.sdp_lines import Fmtp

Profile: TypeAlias = Literal["constrained baseline", "baseline", "main", "extended", "high", "constrained high"]

IMPLIED_PROFILE_LEVEL_ID: Final = "42000a"
"""Baseline, level 1: what RFC 6184 section 8.1 infers when profile-level-id is absent."""

MIN_SIDE: Final = 128
"""Pixels. A face smaller than this is no longer a face: from here on the frame rate gives way."""
_LOW_PROFILES: Final = (BASELINE, MAIN, EXTENDED)
_CONSTRAINT_SET3: Final = 0x10
"""With level_idc 11 in the low profiles it means level 1b (H.264 A.3.1)."""


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    frame_rate: int


_PATTERNS: Final[tuple[tuple[int, str, Profile], ...]] = (
    (0x42, "x1xx0000", "constrained baseline"),
    (0x4D, "1xxx0000", "constrained baseline"),
    (0x58, "11xx0000", "constrained baseline"),
    (0x42, "x0xx0000", "baseline"),
    (0x58, "10xx0000", "baseline"),
    (0x4D, "0x0x0000", "main"),
    (0x58, "00xx0000", "extended"),
    (0x64, "00000000", "high"),
    (0x64, "00001100", "constrained high"),
)
"""RFC 6184 table 5, first match counts: profile_idc, bits of profile-iop, profile. All of them decode what we send."""


def profile_of(profile_level_id: str) -> Profile | None:
    """None when it is malformed or a profile that cannot decode constrained baseline."""
    try:
        level_of(profile_level_id)
        profile_idc, iop, _ = bytes.fromhex(profile_level_id)
    except ValueError:
        return None
    bits = f"{iop:08b}"
    for number, pattern, profile in _PATTERNS:
        if number == profile_idc and all(p in ("x", bit) for p, bit in zip(pattern, bits, strict=True)):
            return profile
    return None


def lower_level(profile_level_id: str, other: str) -> str:
    """`profile_level_id` with the lower of the two levels; the profile stays (RFC 6184 section 8.2.2)."""
    wanted = level_of(other)
    if _ability(wanted) >= _ability(level_of(profile_level_id)):
        return profile_level_id.lower()
    profile_idc, iop, _ = bytes.fromhex(profile_level_id)
    if profile_idc not in _LOW_PROFILES:
        level_idc = 9 if wanted.name == "1b" else round(10 * float(wanted.name))
        return f"{profile_idc:02x}{iop:02x}{level_idc:02x}"
    if wanted.name == "1b":
        return f"{profile_idc:02x}{iop | _CONSTRAINT_SET3:02x}0b"
    return f"{profile_idc:02x}{iop & ~_CONSTRAINT_SET3:02x}{round(10 * float(wanted.name)):02x}"


def _ability(level: Level) -> tuple[int, int, int]:
    return level.max_macroblock_rate, level.max_frame_size, level.max_bit_rate


def profile_level_id(fmtp: Fmtp, implied: str = IMPLIED_PROFILE_LEVEL_ID) -> str:
    return (fmtp.get("profile-level-id") or implied).lower()


def packetization_mode(fmtp: Fmtp) -> int:
    """RFC 6184 section 8.1: absent is 0. A value that is no mode gives -1, which matches nothing."""
    text = fmtp.get("packetization-mode", "0")
    return int(text) if text in ("0", "1", "2") else -1


def limits_of(fmtp: Fmtp, level_id: str) -> Level:
    """The level's limits, raised by max-mbps, max-fs and max-br (RFC 6184 section 8.1)."""
    return level_of(level_id).raised(*raised_limits(fmtp))


def raised_limits(fmtp: Fmtp) -> tuple[int, int, int]:
    """max-mbps, max-fs and max-br; 0 where there is none."""
    return _number(fmtp.get("max-mbps")), _number(fmtp.get("max-fs")), _number(fmtp.get("max-br"))


def fitting_picture(wish: Picture, limits: Level) -> Picture:
    """The largest picture of the wished shape that the limits allow: the size gives way first, then the frame rate."""
    size = next((size for size in _sizes(wish) if _fits(size, wish.frame_rate, limits)), _sizes(wish)[-1])
    return Picture(*size, max(1, min(wish.frame_rate, int(limits.frame_rate(*size)))))


def _fits(size: tuple[int, int], frame_rate: int, limits: Level) -> bool:
    return limits.holds(*size) and frame_rate <= limits.frame_rate(*size)


def _sizes(wish: Picture) -> list[tuple[int, int]]:
    """Falling sizes, sides in whole macroblocks, until the shorter side is `MIN_SIDE`."""
    short = min(wish.width, wish.height)
    sides = range(short, min(short, MIN_SIDE) - 1, -16)
    return [(_whole(wish.width * side / short), _whole(wish.height * side / short)) for side in sides]


def _whole(pixels: float) -> int:
    return max(16, 16 * round(pixels / 16))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
