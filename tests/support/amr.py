"""Writes AMR payloads in the bandwidth-efficient format (RFC 4867 4.3): no peer of the lab sends it."""

from __future__ import annotations


def bandwidth_efficient(frames: list[bytes], bits: tuple[int, ...]) -> bytes:
    """`frames` in storage format (5.3)."""
    text = "1111"
    for index, frame in enumerate(frames):
        follows = index < len(frames) - 1
        text += f"{follows:d}{frame[0] >> 3 & 15:04b}{frame[0] >> 2 & 1:d}"
    for frame in frames:
        speech = "".join(f"{octet:08b}" for octet in frame[1:])
        text += speech[: bits[frame[0] >> 3 & 15]]
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")
