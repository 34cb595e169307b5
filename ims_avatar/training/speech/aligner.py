"""Forced alignment with the US English model inside pocketsphinx, for any language espeak-ng can pronounce.

Words of other languages enter its dictionary with the nearest English phonemes; the times found are then given back to
the phoneme groups of the word's own pronunciation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder, get_model_path
from scipy.signal import resample_poly

from ims_avatar.driving.espeak import Espeak
from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan, groups_of_arpabet, groups_of_ipa, spans_of
from ims_avatar.training.speech.corpus import SAMPLE_RATE

_MODEL_RATE = 16000
_FRAME = 0.01
_GAINS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""The second pass misses its last state now and then; rounded at another level the same sound is found."""
_NEAREST = {
    PhonemeGroup.BILABIAL: "P",
    PhonemeGroup.LABIODENTAL: "F",
    PhonemeGroup.DENTAL: "TH",
    PhonemeGroup.ALVEOLAR: "T",
    PhonemeGroup.LATERAL: "L",
    PhonemeGroup.VELAR: "K",
    PhonemeGroup.POSTALVEOLAR: "SH",
    PhonemeGroup.SIBILANT: "S",
    PhonemeGroup.RHOTIC: "R",
    PhonemeGroup.LABIOVELAR: "W",
    PhonemeGroup.PALATAL: "Y",
    PhonemeGroup.OPEN: "AA",
    PhonemeGroup.OPEN_FRONT: "AE",
    PhonemeGroup.MID_FRONT: "EH",
    PhonemeGroup.CENTRAL: "AH",
    PhonemeGroup.CLOSE_FRONT: "IY",
    PhonemeGroup.MID_BACK: "AO",
    PhonemeGroup.CLOSE_BACK: "UW",
    PhonemeGroup.FRONT_ROUNDED: "ER",
    PhonemeGroup.GLOTTAL: "HH",
}
_EXACT = {
    "b": "B", "m": "M", "v": "V", "ð": "DH", "d": "D", "n": "N", "ɡ": "G", "g": "G", "ŋ": "NG", "ʒ": "ZH", "dʒ": "JH",
    "tʃ": "CH", "z": "Z", "ɪ": "IH", "e": "EY", "o": "OW", "ʊ": "UH", "ɲ": "N", "ʎ": "L", "ʁ": "R", "ɥ": "W", "x": "HH",
}  # fmt: skip


class Aligner:
    """Finds when each phoneme of a known text is spoken, for the words of one language given at the start."""

    def __init__(self, espeak: Espeak, voice: str, vocabulary: Iterable[str]) -> None:
        """`voice` is espeak-ng's name of the language; English words take CMU's pronunciations where there are any."""
        self._groups: dict[str, list[PhonemeGroup]] = {}
        self._entries: dict[str, str] = {}
        known = _cmu_dictionary() if voice.startswith("en") else {}
        lines: list[str] = []
        for number, word in enumerate(sorted(set(vocabulary))):
            entry = f"w{number}"
            if word in known:
                lines += [f"{entry}({n}) {p}" if n > 1 else f"{entry} {p}" for n, p in enumerate(known[word], 1)]
            else:
                names, groups = _nearest_english(espeak.pronounce(word, voice))
                if not names:
                    continue
                lines.append(f"{entry} {' '.join(names)}")
                self._groups[entry] = groups
            self._entries[word] = entry
        with tempfile.NamedTemporaryFile("w", suffix=".dict") as dictionary:
            dictionary.write("\n".join(lines) + "\n")
            dictionary.flush()
            self._decoder = Decoder(samprate=_MODEL_RATE, loglevel="FATAL", dict=dictionary.name, lm=None)

    def align(self, samples: NDArray[np.int16], words: Sequence[str]) -> list[PhonemeSpan] | None:
        """Phoneme groups of `words` in int16 (n,) at 8 kHz; None if they cannot be found in it."""
        entries = [self._entries[word] for word in words if word in self._entries]
        if not entries:
            return None
        wide = resample_poly(samples.astype(np.float32), _MODEL_RATE // SAMPLE_RATE, 1)
        if not any(self._fits(entries, wide * gain) for gain in _GAINS):
            return None
        spans: list[PhonemeSpan] = []
        for word in self._decoder.get_alignment() or []:
            own = self._groups.get(word.name)
            for k, phone in enumerate(word):
                groups = (own[k],) if own is not None else groups_of_arpabet(phone.name)
                start = phone.start * _FRAME
                spans += spans_of(start, start + phone.duration * _FRAME, groups)
        return spans or None

    def _fits(self, entries: Sequence[str], sound: NDArray[np.float32]) -> bool:
        """Runs both passes: words, then phonemes in them. False where the text does not fit the sound."""
        raw = np.clip(sound, -32768, 32767).astype(np.int16).tobytes()
        try:
            self._decoder.set_align_text(" ".join(entries))
            self._decode(raw)
            if self._decoder.hyp() is None:
                return False
            self._decoder.set_alignment()
            self._decode(raw)  # no hyp() after this one: pocketsphinx 5.1 dies of it
        except RuntimeError:
            return False
        return True

    def _decode(self, raw: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(raw, full_utt=True)
        self._decoder.end_utt()


def _cmu_dictionary() -> dict[str, list[str]]:
    """All pronunciations of each word in the dictionary inside pocketsphinx."""
    found: dict[str, list[str]] = {}
    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines():
        word, _, phones = line.partition(" ")
        found.setdefault(word.split("(")[0], []).append(phones.strip())
    return found


def _nearest_english(phonemes: Sequence[str]) -> tuple[list[str], list[PhonemeGroup]]:
    """ARPABET names nearest to IPA phonemes, and the group that each of them stands for."""
    names: list[str] = []
    groups: list[PhonemeGroup] = []
    for phoneme in phonemes:
        plain = "".join(letter for letter in phoneme if letter not in "ːˑʲʰ̪̩̃͡")
        for group in groups_of_ipa(phoneme):
            if group is not PhonemeGroup.PAUSE:
                names.append(_EXACT.get(plain, _NEAREST[group]))
                groups.append(group)
    return names, groups
