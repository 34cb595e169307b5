"""a=imageattr (RFC 6236): the sizes of picture that a far end wants to receive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final

from ims_avatar.rtp.h264_level import Level
from ims_avatar.signalling.h264 import Picture, fitting_picture
from ims_avatar.signalling.sdp_types import MediaDescription

_LIST: Final = re.compile(r"\b(send|recv)((?:\s+\[[^\s]*\])+|\s+\*)", re.IGNORECASE)
_SET: Final = re.compile(r"\[x=(\d+|\[[\d:,]+\]),y=(\d+|\[[\d:,]+\])(?:,[^\s]*)?\](?=\s|$)", re.IGNORECASE)
_LEAST: Final = 32
_MOST: Final = 1920
"""Pixels a side of what we encode."""
_MOST_SETS: Final = 16


@dataclass(frozen=True, slots=True)
class SizeSet:
    """Every width goes with every height: pixels, even, falling."""

    widths: tuple[int, ...]
    heights: tuple[int, ...]


def wanted_sizes(media: MediaDescription, payload_type: int) -> tuple[SizeSet, ...]:
    """What stands after `recv` for this payload type. Empty: any size, as nothing stands there that RFC 6236 knows."""
    for value in media.values("imageattr"):
        number, _, rest = value.strip().partition(" ")
        if number in (str(payload_type), "*"):
            received = (sets for kind, sets in _LIST.findall(rest) if kind.lower() == "recv")
            return tuple(SizeSet(_values(x), _values(y)) for sets in received for x, y in _SET.findall(sets))[
                :_MOST_SETS
            ]
    return ()


def wanted_picture(wish: Picture, sets: Iterable[SizeSet], limits: Level) -> Picture:
    """The largest picture that is wanted, not larger than `wish` and within `limits`; the least beyond `wish` when
    there is none. The size gives way before the frame rate does; any size when nothing fits the limits."""
    every = [
        size
        for one in sets
        for size in product(_near(one.widths, wish.width), _near(one.heights, wish.height))
        if limits.holds(*size)
    ]
    smooth = [size for size in every if limits.frame_rate(*size) >= wish.frame_rate]
    for sizes in (smooth, every):
        within = [(x, y) for x, y in sizes if x <= wish.width and y <= wish.height]
        if within:
            return _at(max(within, key=_area), wish, limits)
    beyond = smooth or every
    return _at(min(beyond, key=_area), wish, limits) if beyond else fitting_picture(wish, limits)


def _near(values: tuple[int, ...], wish: int) -> tuple[int, ...]:
    """Those up to the wish, and the next one above."""
    return tuple(v for v in values if v <= wish) + tuple(v for v in values if v > wish)[-1:]


def _at(size: tuple[int, int], wish: Picture, limits: Level) -> Picture:
    return Picture(*size, max(1, min(wish.frame_rate, int(limits.frame_rate(*size)))))


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _values(text: str) -> tuple[int, ...]:
    """`640`, `[320,640]`, `[320:640]` or `[320:16:640]` (lowest, step, highest)."""
    inner = text.strip("[]")
    numbers = [min(int(part), 10 * _MOST) for part in re.split("[:,]", inner) if part]
    if ":" in inner and len(numbers) in (2, 3):
        step = numbers[1] if len(numbers) == 3 else 1
        steps = range(numbers[0], min(numbers[-1], _MOST) + 1, max(1, step))
        # Sides in whole macroblocks lose nothing to cropping; a fine range would give thousands of sizes.
        numbers = [number for number in steps if number % 16 == 0] or [*steps][:1]
    return tuple(sorted({n for n in numbers if _LEAST <= n <= _MOST and n % 2 == 0}, reverse=True))
