"""What one stream is encoded to, held under the level that the receiver named."""

from __future__ import annotations

from dataclasses import dataclass

from ims_avatar.errors import NotAcceptable
from ims_avatar.rtp.h264_level import Level, level_of

MACROBLOCK = 16


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """H.264 constrained baseline, one stream. Made by `settings_under_level`."""

    width: int
    height: int
    frame_rate: float
    """Pictures a second, evenly spaced."""
    bit_rate: int
    """Bits a second of the NAL units."""
    level: str
    """As in Table A-1: `1.2`, `1b`."""
    slice_max_size: int | None = None
    """Bytes that no NAL unit may exceed, for packetization-mode 0 (RFC 6184 section 6.2); None: no limit."""
    keyframe_interval: float = 2.0
    """Seconds between IDR pictures when nobody asks for one."""


def settings_under_level(
    *,
    width: int,
    height: int,
    frame_rate: float,
    bit_rate: int,
    profile_level_id: str,
    max_mbps: int = 0,
    max_fs: int = 0,
    max_br: int = 0,
    slice_max_size: int | None = None,
    keyframe_interval: float = 2.0,
) -> EncoderSettings:
    """The settings asked for, with size, frame rate and bit rate cut to what the level allows (H.264 A.3.1).

    `max_mbps`, `max_fs`, `max_br`: what the receiver takes beyond its level. The stream goes by the level's name all
    the same (RFC 6184 section 8.1).

    Raises `NotAcceptable` when the profile-level-id names no level.
    """
    try:
        level = level_of(profile_level_id).raised(max_mbps, max_fs, max_br)
    except ValueError as error:
        raise NotAcceptable(str(error), remedy="negotiate a profile-level-id such as 42e01f") from None
    width, height = _largest(level, width, height)
    return EncoderSettings(
        width=width,
        height=height,
        frame_rate=min(frame_rate, level.frame_rate(width, height)),
        bit_rate=min(bit_rate, level.max_bit_rate),
        level=level.name,
        slice_max_size=slice_max_size,
        keyframe_interval=keyframe_interval,
    )


def _largest(level: Level, width: int, height: int) -> tuple[int, int]:
    """The size itself if the level holds it, else the largest of about the same shape in whole macroblocks."""
    if level.holds(width, height):
        return width, height
    longest = max(width, height)
    for length in range(longest - longest % MACROBLOCK, 0, -MACROBLOCK):
        size = (_whole(width * length / longest), _whole(height * length / longest))
        if level.holds(*size):
            return size
    return MACROBLOCK, MACROBLOCK


def _whole(pixels: float) -> int:
    return max(1, round(pixels / MACROBLOCK)) * MACROBLOCK
