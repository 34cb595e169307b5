"""Corpus 1: espeak-ng in many languages and voices, labelled by the synthesiser itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
from scipy.signal import resample_poly

from ims_avatar.driving.espeak import Espeak, Spoken
from ims_avatar.driving.speech_spans import espeak_spans
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Split, Utterance, to_int16
from ims_avatar.training.speech.corpus_text import sentences

LANGUAGES = {
    # espeak-ng language: (language of the text, share)
    "en-us": ("en", 0.20),
    "en-gb-x-rp": ("en", 0.09),
    "de": ("de", 0.11),
    "es": ("es", 0.09),
    "it": ("it", 0.09),
    "fr": ("fr", 0.09),
    "pt-br": ("pt", 0.07),
    "ru": ("ru", 0.06),
    "nl": ("nl", 0.05),
    "sv": ("sv", 0.04),
    "cs": ("cs", 0.04),
    "fi": ("fi", 0.03),
    "tr": ("tr", 0.03),
    "hu": ("hu", 0.01),
}
HELD_LANGUAGE = ("pl", "pl")
"""Never trained on: shows how the encoder does in a language it has not heard."""

HELD_VOICES = ("m7", "f4", "klatt3", "Annie", "Diogo", "linda", "steph", "anika", "boris", "quincy")
VOICES = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m8", "f1", "f2", "f3", "f5", "klatt", "klatt2", "klatt4", "klatt5", "klatt6",
    "Alex", "Alicia", "Andrea", "Andy", "Denis", "Gene", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario",
    "Michael", "Mike", "Nguyen", "adam", "announcer", "antonio", "aunty", "belinda", "benjamin", "caleb", "david",
    "ed", "edward", "grandma", "grandpa", "gustave", "iven", "john", "kaukovalta", "marcelo", "max", "michel",
    "miguel", "norbert", "pablo", "paul", "pedro", "robert", "sandro", "shelby", "travis", "victor",
)  # fmt: skip
"""espeak-ng's voice variants without the robots and whisperers."""


def utterance_of(spoken: Spoken, name: str, voice: str, split: Split) -> Utterance:
    """The labelled utterance in the telephone band."""
    spans = espeak_spans(spoken.phonemes, len(spoken.samples), spoken.rate)
    divisor = int(np.gcd(SAMPLE_RATE, spoken.rate))
    narrow = resample_poly(spoken.samples.astype(np.float32), SAMPLE_RATE // divisor, spoken.rate // divisor)
    return Utterance(name, "espeak-ng", voice, split, to_int16(narrow.astype(np.float32)), tuple(spans))


def generate(minutes: float, split: Split, seed: int, *, held_language: bool = False) -> Iterator[Utterance]:
    """About `minutes` of speech: of the voices for training, or of those (or of the language) held out."""
    rng = random.Random(seed)
    espeak = Espeak()
    languages = {HELD_LANGUAGE[0]: (HELD_LANGUAGE[1], 1.0)} if held_language else LANGUAGES
    texts = {text: sentences(text) for text, _ in languages.values()}
    voices = VOICES if split == "train" or held_language else HELD_VOICES
    left = minutes * 60.0
    count = 0
    while left > 0:
        language = rng.choices(list(languages), [share for _, share in languages.values()])[0]
        voice = f"{language}+{rng.choice(voices)}"
        text = rng.choice(texts[languages[language][0]])
        rate, pitch, spread = rng.randint(120, 225), rng.randint(15, 85), rng.randint(20, 80)
        spoken = espeak.speak(text, voice, rate=rate, pitch=pitch, pitch_range=spread)
        if len(spoken.phonemes) < 5:
            continue
        utterance = utterance_of(spoken, f"espeak-{split}-{count}", voice, split)
        count += 1
        left -= utterance.duration
        yield utterance
