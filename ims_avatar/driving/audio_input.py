"""Driving by sound: a file, a stream or standard input moves the lips of the avatar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.audio import LOOK_AHEAD, AudioDriver
from ims_avatar.driving.moment import MOMENT_SAMPLES, PICTURE_RATE, SOUND_RATE, Moment
from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.flow import AUDIO_RATE, AudioChunk


class LipEncoder(Protocol):
    """What `driving.audio.AudioEncoder` offers: windows of features to raw lip codes."""

    def lip_codes(self, windows: NDArray[np.float32]) -> NDArray[np.float32]: ...


class AudioInput:
    """A `DrivingInput`. A moment is known once the sound up to LOOK_AHEAD after it is there."""

    def __init__(self, sound: SoundFile, lip_encoder: LipEncoder) -> None:
        self.seconds, self.live = sound.seconds, sound.live
        self._sound = sound
        self._lip_encoder = lip_encoder
        self._driver = AudioDriver()

    def moments(self) -> Iterator[Moment]:
        """Raises `AudioFileError` where the sound cannot be decoded."""
        heard = index = 0
        held = np.empty(0, np.int16)
        for piece in self._sound.pieces(SOUND_RATE):
            self._driver.push(AudioChunk(heard / AUDIO_RATE, piece.speech))
            heard += len(piece.speech)
            held = np.concatenate([held, piece.film])
            while len(held) >= MOMENT_SAMPLES and index / PICTURE_RATE < heard / AUDIO_RATE - LOOK_AHEAD:
                yield self._moment(index, held[:MOMENT_SAMPLES])
                held = held[MOMENT_SAMPLES:]
                index += 1
        while len(held):  # what comes after the sound is silence
            yield self._moment(index, held[:MOMENT_SAMPLES])
            held = held[MOMENT_SAMPLES:]
            index += 1

    def _moment(self, index: int, sound: NDArray[np.int16]) -> Moment:
        pts = index / PICTURE_RATE
        raw = self._lip_encoder.lip_codes(self._driver.window(pts)[None])[0]
        return Moment(self._driver.finish(pts, raw).values, sound)

    def close(self) -> None:
        self._sound.close()
