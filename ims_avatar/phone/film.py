"""Recordings of a call: a WAV of the sound, and a film of the received picture with the received sound.

The film shows pictures as they were received, not encoded again, and sound and picture stand to each other as the
sender's reports say (RFC 3550 6.4.1); without reports, as they arrived.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE, VIDEO_CLOCK_RATE
from ims_avatar.phone.picture_in import KeptPicture, PictureReceiver
from ims_avatar.phone.sound_in import KeptSound, SoundReceiver, laid_out

REMEDY = "free some space, or record to another place"
SOUND_BIT_RATE = 64_000


@dataclass(frozen=True, slots=True)
class Film:
    """What a film is made of, on one time line that begins with second 0."""

    sound: NDArray[np.int16]
    """Mono at 16 kHz."""
    sound_start: float
    pictures: tuple[tuple[float, KeptPicture], ...]
    """(second, access unit), from the first key frame on."""
    sync: Literal["rtcp", "arrival"]
    """Whose clock put sound and picture together."""


def assemble(sound: SoundReceiver | None, picture: PictureReceiver | None) -> Film:
    """Sound and pictures that the two kept."""
    samples, first = laid_out(sound.kept, sound.timeline.clock_rate) if sound else (np.empty(0, np.int16), 0)
    shown = _from_first_keyframe(picture.kept) if picture else []
    by_rtcp = _instants_by_reports(sound, first, picture, shown)
    begin, instants = by_rtcp or (_arrival_of(sound.kept) if sound else None, [unit.arrival for unit in shown])
    zero = min(instant for instant in (begin, *instants, float("inf")) if instant is not None)
    placed = tuple((instant - zero, unit) for instant, unit in zip(instants, shown, strict=True))
    return Film(samples, (begin or zero) - zero if len(samples) else 0.0, placed, "rtcp" if by_rtcp else "arrival")


def _instants_by_reports(
    sound: SoundReceiver | None, first: int, picture: PictureReceiver | None, shown: list[KeptPicture]
) -> tuple[float | None, list[float]] | None:
    if sound is None or picture is None or not sound.kept:
        return None
    begin = sound.timeline.ntp(first)
    instants = [picture.timeline.ntp(unit.timestamp) for unit in shown]
    if begin is None or any(instant is None for instant in instants):
        return None
    return begin, [instant for instant in instants if instant is not None]


def _arrival_of(kept: list[KeptSound]) -> float | None:
    return kept[0].arrival - len(kept[0].samples) / AUDIO_RATE if kept else None


def _from_first_keyframe(kept: list[KeptPicture]) -> list[KeptPicture]:
    first = next((index for index, unit in enumerate(kept) if unit.keyframe), len(kept))
    return kept[first:]


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """Mono at 16 kHz. Raises `RecordingError`, e.g. when the disk is full."""
    try:
        with path.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(AUDIO_RATE)
            out.writeframes(samples.astype("<i2").tobytes())
    except OSError as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror})", remedy=REMEDY) from error


def write_film(path: Path, film: Film) -> None:
    """MP4 (or what else the name's ending says). Raises `RecordingError` without pictures, or when the disk is full."""
    if not film.pictures:
        raise RecordingError("no picture was received, so there is no film", remedy="look at how video was negotiated")
    try:
        with (
            av.open(io.BytesIO(film.pictures[0][1].data), format="h264") as sample,
            av.open(str(path), "w") as container,
        ):
            video = container.add_stream_from_template(sample.streams.video[0])
            video.time_base = Fraction(1, VIDEO_CLOCK_RATE)
            sound = (
                container.add_stream("aac", rate=AUDIO_RATE, layout="mono", bit_rate=SOUND_BIT_RATE)
                if len(film.sound)
                else None
            )
            for second, unit in film.pictures:
                packet = av.Packet(unit.data)
                packet.stream = video
                packet.time_base = Fraction(1, VIDEO_CLOCK_RATE)
                packet.pts = packet.dts = round(second * VIDEO_CLOCK_RATE)
                packet.is_keyframe = unit.keyframe
                container.mux(packet)
            if sound is not None:
                frame = av.AudioFrame.from_ndarray(film.sound.reshape(1, -1), format="s16", layout="mono")
                frame.sample_rate = AUDIO_RATE
                frame.pts = round(film.sound_start * AUDIO_RATE)
                frame.time_base = Fraction(1, AUDIO_RATE)
                for out in (*sound.encode(frame), *sound.encode(None)):
                    container.mux(out)
    except (av.FFmpegError, OSError) as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror or error})", remedy=REMEDY) from error
