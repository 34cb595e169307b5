"""Corpus 3: people. Debian's asterisk-core-sounds-LANG-wav (8 kHz), aligned with asterisk-core-sounds-LANG's texts.

Rights: en, es Allison Smith, fr June Wallack (CC-BY-SA-3.0); ru Maxim Topal (CC-BY-3.0); it Carlo Flora, who is only
measured on.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.espeak import Espeak
from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan, group_labels
from ims_avatar.errors import CorpusMissing
from ims_avatar.training.speech.aligner import Aligner
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Split, Utterance, frame_levels, silence_pauses, to_int16

SOUNDS = Path("/usr/share/asterisk/sounds")
DOCUMENTS = Path("/usr/share/doc")
SPEAKERS = {
    # language: (folder of the recordings, espeak-ng language that pronounces it)
    "en": ("en_US_f_Allison", "en-us"),
    "fr": ("fr_CA_f_June", "fr"),
    "es": ("es_MX_f_Allison", "es-419"),
    "ru": ("ru_RU_f_IvrvoiceRU", "ru"),
    "it": ("it_IT_m_Carlo", "it"),
}
HELD_SPEAKER = "it"
"""The language whose speaker no model ever trains on."""
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
HELD_SHARE = 0.2
"""Share of each other speaker's recordings that no model trains on, drawn by the hash of the name."""


def split_of(language: str, name: str) -> Split:
    if language == HELD_SPEAKER:
        return "held_speaker"
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    return "held_recording" if draw < HELD_SHARE else "train"


def transcripts(language: str) -> dict[str, str]:
    """What is said in each recording: {name without suffix: text}."""
    folder = DOCUMENTS / f"asterisk-core-sounds-{language}"
    plain, packed = folder / f"core-sounds-{language}.txt", folder / f"core-sounds-{language}.txt.gz"
    if packed.exists():
        raw = gzip.decompress(packed.read_bytes())
    elif plain.exists():
        raw = plain.read_bytes()
    else:
        wanted = f"asterisk-core-sounds-{language} asterisk-core-sounds-{language}-wav"
        raise CorpusMissing(f"{plain} is missing", remedy=f"apt-get install {wanted}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = re.finditer(r"(?m)^([\w/.-]+): *(.+?)\s*$", text)
    return {line[1].removesuffix(".wav"): line[2] for line in lines if not re.search(r"[\[(*#]", line[2])}


def words_of(text: str, language: str) -> list[str]:
    """Lower-case words; digits are read one by one, as the English recordings do."""
    text = re.sub(r"\d", lambda m: f" {_DIGITS[int(m[0])]} ", text)
    plain = re.sub(r"[^\w' ]|_", " ", text.lower().replace("’", "'"))
    words = [w.strip("'") for w in plain.split()]
    return [w for w in words if w] if language == "en" else [w for w in re.split(r"[\s']+", " ".join(words)) if w]


def read_wav(path: Path) -> NDArray[np.int16]:
    """Samples of an 8 kHz mono 16-bit file."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SAMPLE_RATE, 1, 2):
            raise ValueError(f"{path} is not 8 kHz mono 16-bit")
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)


def generate(language: str, espeak: Espeak) -> Iterator[Utterance]:
    """Every recording of one speaker that can be aligned, with the split it belongs to."""
    folder, voice = SPEAKERS[language]
    texts = {n: words_of(t, language) for n, t in transcripts(language).items() if _readable(t, language)}
    aligner = Aligner(espeak, voice, (word for words in texts.values() for word in words))
    for name, words in texts.items():
        path = SOUNDS / folder / f"{name}.wav"
        if not path.exists() or not words:
            continue
        samples = to_int16(read_wav(path).astype(np.float32))
        spans = aligner.align(samples, words) if len(samples) > SAMPLE_RATE // 4 else None
        if spans is None:
            continue
        spoken = silence_pauses(samples, spans)
        if not _plausible(samples, spoken):
            continue
        split = split_of(language, name)
        yield Utterance(f"{language}/{name}", "asterisk-core-sounds", folder, split, samples, spoken)


def _readable(text: str, language: str) -> bool:
    """False where nobody knows how the digits were read."""
    return language == "en" or not re.search(r"\d", text)


def _plausible(samples: NDArray[np.int16], spans: Sequence[PhonemeSpan]) -> bool:
    """False where text and sound cannot belong together, by measures that know nothing of any model trained here:
    4–24 phonemes a second, and little loud sound that no phoneme explains."""
    seconds = len(samples) / SAMPLE_RATE
    level = frame_levels(samples)
    loud = level > np.percentile(level, 95) - 22.0
    spoken = group_labels(spans, (np.arange(len(level)) + 0.5) / 100) != PhonemeGroup.PAUSE
    unexplained = float((loud & ~spoken).sum()) / max(1, int(loud.sum()))
    return seconds * 3.0 < len(spans) < seconds * 24.0 and unexplained < 0.12


def generate_all() -> Iterator[Utterance]:
    """Every speaker of `SPEAKERS`."""
    espeak = Espeak()
    for language in SPEAKERS:
        yield from generate(language, espeak)
