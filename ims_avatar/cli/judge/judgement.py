"""The numbers of one call with an avatar, and whether they meet the aims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AUDIO_ENCODER, Avatar, AvatarRepository
from ims_avatar.cli.judge.lip_sync import CURVE_RATE, arrival_skews, expected_openings, fitting_lag, loudness_curve
from ims_avatar.cli.judge.mouth import MouthReader, decode, luma_of
from ims_avatar.cli.judge.sound_delay import added_delays
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.phone.recording import CallRecording
from ims_avatar.phone.report import CallReport

LATEST_FIRST_PICTURE_S = 1.0
LONGEST_DELAY_MS = 150.0
EARLIEST_SOUND_MS, LATEST_SOUND_MS = 40.0, -60.0
"""EBU R37: the sound may come 40 ms before and 60 ms after the picture."""
SLOWEST_RATE = 24.5


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds, or None where it could not be measured."""

    p1: float
    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: NDArray[np.float64] | Sequence[float] | None) -> Spread | None:
        if seconds is None or not len(seconds):
            return None
        low, middle, high = (round(1000 * float(value), 1) for value in np.percentile(seconds, [1, 50, 99]))
        return cls(low, middle, high)


@dataclass(frozen=True, slots=True)
class LipFit:
    """How lips and voice fit, by content. `late_ms`: how late the lips are (positive = the sound comes first)."""

    late_ms: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Judgement:
    report: CallReport
    added_delay: Spread | None
    skew: Spread | None
    """Arrival of pictures against arrival of the sound captured with them (positive = the sound comes first)."""
    lips_to_speech: LipFit | None
    """Mouth in the picture against what the audio encoder expects of the sound beside it."""
    lips_to_loudness: LipFit | None
    """Mouth in the picture against the loudness of the sound beside it: needs no model, is less exact."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def missed_aims(self) -> list[str]:
        picture, sound = self.report.picture, self.report.sound
        missed = []
        if picture is None or picture.first_picture_s is None or picture.first_picture_s > LATEST_FIRST_PICTURE_S:
            missed.append(f"first picture within {LATEST_FIRST_PICTURE_S:.0f} s of the answer")
        if picture is None or (picture.frames_per_second or 0) < SLOWEST_RATE:
            missed.append("25 pictures a second")
        if sound is None or sound.packets_lost:
            missed.append("no packet of voice lost")
        if self.added_delay is None or self.added_delay.p99 > LONGEST_DELAY_MS:
            missed.append(f"added audio delay of {LONGEST_DELAY_MS:.0f} ms at most (p99)")
        if self.skew is None or not (self.skew.p1 >= LATEST_SOUND_MS and self.skew.p99 <= EARLIEST_SOUND_MS):
            missed.append(f"sound within +{EARLIEST_SOUND_MS:.0f}/{LATEST_SOUND_MS:.0f} ms of the picture (p1, p99)")
        if self.lips_to_speech is None or not LATEST_SOUND_MS <= self.lips_to_speech.late_ms <= EARLIEST_SOUND_MS:
            missed.append(f"lips within +{EARLIEST_SOUND_MS:.0f}/{LATEST_SOUND_MS:.0f} ms of the voice (content)")
        return missed


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one call, before it is summed up."""

    report: CallReport
    """The viewer's."""
    added_delays: NDArray[np.float64] | None
    """Seconds, one a packet of sound."""
    skews: NDArray[np.float64] | None
    """Seconds, one a picture."""
    lips_to_speech: LipFit | None
    lips_to_loudness: LipFit | None

    def judged(self) -> Judgement:
        delay, skew = Spread.of(self.added_delays), Spread.of(self.skews)
        return Judgement(self.report, delay, skew, self.lips_to_speech, self.lips_to_loudness)


class Judge:
    """Knows the avatar that is shown; loads its models once."""

    def __init__(self, avatar: Avatar, repository: AvatarRepository) -> None:
        self._mouth = MouthReader(avatar)
        self._encoder = AudioEncoder(repository.base_model(AUDIO_ENCODER).folder)

    def measure(
        self, spoken: NDArray[np.int16], speaker: CallRecording, viewer: CallRecording, report: CallReport
    ) -> Measured:
        """`spoken`: what the speaker played, mono at 16 kHz. `report` is the viewer's."""
        speech, loudness = self._lips(viewer)
        return Measured(report, added_delays(spoken, speaker, viewer), arrival_skews(viewer), speech, loudness)

    def _lips(self, viewer: CallRecording) -> tuple[LipFit | None, LipFit | None]:
        size = (self._mouth.width, self._mouth.height)
        shown = [
            (viewer.picture_ntp[number] - viewer.sound_ntp, luma_of(frame))
            for number, frame in decode(viewer.pictures)
            if (frame.width, frame.height) == size and np.isfinite(viewer.picture_ntp[number] - viewer.sound_ntp)
        ]
        if len(shown) < CURVE_RATE:
            return None, None
        instants = np.array([instant for instant, _ in shown], np.float64)
        openings = self._mouth.openings(luma for _, luma in shown)
        steps = np.arange(int(len(viewer.sound) * CURVE_RATE / AUDIO_RATE)) / CURVE_RATE
        expected = expected_openings(viewer.sound, steps, self._encoder)
        return _fit(openings, instants, expected), _fit(openings, instants, loudness_curve(viewer.sound))


def _fit(openings: NDArray[np.float64], instants: NDArray[np.float64], reference: NDArray[np.float64]) -> LipFit | None:
    found = fitting_lag(openings, instants, reference)
    return LipFit(round(1000 * found.lag, 1), round(found.correlation, 3)) if found else None
