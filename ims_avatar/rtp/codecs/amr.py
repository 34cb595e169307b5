"""AMR and AMR-WB (RFC 4867), octet-aligned and bandwidth-efficient."""

from __future__ import annotations

from collections.abc import Callable

from ims_avatar.errors import BadPacket, MediaError
from ims_avatar.flow import NegotiatedAudio
from ims_avatar.rtp.codecs.codec import AudioCodec, AvDecoder, SpeechDecoder

AMR_BITS = (95, 103, 118, 134, 148, 159, 204, 244, 39)
"""Speech bits of frame types 0 to 8 (3GPP TS 26.101 table 1a; 8 is comfort noise)."""
AMR_WB_BITS = (132, 177, 253, 285, 317, 365, 397, 461, 477, 40)
"""Speech bits of frame types 0 to 9 (3GPP TS 26.201 table 2; 9 is comfort noise)."""
SPEECH_LOST = 14
NO_DATA = 15
MAX_FRAMES = 16
"""In one packet: more than 320 ms is no telephony, and no valid table of contents of ours."""

_UNSUPPORTED = ("crc", "robust-sorting", "interleaving")
"""Parameters that change the payload's structure (8.1); nobody in telephony uses them."""


def unpack_octet_aligned(payload: bytes, bits: tuple[int, ...]) -> list[bytes]:
    """Section 4.4 → frames in storage format (5.3): a header octet, then the speech bits."""
    contents: list[int] = []
    position = 1
    while True:
        if position >= len(payload) or len(contents) == MAX_FRAMES:
            raise BadPacket("AMR table of contents does not end")
        contents.append(payload[position])
        position += 1
        if not contents[-1] & 0x80:
            break
    frames = []
    for entry in contents:
        size = (_bits_of(entry >> 3 & 15, bits) + 7) // 8
        data = payload[position : position + size]
        if len(data) < size:
            raise BadPacket("AMR speech data is truncated")
        frames.append(bytes([entry & 0x7C]) + data)
        position += size
    return frames


def unpack_bandwidth_efficient(payload: bytes, bits: tuple[int, ...]) -> list[bytes]:
    """Section 4.3 → frames in storage format (5.3). Nothing but the end is aligned to octets."""
    total = 8 * len(payload)
    value = int.from_bytes(payload, "big")

    def read(position: int, count: int) -> int:
        if position + count > total:
            raise BadPacket("AMR payload is truncated")
        return value >> (total - position - count) & ((1 << count) - 1)

    contents: list[int] = []
    position = 4
    while True:
        entry = read(position, 6)
        contents.append(entry)
        position += 6
        if not entry & 0x20:
            break
        if len(contents) == MAX_FRAMES:
            raise BadPacket("AMR table of contents does not end")
    frames = []
    for entry in contents:
        count = _bits_of(entry >> 1 & 15, bits)
        octets = (count + 7) // 8
        data = read(position, count) << (8 * octets - count)
        frames.append(bytes([(entry & 0x1F) << 2]) + data.to_bytes(octets, "big"))
        position += count
    return frames


def _bits_of(frame_type: int, bits: tuple[int, ...]) -> int:
    if frame_type < len(bits):
        return bits[frame_type]
    if frame_type in (SPEECH_LOST, NO_DATA):
        return 0
    raise BadPacket(f"AMR frame type {frame_type} is not defined")


def _decoder(names: tuple[str, ...], rate: int, bits: tuple[int, ...]) -> Callable[[NegotiatedAudio], SpeechDecoder]:
    def open_decoder(negotiated: NegotiatedAudio) -> SpeechDecoder:
        parameters = {name.lower(): value for name, value in negotiated.fmtp}
        for name in _UNSUPPORTED:
            if parameters.get(name, "0") != "0":
                raise MediaError(f"AMR payloads with {name} are relayed and not decoded")
        aligned = parameters.get("octet-align", "0") == "1"
        unpack = unpack_octet_aligned if aligned else unpack_bandwidth_efficient
        return AvDecoder(names, rate, lambda payload: _with_speech(unpack(payload, bits), len(bits)))

    return open_decoder


def _with_speech(frames: list[bytes], defined: int) -> list[bytes]:
    """Without frames that hold nothing: the gap they leave is silence."""
    return [frame for frame in frames if frame[0] >> 3 & 15 < defined]


AMR = AudioCodec("AMR", 8000, 8000, _decoder(("libopencore_amrnb", "amrnb"), 8000, AMR_BITS))
AMR_WB = AudioCodec("AMR-WB", 16000, 16000, _decoder(("libopencore_amrwb", "amrwb"), 16000, AMR_WB_BITS))
