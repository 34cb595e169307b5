"""Recorded packets under tests/fixtures/rtp; where each comes from stands in the README there."""

from __future__ import annotations

from pathlib import Path

from ims_avatar.rtp.packet import RtpPacket, parse_rtp

FOLDER = Path(__file__).parents[1] / "fixtures" / "rtp"


def datagram(name: str) -> bytes:
    return (FOLDER / f"{name}.bin").read_bytes()


def datagrams(name: str) -> list[bytes]:
    """RFC 4571 framing."""
    data, found = (FOLDER / f"{name}.rtp").read_bytes(), []
    while data:
        size = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + size])
        data = data[2 + size :]
    return found


def packets(name: str) -> list[RtpPacket]:
    return [parse_rtp(data) for data in datagrams(name)]
