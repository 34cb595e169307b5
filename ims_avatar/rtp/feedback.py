"""RTCP feedback: NACK and PLI (RFC 4585), FIR and TMMBR (RFC 5104), and the FIR of old (RFC 2032)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.reports import frame_rtcp

OLD_FULL_INTRA_REQUEST = 192
"""RFC 2032 5.2.1, made for H.261; baresip and others send it for any codec when no feedback was negotiated."""
TRANSPORT_FEEDBACK = 205
PAYLOAD_FEEDBACK = 206

NACK_FORMAT = 1
"""RFC 4585 6.2.1, in TRANSPORT_FEEDBACK."""
TMMBR_FORMAT = 3
"""RFC 5104 4.2.1, in TRANSPORT_FEEDBACK: to be told from NACK before anything is read from it."""
PLI_FORMAT = 1
"""RFC 4585 6.3.1, in PAYLOAD_FEEDBACK."""
FIR_FORMAT = 4
"""RFC 5104 4.3.1, in PAYLOAD_FEEDBACK."""


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    sender_ssrc: int
    media_ssrc: int

    def __bytes__(self) -> bytes:
        return frame_rtcp(PAYLOAD_FEEDBACK, PLI_FORMAT, struct.pack("!II", self.sender_ssrc, self.media_ssrc))


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """`entries`: (SSRC of the media sender, command sequence number); a repeated number is a retransmission."""

    sender_ssrc: int
    entries: tuple[tuple[int, int], ...]

    def __bytes__(self) -> bytes:
        entries = b"".join(struct.pack("!IB3x", ssrc, number & 0xFF) for ssrc, number in self.entries)
        return frame_rtcp(PAYLOAD_FEEDBACK, FIR_FORMAT, struct.pack("!II", self.sender_ssrc, 0) + entries)


@dataclass(frozen=True, slots=True)
class OldFullIntraRequest:
    sender_ssrc: int

    def __bytes__(self) -> bytes:
        return frame_rtcp(OLD_FULL_INTRA_REQUEST, 0, struct.pack("!I", self.sender_ssrc))


@dataclass(frozen=True, slots=True)
class GenericNack:
    """`lost`: sequence numbers (16 bits)."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]

    def __bytes__(self) -> bytes:
        words = b"".join(struct.pack("!HH", first, mask) for first, mask in _nack_words(self.lost))
        return frame_rtcp(
            TRANSPORT_FEEDBACK, NACK_FORMAT, struct.pack("!II", self.sender_ssrc, self.media_ssrc) + words
        )


@dataclass(frozen=True, slots=True)
class MaxBitRateRequest:
    """TMMBR. `entries`: (SSRC of the media sender, bits a second, measured overhead in bytes a packet)."""

    sender_ssrc: int
    entries: tuple[tuple[int, int, int], ...]

    def __bytes__(self) -> bytes:
        words = b"".join(struct.pack("!II", ssrc, _bit_rate_word(rate, over)) for ssrc, rate, over in self.entries)
        return frame_rtcp(TRANSPORT_FEEDBACK, TMMBR_FORMAT, struct.pack("!II", self.sender_ssrc, 0) + words)


Feedback = PictureLossIndication | FullIntraRequest | OldFullIntraRequest | GenericNack | MaxBitRateRequest


def _nack_words(lost: Iterable[int]) -> list[tuple[int, int]]:
    words: list[tuple[int, int]] = []
    for number in lost:
        distance = (number - words[-1][0] - 1) & 0xFFFF if words else 16
        if distance < 16:
            words[-1] = (words[-1][0], words[-1][1] | 1 << distance)
        else:
            words.append((number, 0))
    return words


def _bit_rate_word(rate: int, overhead: int) -> int:
    """6 bits exponent, 17 bits mantissa, 9 bits overhead (RFC 5104 4.2.1.1); rounds down."""
    exponent = max(0, rate.bit_length() - 17)
    return exponent << 26 | rate >> exponent << 9 | overhead & 0x1FF


def parse_transport_feedback(body: bytes, message_format: int) -> Feedback | None:
    """None: a format that is not ours (RFC 4585 6.1: to be ignored)."""
    sender, media, fields = _common(body)
    if message_format == NACK_FORMAT:
        return GenericNack(sender, media, _nack_numbers(fields))
    if message_format == TMMBR_FORMAT:
        return MaxBitRateRequest(sender, tuple(_bit_rates(fields)))
    return None


def parse_payload_feedback(body: bytes, message_format: int) -> Feedback | None:
    """None: a format that is not ours (RFC 4585 6.1: to be ignored)."""
    sender, media, fields = _common(body)
    if message_format == PLI_FORMAT:
        return PictureLossIndication(sender, media)
    if message_format == FIR_FORMAT:
        if not fields or len(fields) % 8:
            raise BadPacket(f"RTCP FIR entries of {len(fields)} bytes are not whole")
        return FullIntraRequest(sender, tuple(struct.iter_unpack("!IB3x", fields)))
    return None


def parse_old_full_intra_request(body: bytes) -> OldFullIntraRequest:
    if len(body) < 4:
        raise BadPacket("RTCP FIR (RFC 2032) is truncated")
    return OldFullIntraRequest(int.from_bytes(body[:4], "big"))


def _common(body: bytes) -> tuple[int, int, bytes]:
    if len(body) < 8:
        raise BadPacket("RTCP feedback message is truncated")
    sender, media = struct.unpack_from("!II", body)
    return sender, media, body[8:]


def _nack_numbers(fields: bytes) -> tuple[int, ...]:
    if not fields or len(fields) % 4:
        raise BadPacket(f"RTCP NACK entries of {len(fields)} bytes are not whole")
    return tuple(
        number & 0xFFFF
        for first, mask in struct.iter_unpack("!HH", fields)
        for number in [first, *(first + 1 + bit for bit in range(16) if mask >> bit & 1)]
    )


def _bit_rates(fields: bytes) -> list[tuple[int, int, int]]:
    if not fields or len(fields) % 8:
        raise BadPacket(f"RTCP TMMBR entries of {len(fields)} bytes are not whole")
    return [
        (ssrc, (word >> 9 & 0x1FFFF) << (word >> 26), word & 0x1FF) for ssrc, word in struct.iter_unpack("!II", fields)
    ]
