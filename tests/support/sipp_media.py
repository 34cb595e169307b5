"""What SIPp plays: a voice for each side, in which every packet is different, and a small H.264 film as RTP."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.support.g711 import encode
from tests.support.tone import sweep

VOICE_SECONDS = 20
CALLER_BAND, CALLEE_BAND = (300, 1500), (1700, 3300)
"""Hz. The caller's voice sweeps through the lower band, the callee's through the upper one."""
MTU = 1200


def make_sipp_media(folder: Path) -> Path:
    """Write caller.al, callee.al and video.pcap into `folder`."""
    for side, (low, high) in (("caller", CALLER_BAND), ("callee", CALLEE_BAND)):
        (folder / f"{side}.al").write_bytes(encode(sweep(low, high, VOICE_SECONDS, 8000), "PCMA"))
    _write_film(folder / "video.pcap")
    return folder


def _film(seconds: int = 6, rate: int = 10) -> Iterator[bytes]:
    """Access units of a bar that wanders over 320x240."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate, 1)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": str(rate)}
    for number in range(seconds * rate):
        picture = np.full((240, 320, 3), 60, np.uint8)
        left = number * 5 % 280
        picture[:, left : left + 40] = (200, 80, 40)
        yield b"".join(bytes(packet) for packet in encoder.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))


def rtp_payloads(access_unit: bytes) -> Iterator[bytes]:
    """RFC 6184: single NAL unit packets, FU-A above the MTU."""
    for unit in (part for part in access_unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part):
        if len(unit) <= MTU:
            yield unit
            continue
        indicator, kind, rest = (unit[0] & 0xE0) | 28, unit[0] & 0x1F, unit[1:]
        pieces = [rest[start : start + MTU] for start in range(0, len(rest), MTU)]
        for index, piece in enumerate(pieces):
            flags = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
            yield bytes([indicator, flags | kind]) + piece


def _write_film(path: Path, rate: int = 10) -> None:
    """A pcap file (Ethernet, IPv4, UDP; checksums zero, SIPp sets its own addresses)."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    sequence = 0
    for frame, unit in enumerate(_film(rate=rate)):
        payloads = list(rtp_payloads(unit))
        for index, payload in enumerate(payloads):
            sequence += 1
            marker = 0x80 if index == len(payloads) - 1 else 0
            rtp = struct.pack("!BBHII", 0x80, marker | 96, sequence, frame * 90_000 // rate, 0x56494445) + payload
            udp = struct.pack("!HHHH", 6000, 7000, 8 + len(rtp), 0) + rtp
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x7F000001, 0x7F000001) + udp
            ethernet = bytes(12) + b"\x08\x00" + ip
            second, microsecond = divmod(frame * 1_000_000 // rate + index * 500, 1_000_000)
            out.append(struct.pack("<IIII", second + 1, microsecond, len(ethernet), len(ethernet)) + ethernet)
    path.write_bytes(b"".join(out))
