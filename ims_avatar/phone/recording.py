"""Everything a phone sent and received in one call, with its times, for a judge that comes later (demo, bench)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.flow import AUDIO_RATE
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.sound_in import laid_out


@dataclass(frozen=True, slots=True)
class CallRecording:
    """Times are monotonic seconds of the machine, NTP times those of the sender's reports; NaN where unknown."""

    answered_at: float
    send_times: NDArray[np.float64]
    """When each packet of our sound left."""
    packet_s: float
    """Sound in one packet, seconds."""
    sound: NDArray[np.int16]
    """Received, mono at 16 kHz."""
    sound_arrivals: NDArray[np.float64]
    """(n, 2): second in `sound`, arrival of the packet that begins there."""
    sound_ntp: float
    """Of the first sample."""
    picture_arrivals: NDArray[np.float64]
    picture_ntp: NDArray[np.float64]
    pictures: tuple[bytes, ...]
    """Access units, Annex B."""


def write_state(folder: Path, number: int, call: PhoneCall) -> None:
    recording = _recording(call)
    np.savez(
        folder / f"call-{number}.npz",
        numbers=np.array([recording.answered_at, recording.packet_s, recording.sound_ntp]),
        send_times=recording.send_times,
        sound=recording.sound,
        sound_arrivals=recording.sound_arrivals,
        picture_arrivals=recording.picture_arrivals,
        picture_ntp=recording.picture_ntp,
        picture_sizes=np.array([len(unit) for unit in recording.pictures], np.int64),
        picture_data=np.frombuffer(b"".join(recording.pictures), np.uint8),
    )


def read_state(folder: Path, number: int = 0) -> CallRecording:
    with np.load(folder / f"call-{number}.npz", allow_pickle=False) as stored:
        answered_at, packet_s, sound_ntp = stored["numbers"]
        ends = np.cumsum(stored["picture_sizes"])
        data = stored["picture_data"].tobytes()
        starts = ends - stored["picture_sizes"]
        return CallRecording(
            answered_at=float(answered_at),
            send_times=stored["send_times"],
            packet_s=float(packet_s),
            sound=stored["sound"],
            sound_arrivals=stored["sound_arrivals"],
            sound_ntp=float(sound_ntp),
            picture_arrivals=stored["picture_arrivals"],
            picture_ntp=stored["picture_ntp"],
            pictures=tuple(data[start:end] for start, end in zip(starts, ends, strict=True)),
        )


def _recording(call: PhoneCall) -> CallRecording:
    sound, picture = call.media.sound, call.media.picture
    kept = sound.kept if sound else []
    rate = sound.timeline.clock_rate if sound else AUDIO_RATE
    samples, first = laid_out(kept, rate)
    units = picture.kept if picture else []
    audio = call.media.audio_session.negotiated
    return CallRecording(
        answered_at=call.answered_at or float("nan"),
        send_times=np.array(call.media.send_times, np.float64),
        packet_s=getattr(audio, "ptime_ms", 20) / 1000,
        sound=samples,
        sound_arrivals=np.array([((piece.timestamp - first) / rate, piece.arrival) for piece in kept]).reshape(-1, 2),
        sound_ntp=_known(sound.timeline.ntp(first) if sound else None),
        picture_arrivals=np.array([unit.arrival for unit in units], np.float64),
        picture_ntp=np.array(
            [_known(picture.timeline.ntp(unit.timestamp)) for unit in units] if picture else [], np.float64
        ),
        pictures=tuple(unit.data for unit in units),
    )


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
