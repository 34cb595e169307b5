"""The values that cross from one room to the next. Rooms never import each other; they meet here.

Time: every `pts` is the capture instant in seconds on this machine's monotonic clock (`time.monotonic()`), so that
sound and picture that belong together carry the same number in every process of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AUDIO_RATE = 16_000
"""Sampling rate in Hz of every `AudioChunk`."""

VIDEO_CLOCK_RATE = 90_000
"""RTP clock of every video payload format in Hz (RFC 6184 section 8.2.1)."""

LIP_CODE_SIZE = 8
"""Components of a `LipCode`; what each means stands in its docstring."""

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
"""Media direction as RFC 3264 section 5.1 names it, seen from us."""

Address = tuple[str, int]
"""Host (IP literal) and UDP port."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Decoded speech: int16 mono at 16 kHz, shape (n,). `pts` is the capture instant of the first sample."""

    pts: float
    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class LipCode:
    """The embedding of FS_AVATAR 3.4: what the lips do at one instant, independent of who speaks and of who is shown.

    `values` is float32, shape (8,). Lengths are divided by the character's neutral mouth width, so 0 everywhere is the
    closed, resting mouth of anybody:
    0 opening (vertical gap of the inner lips), 1 width (corner distance minus its neutral), 2 rounding (0..1),
    3 upper-lip raise, 4 lower-lip tuck under the upper teeth (0..1), 5 jaw drop (chin), 6 corner height (up positive),
    7 tongue tip visible (0..1).
    """

    pts: float
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RenderedFrame:
    """One picture, planar I420: uint8, shape (height * 3 // 2, width) (luma rows, then the two chroma planes)."""

    pts: float
    i420: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded picture as an Annex B byte stream (H.264 7.4.1.2.3), parameter sets included when `keyframe`."""

    pts: float
    data: bytes
    keyframe: bool


@dataclass(frozen=True, slots=True)
class NegotiatedAudio:
    """What offer/answer settled for one audio stream of one leg, seen from us."""

    codec: str
    """Encoding name as in the rtpmap, upper case: PCMU, PCMA, G722, AMR, AMR-WB, OPUS, EVS ..."""
    payload_type: int
    clock_rate: int
    channels: int
    remote_rtp: Address
    remote_rtcp: Address
    direction: Direction
    fmtp: tuple[tuple[str, str], ...] = ()
    telephone_event: int | None = None
    """Payload type of RFC 4733 events, if negotiated."""
    ptime_ms: int = 20
    comfort_noise: int | None = None
    """Payload type of RFC 3389 comfort noise of the same clock rate, if negotiated."""
    also_received: tuple[tuple[int, int], ...] = ()
    """(payload type in our description, in the far end's) where the two differ: it may send under ours (RFC 3264 5.1),
    and gets what bears its own."""


@dataclass(frozen=True, slots=True)
class NegotiatedVideo:
    """What offer/answer settled for one video stream of one leg, seen from us."""

    codec: str
    payload_type: int
    remote_rtp: Address
    remote_rtcp: Address
    direction: Direction
    packetization_mode: int = 1
    """RFC 6184 section 6.2: 0 single NAL unit, 1 non-interleaved."""
    profile_level_id: str = "42e01f"
    """Six hex digits of RFC 6184 section 8.1: the level caps what we send."""
    max_mbps: int = 0
    """With `max_fs` and `max_br`: what the receiver takes beyond its level (RFC 6184 section 8.1); 0: no more."""
    max_fs: int = 0
    max_br: int = 0
    feedback: frozenset[str] = frozenset()
    """rtcp-fb values in force, e.g. {"nack", "nack pli", "ccm fir"}."""
    width: int = 512
    height: int = 512
    frame_rate: int = 25
    bit_rate: int = 400_000
    """Bits a second on the payload, already held under b=AS/TIAS and the level."""
    mtu: int = 1200
    """Largest RTP packet in bytes, headers included."""
    also_received: tuple[tuple[int, int], ...] = ()
    """As for audio."""


@dataclass(frozen=True, slots=True)
class NegotiatedMedia:
    """All that one leg negotiated; None = that medium is absent, refused or removed. Replaced whole at every answer."""

    audio: NegotiatedAudio | None = None
    video: NegotiatedVideo | None = None
