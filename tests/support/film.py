"""Pictures of an H.264 RTP stream: a strict depacketiser (RFC 6184) and libavcodec. Every broken rule is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.rtp_stream import RtpPacket, RtpStream

STAP_A, FU_A = 24, 28
IDR, SPS, PPS = 5, 7, 8


@dataclass
class Findings:
    """What the packets held, and what was wrong with them."""

    units: Counter[int] = field(default_factory=Counter)
    """NAL units by type."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Packets by kind: single, stap-a, fu-a."""
    faults: list[str] = field(default_factory=list)
    largest: int = 0
    """Bytes of the largest UDP payload."""


@dataclass(frozen=True)
class Picture:
    arrival: float
    """When its last packet came."""
    timestamp: int
    keyframe: bool
    i420: NDArray[np.uint8]
    """uint8 (height * 3 // 2, width)."""

    @property
    def luma(self) -> NDArray[np.uint8]:
        return self.i420[: self.i420.shape[0] * 2 // 3]

    @property
    def rgb(self) -> NDArray[np.uint8]:
        frame = av.VideoFrame.from_ndarray(self.i420, format="yuv420p")
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


@dataclass(frozen=True)
class Film:
    pictures: list[Picture]
    findings: Findings

    @property
    def keyframes(self) -> list[Picture]:
        return [picture for picture in self.pictures if picture.keyframe]


def depacketise(packets: list[RtpPacket], findings: Findings) -> list[bytes]:
    """The NAL units of one access unit, in order."""
    units: list[bytes] = []
    fragment: bytearray | None = None
    for packet in packets:
        findings.largest = max(findings.largest, packet.size)
        payload = packet.payload
        if not payload or payload[0] & 0x80:
            findings.faults.append(f"packet {packet.sequence}: empty, or forbidden_zero_bit is set")
            continue
        kind = payload[0] & 31
        if fragment is not None and kind != FU_A:
            findings.faults.append(f"packet {packet.sequence}: a fragmented unit was not finished")
            fragment = None
        if kind == FU_A:
            fragment = _fragment(packet, fragment, units, findings)
        elif kind == STAP_A:
            findings.kinds["stap-a"] += 1
            units += _aggregated(payload, packet.sequence, findings)
        elif 1 <= kind <= 23:
            findings.kinds["single"] += 1
            units.append(payload)
        else:
            findings.faults.append(f"packet {packet.sequence}: type {kind} is not of modes 0 and 1")
    if fragment is not None:
        findings.faults.append(f"packet {packets[-1].sequence}: the last fragmented unit was not finished")
    findings.units.update(unit[0] & 31 for unit in units)
    return units


def _fragment(
    packet: RtpPacket, fragment: bytearray | None, units: list[bytes], findings: Findings
) -> bytearray | None:
    """RFC 6184 5.8."""
    findings.kinds["fu-a"] += 1
    indicator, header = packet.payload[0], packet.payload[1]
    start, end = bool(header & 0x80), bool(header & 0x40)
    if start == (fragment is not None) or (start and end):
        findings.faults.append(f"packet {packet.sequence}: fragment out of place")
    if start:
        fragment = bytearray([indicator & 0xE0 | header & 31])
    if fragment is None:
        return None
    fragment += packet.payload[2:]
    if end:
        units.append(bytes(fragment))
        return None
    return fragment


def _aggregated(payload: bytes, sequence: int, findings: Findings) -> Iterator[bytes]:
    """RFC 6184 5.7.1."""
    position = 1
    while position + 2 <= len(payload):
        size = int.from_bytes(payload[position : position + 2], "big")
        unit = payload[position + 2 : position + 2 + size]
        if not unit or len(unit) != size:
            findings.faults.append(f"packet {sequence}: an aggregated unit is cut off")
            return
        yield unit
        position += 2 + size


def develop(stream: RtpStream) -> Film:
    """Decode the whole stream. Lost packets, wrong markers and decoder complaints are in `Film.findings.faults`.

    The last picture may lack its end: the call may have ended in the middle of it.
    """
    findings, pictures = Findings(), list[Picture]()
    ordered = dict(sorted(zip(stream.extended, stream.packets, strict=True)))
    numbers = list(ordered)
    missing = [after for before, after in pairwise(numbers) if after != before + 1]
    findings.faults += [f"packets before {number} were lost" for number in missing]
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for timestamp, group in groupby(ordered.values(), key=lambda packet: packet.timestamp):
        packets = list(group)
        markers = [packet.marker for packet in packets]
        if timestamp == ordered[numbers[-1]].timestamp and not any(markers):
            break
        if markers != [False] * (len(packets) - 1) + [True]:
            findings.faults.append(f"picture {timestamp}: the marker is not on its last packet alone")
        units = depacketise(packets, findings)
        keyframe = any(unit[0] & 31 == IDR for unit in units)
        data = b"".join(b"\0\0\0\1" + unit for unit in units)
        try:
            frames = decoder.decode(av.Packet(data)) if data else []
        except av.error.FFmpegError as error:
            findings.faults.append(f"picture {timestamp}: {error}")
            continue
        for frame in frames:
            i420 = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            pictures.append(Picture(packets[-1].time, timestamp, keyframe, i420))
    return Film(pictures, findings)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Correlation of two pictures of the same size, -1 to 1; 1 is the same picture."""
    return float(np.corrcoef(one.ravel().astype(np.float64), other.ravel().astype(np.float64))[0, 1])
