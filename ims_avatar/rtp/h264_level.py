"""H.264 levels: what a receiver of a profile-level-id can take (ITU-T H.264 Table A-1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

BASELINE, MAIN, EXTENDED = 66, 77, 88
_CONSTRAINT_SET3 = 0x10
NAL_BITS = 1200
"""cpbBrNalFactor of the Baseline profile (A.3.1 j): bits a second for each unit of MaxBR, NAL headers included."""


@dataclass(frozen=True, slots=True)
class Level:
    """One row of Table A-1. Sizes in macroblocks of 16x16."""

    name: str
    """As people write it: `1.2`, `1b`, `3.1`."""
    max_macroblock_rate: int
    """MaxMBPS, macroblocks a second."""
    max_frame_size: int
    """MaxFS, macroblocks."""
    max_bit_rate: int
    """Bits a second of the NAL byte stream."""

    def holds(self, width: int, height: int) -> bool:
        """Whether a picture of `width` x `height` pixels is allowed (A.3.1 a, f, g)."""
        columns, rows = _macroblocks(width), _macroblocks(height)
        longest = math.isqrt(8 * self.max_frame_size)
        return columns * rows <= self.max_frame_size and max(columns, rows) <= longest

    def raised(self, max_mbps: int = 0, max_fs: int = 0, max_br: int = 0) -> Level:
        """With the limits that a receiver adds to its level (RFC 6184 section 8.1); those below the level's count not.

        `max_mbps` macroblocks a second, `max_fs` macroblocks, `max_br` units of `NAL_BITS` bits a second.
        """
        return replace(
            self,
            max_macroblock_rate=max(self.max_macroblock_rate, max_mbps),
            max_frame_size=max(self.max_frame_size, max_fs),
            max_bit_rate=max(self.max_bit_rate, NAL_BITS * max_br),
        )

    def frame_rate(self, width: int, height: int) -> float:
        """Most pictures a second of `width` x `height` pixels, evenly spaced."""
        return self.max_macroblock_rate / (_macroblocks(width) * _macroblocks(height))


def _macroblocks(pixels: int) -> int:
    return -(-pixels // 16)


_LEVELS = {
    level.name: level
    for level in (
        Level("1", 1_485, 99, 64 * NAL_BITS),
        Level("1b", 1_485, 99, 128 * NAL_BITS),
        Level("1.1", 3_000, 396, 192 * NAL_BITS),
        Level("1.2", 6_000, 396, 384 * NAL_BITS),
        Level("1.3", 11_880, 396, 768 * NAL_BITS),
        Level("2", 11_880, 396, 2_000 * NAL_BITS),
        Level("2.1", 19_800, 792, 4_000 * NAL_BITS),
        Level("2.2", 20_250, 1_620, 4_000 * NAL_BITS),
        Level("3", 40_500, 1_620, 10_000 * NAL_BITS),
        Level("3.1", 108_000, 3_600, 14_000 * NAL_BITS),
        Level("3.2", 216_000, 5_120, 20_000 * NAL_BITS),
        Level("4", 245_760, 8_192, 20_000 * NAL_BITS),
        Level("4.1", 245_760, 8_192, 50_000 * NAL_BITS),
        Level("4.2", 522_240, 8_704, 50_000 * NAL_BITS),
        Level("5", 589_824, 22_080, 135_000 * NAL_BITS),
        Level("5.1", 983_040, 36_864, 240_000 * NAL_BITS),
        Level("5.2", 2_073_600, 36_864, 240_000 * NAL_BITS),
    )
}


def level_of(profile_level_id: str) -> Level:
    """The level in a profile-level-id (six hex digits, RFC 6184 section 8.1). Raises `ValueError` if there is none.

    Level 1b is level_idc 11 with constraint_set3 in the baseline family, level_idc 9 elsewhere (H.264 7.4.2.1.1).
    """
    if len(profile_level_id) != 6:
        raise ValueError(f"profile-level-id {profile_level_id!r} is not six hexadecimal digits")
    profile, constraints, idc = bytes.fromhex(profile_level_id)
    if idc == 9 or (idc == 11 and profile in (BASELINE, MAIN, EXTENDED) and constraints & _CONSTRAINT_SET3):
        return _LEVELS["1b"]
    name = str(idc // 10) if idc % 10 == 0 else f"{idc // 10}.{idc % 10}"
    if name not in _LEVELS:
        raise ValueError(f"profile-level-id {profile_level_id!r} names level_idc {idc}, which H.264 does not define")
    return _LEVELS[name]
