"""Reads what an H.264 byte stream says of itself, and decodes it."""

from __future__ import annotations

from collections.abc import Iterable

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from ims_avatar.flow import AccessUnit

IDR, SEI, SPS, PPS = 5, 6, 7, 8


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream, without start codes."""
    return [unit.rstrip(b"\x00") for unit in data.split(b"\x00\x00\x01")[1:]]


def nal_types(data: bytes) -> list[int]:
    return [unit[0] & 0x1F for unit in nal_units(data)]


def decode(units: Iterable[AccessUnit]) -> list[NDArray[np.uint8]]:
    """The luma planes, uint8 (height, width), of all units in order."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    lumas = []
    packets = [av.Packet(unit.data) for unit in units]
    for packet in [*packets, None]:
        for frame in context.decode(packet):
            picture = frame.reformat(format="gray").to_ndarray()
            lumas.append(picture.astype(np.uint8, copy=False))
    return lumas
