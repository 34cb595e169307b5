"""Lip synchronisation by content: when the voice starts against when the mouth opens, at the viewer.

Skew in seconds, positive when the sound is late. Two clocks: what a receiver that follows RTCP shows (RTP timestamps
put on the sender's clock by its sender reports), and what a receiver that ignores RTCP shows (arrival of the packets).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.film import Picture
from tests.support.g711 import decode
from tests.support.rtp_stream import RtpStream, SenderReport, to_ntp

FARTHEST = 0.5
"""Seconds: onsets of sound and picture farther apart than this do not belong together."""


@dataclass(frozen=True)
class Onset:
    timestamp: int
    arrival: float


def voice_onsets(stream: RtpStream, threshold: float = 2000.0, pause_s: float = 0.25) -> list[Onset]:
    """Where sound starts after at least `pause_s` of quiet, in a G.711 stream."""
    onsets: list[Onset] = []
    quiet = 8000 * 10
    for packet in stream.voice():
        level = np.abs(decode(packet.payload, "PCMU" if packet.payload_type == 0 else "PCMA").astype(np.int32))
        loud = np.flatnonzero(level > threshold)
        if not len(loud):
            quiet += len(level)
            continue
        if quiet + loud[0] >= pause_s * 8000:
            onsets.append(Onset(packet.timestamp + int(loud[0]), packet.time))
        quiet = len(level) - 1 - int(loud[-1])
    return onsets


def mouth_onsets(
    pictures: Sequence[Picture], openings: NDArray[np.float64], closed: float, opened: float
) -> list[Onset]:
    """Pictures in which the mouth goes above `opened` after having been under `closed`; hysteresis between them."""
    onsets: list[Onset] = []
    ready = False
    for picture, opening in zip(pictures, openings, strict=True):
        if opening < closed:
            ready = True
        elif opening > opened and ready:
            onsets.append(Onset(picture.timestamp, picture.arrival))
            ready = False
    return onsets


def skews(sound: Sequence[float], picture: Sequence[float]) -> NDArray[np.float64]:
    """Sound minus picture for every picture onset that has a sound onset near it."""
    times = np.array(sound)
    pairs = [float(times[np.argmin(np.abs(times - at))] - at) for at in picture] if len(times) else []
    return np.array([skew for skew in pairs if abs(skew) < FARTHEST])


def skews_by_arrival(sound: Sequence[Onset], picture: Sequence[Onset]) -> NDArray[np.float64]:
    return skews([onset.arrival for onset in sound], [onset.arrival for onset in picture])


def skews_by_rtcp(
    sound: Sequence[Onset],
    picture: Sequence[Onset],
    sound_reports: Sequence[SenderReport],
    picture_reports: Sequence[SenderReport],
) -> NDArray[np.float64]:
    """As a conforming receiver plays it (RFC 3550 6.4.1); sound at 8 kHz, picture at 90 kHz."""
    return skews(
        [to_ntp(sound_reports, onset.timestamp, 8000) for onset in sound],
        [to_ntp(picture_reports, onset.timestamp, 90_000) for onset in picture],
    )
