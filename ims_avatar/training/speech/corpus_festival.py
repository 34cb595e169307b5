"""Corpus 5: festival's voices, each made of one person's recordings, labelled by the synthesiser.

Debian's festival, festvox-suopuhe-{lj,mv}, festvox-ru, festvox-ca-ona-hts, festival-ca, festvox-us-slt-hts,
festvox-kdlpc16k: voices whose licences (BSD-like, LGPL) leave their sound free.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan, groups_of_arpabet, groups_of_ipa, spans_of
from ims_avatar.errors import CorpusMissing
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Utterance, to_int16
from ims_avatar.training.speech.corpus_text import sentences

_FINNISH = {"@": "æ", "7": "ø", "N": "ŋ", "S": "ʃ", "T": "θ", "D": "ð", "Z": "ʒ", "L": "ʎ"}
_RUSSIAN = {
    "ii": "i", "yy": "ɨ", "uu": "u", "ee": "e", "oo": "o", "aa": "a", "y": "ɨ", "ae": "ə", "ay": "ɪ", "ur": "ʊ",
    "c": "ts", "ch": "tɕ", "sh": "ʂ", "sch": "ɕ", "zh": "ʐ", "h": "x", "hh": "x",
}  # fmt: skip
_CATALAN = {
    "ax": "ə", "a1": "a", "e1": "e", "E": "ɛ", "E1": "ɛ", "i1": "i", "O": "ɔ", "O1": "ɔ", "o1": "o", "u1": "u",
    "J": "ɲ", "L": "ʎ", "S": "ʃ", "Z": "ʒ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of festival, the language of the text it is given, that text's encoding, and its phonemes in IPA.

    Phonemes not in `ipa` are written as IPA writes them; `ipa` of None says they are ARPABET.
    """

    name: str
    text: str
    share: float
    ipa: dict[str, str] | None = None
    encoding: str = "latin-1"

    def groups(self, phoneme: str) -> tuple[PhonemeGroup, ...]:
        if self.ipa is None:
            return groups_of_arpabet(phoneme)
        if phoneme in ("pau", "#", "##", "_"):
            return (PhonemeGroup.PAUSE,)
        plain = phoneme.rstrip(":")
        return groups_of_ipa(self.ipa.get(plain, plain))


VOICES = (
    Voice("msu_ru_nsh_clunits", "ru", 0.22, _RUSSIAN, "utf-8"),
    Voice("suo_fi_lj_diphone", "fi", 0.14, _FINNISH),
    Voice("hy_fi_mv_diphone", "fi", 0.18, _FINNISH),
    Voice("upc_ca_ona_hts", "es", 0.18, _CATALAN),
    Voice("cmu_us_slt_arctic_hts", "en", 0.14),
    Voice("ked_diphone", "en", 0.14),
)
_AT_ONCE = 20
"""Sentences for one process: festival takes longer to start than to speak one."""


def generate(minutes: float, seed: int) -> Iterator[Utterance]:
    """About `minutes` of speech to train on. Raises `CorpusMissing` where festival or a voice is not installed."""
    if shutil.which("festival") is None:
        raise CorpusMissing(
            "festival is missing", remedy="apt-get install festival, and the voices named in corpus_festival"
        )
    rng = random.Random(seed)
    for voice in VOICES:
        texts = sentences(voice.text)
        left = minutes * 60.0 * voice.share
        count = 0
        while left > 0:
            made = list(_speak(voice, rng.choices(texts, k=_AT_ONCE), rng.uniform(0.85, 1.25)))
            if not made:
                raise CorpusMissing(f"festival's voice {voice.name} does not speak", remedy="install its package")
            for samples, spans in made:
                name = f"festival-{voice.name}-{count}"
                utterance = Utterance(name, "festival", f"festival:{voice.name}", "train", samples, spans)
                count += 1
                left -= utterance.duration
                yield utterance


def _speak(voice: Voice, texts: list[str], stretch: float) -> Iterator[tuple[np.ndarray, tuple[PhonemeSpan, ...]]]:
    """Those of `texts` that the voice could speak: int16 (n,) at 8 kHz and its phonemes."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "speak.scm"
        lines = [f"(voice_{voice.name})", f"(Parameter.set 'Duration_Stretch {stretch:.2f})"]
        for k, text in enumerate(texts):
            spoken = text.encode(voice.encoding, "ignore").decode(voice.encoding).replace('"', " ").replace("\\", " ")
            saved = f'(utt.save.wave u "{folder}/{k}.wav" "riff") (utt.save.segs u "{folder}/{k}.seg")'
            lines.append(f'(unwind-protect (begin (set! u (utt.synth (Utterance Text "{spoken}"))) {saved}) nil)')
        script.write_bytes("\n".join(lines).encode(voice.encoding))
        subprocess.run(["festival", "-b", str(script)], capture_output=True, check=False)
        for k in range(len(texts)):
            if (Path(folder) / f"{k}.seg").exists():
                samples, spans = _read(voice, Path(folder) / str(k))
                if len(spans) >= 5:
                    yield samples, spans


def _read(voice: Voice, stem: Path) -> tuple[np.ndarray, tuple[PhonemeSpan, ...]]:
    rate, samples = wavfile.read(stem.with_suffix(".wav"))
    divisor = int(np.gcd(SAMPLE_RATE, rate))
    narrow = resample_poly(samples.astype(np.float32), SAMPLE_RATE // divisor, rate // divisor)
    spans: list[PhonemeSpan] = []
    at = 0.0
    for line in stem.with_suffix(".seg").read_text(encoding="latin-1").splitlines()[1:]:
        end, _, phoneme = line.split(maxsplit=2)
        spans += spans_of(at, float(end), voice.groups(phoneme))
        at = float(end)
    return to_int16(narrow.astype(np.float32)), tuple(spans)
