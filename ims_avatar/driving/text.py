"""Driving by text: a voice says it, and its phonemes move the lips; no sound is analysed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from ims_avatar.driving.articulation import lip_codes
from ims_avatar.driving.moment import MOMENT_SAMPLES, PICTURE_RATE, SOUND_RATE, Moment
from ims_avatar.driving.resample import resampled
from ims_avatar.driving.speech import Speech, Voice, trimmed
from ims_avatar.driving.speech_script import Line, Script

LEAD = 0.2
"""Seconds of silence before the first line."""
EDGE = 0.08
"""Seconds that belong to a line before its first and after its last phoneme: time for lips to open and to close."""


class TextInput:
    """A `DrivingInput`. Line by line: the first pictures come once the first sentence is synthesised."""

    seconds = 0.0
    live = False

    def __init__(self, script: Script, voice: Voice) -> None:
        self._script = script
        self._voice = voice

    def moments(self) -> Iterator[Moment]:
        """Raises `SpeechUnavailable` when the synthesiser fails."""
        yield from _performance(Speech(np.zeros(round(LEAD * SOUND_RATE), np.int16), SOUND_RATE, ()), 0.0)
        # The next line is synthesised while this one is rendered: a live stream must not wait for it.
        with ThreadPoolExecutor(1, thread_name_prefix="speech") as ahead:
            coming: Future[Speech] = ahead.submit(self._say, self._script[0])
            for index, line in enumerate(self._script):
                speech = coming.result()
                if index + 1 < len(self._script):
                    coming = ahead.submit(self._say, self._script[index + 1])
                yield from _performance(speech, line.pause)

    def _say(self, line: Line) -> Speech:
        """The line at SOUND_RATE, with EDGE around it; empty for a pause."""
        if not any(letter.isalnum() for letter in line.text):
            return Speech(np.zeros(0, np.int16), SOUND_RATE, ())
        speech = trimmed(self._voice.speak(line.text), EDGE)
        return Speech(resampled(speech.samples, speech.rate, SOUND_RATE), SOUND_RATE, speech.spans)

    def close(self) -> None:
        self._voice.close()


def _performance(speech: Speech, pause: float) -> Iterator[Moment]:
    """A line and the silence after it, in whole moments; the edges count as part of the pause."""
    silence = max(0.0, pause - 2 * EDGE if speech.spans else pause)
    seconds = len(speech.samples) / SOUND_RATE + silence
    count = max(math.ceil(len(speech.samples) / MOMENT_SAMPLES), round(seconds * PICTURE_RATE))
    sound = np.zeros(count * MOMENT_SAMPLES, np.int16)
    sound[: len(speech.samples)] = speech.samples
    codes = lip_codes(speech.spans, np.arange(count) / PICTURE_RATE)
    for code, samples in zip(codes, sound.reshape(-1, MOMENT_SAMPLES), strict=True):
        yield Moment(code, samples)
