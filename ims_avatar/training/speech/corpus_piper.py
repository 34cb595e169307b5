"""Corpus 4: piper's neural voice Joe (a man's English, licence CC0), labelled by the voice's own durations."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
from scipy.signal import resample_poly

from ims_avatar.driving.speech_piper_voice import INSTALL, PiperVoice, piper_is_installed
from ims_avatar.errors import CorpusMissing
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Utterance, to_int16
from ims_avatar.training.speech.corpus_text import sentences


def generate(minutes: float, seed: int) -> Iterator[Utterance]:
    """About `minutes` of speech to train on. Raises `CorpusMissing` where the voice is not installed."""
    if not piper_is_installed():
        raise CorpusMissing("piper and its voice are missing", remedy=INSTALL)
    rng = random.Random(seed)
    texts = sentences("en")
    voice = PiperVoice()
    left = minutes * 60.0
    count = 0
    try:
        while left > 0:
            speech = voice.speak(rng.choice(texts))
            if len(speech.spans) < 5:
                continue
            divisor = int(np.gcd(SAMPLE_RATE, speech.rate))
            sound = resample_poly(speech.samples.astype(np.float32), SAMPLE_RATE // divisor, speech.rate // divisor)
            name = f"piper-train-{count}"
            utterance = Utterance(name, "piper", "piper:joe", "train", to_int16(sound), tuple(speech.spans))
            count += 1
            left -= utterance.duration
            yield utterance
    finally:
        voice.close()
