"""Corpus 2: flite's voices, made of recorded speech (diphones, CMU ARCTIC), labelled by the synthesiser."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from ims_avatar.driving.phonemes import PhonemeSpan, groups_of_arpabet, spans_of
from ims_avatar.errors import CorpusMissing
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Split, Utterance, to_int16
from ims_avatar.training.speech.corpus_text import sentences

VOICES = {"slt": 0.4, "awb": 0.4, "kal16": 0.2}
HELD_VOICE = "rms"


def speak(text: str, voice: str, stretch: float, folder: Path) -> tuple[np.ndarray, list[PhonemeSpan]]:
    """Speaks `text`, durations times `stretch`: float32 (n,) at 8 kHz and its phoneme groups."""
    path = folder / "flite.wav"
    command = [
        "flite",
        "-voice",
        voice,
        "-psdur",
        "--setf",
        f"duration_stretch={stretch:.2f}",
        "-t",
        text,
        "-o",
        str(path),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, samples = wavfile.read(path)
    spans: list[PhonemeSpan] = []
    at = 0.0
    for token in said.split():
        phoneme, _, end = token.rpartition(":")
        if phoneme:
            spans += spans_of(at, float(end), groups_of_arpabet(phoneme))
            at = float(end)
    divisor = int(np.gcd(SAMPLE_RATE, rate))
    narrow = resample_poly(samples.astype(np.float32), SAMPLE_RATE // divisor, rate // divisor)
    return narrow.astype(np.float32), spans


def generate(minutes: float, split: Split, seed: int) -> Iterator[Utterance]:
    """About `minutes` of English speech of the voices for training, or of the one held out."""
    if shutil.which("flite") is None:
        raise CorpusMissing("flite is missing", remedy="apt-get install flite")
    rng = random.Random(seed)
    texts = sentences("en")
    left = minutes * 60.0
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        while left > 0:
            voice = rng.choices(list(VOICES), list(VOICES.values()))[0] if split == "train" else HELD_VOICE
            samples, spans = speak(rng.choice(texts), voice, rng.uniform(0.8, 1.3), Path(folder))
            if len(spans) < 5:
                continue
            name = f"flite-{split}-{count}"
            utterance = Utterance(name, "flite", f"flite:{voice}", split, to_int16(samples), tuple(spans))
            count += 1
            left -= utterance.duration
            yield utterance
