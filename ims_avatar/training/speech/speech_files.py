"""The speech that is shipped, with the truth of its phonemes: `python -m ims_avatar.training.speech.speech_files`.

The demo's recorded voice and the fixtures of the tests. Every word of them is held out from training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.espeak import Espeak
from ims_avatar.driving.phonemes import PhonemeSpan
from ims_avatar.training.speech import corpus_flite
from ims_avatar.training.speech.aligner import Aligner
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Utterance, silence_pauses, spans_to_json, to_int16
from ims_avatar.training.speech.corpus_prompts import SOUNDS, SPEAKERS, read_wav, split_of, transcripts, words_of

DEMO = (
    ("en/priv-introsaved", 0.5),
    ("en/vm-nonumber", 0.4),
    ("en/tt-somethingwrong", 1.5),
    ("en/vm-tmpexists", 0.5),
    ("en/pbx-invalid", 0.5),
)
"""Recordings of the demo and the seconds of silence after each; the long one lets the mouth rest."""
HELD_SPEAKER = (("it/agent-newlocation", 0.4), ("it/conf-getconfno", 0.4), ("it/vm-mismatch", 0.4))
SYNTHETIC = (
    "Good morning, my name is Bob, and I am calling about the blue bicycle you offered.",
    "Would you be so kind as to show me some more of those beautiful photographs?",
)
_FIRST_SILENCE = 0.3
_PEAK = 16000.0


def recorded(parts: Sequence[tuple[str, float]]) -> Utterance:
    """The recordings one after the other, as one aligned utterance at 8 kHz."""
    language = parts[0][0].split("/")[0]
    folder, voice = SPEAKERS[language]
    texts = {name: words_of(transcripts(language)[name.split("/", 1)[1]], language) for name, _ in parts}
    aligner = Aligner(Espeak(), voice, (word for words in texts.values() for word in words))
    pieces, spans = [_silence(_FIRST_SILENCE)], list[PhonemeSpan]()
    for name, pause in parts:
        short = name.split("/", 1)[1]
        if split_of(language, short) == "train":
            raise ValueError(f"{name} is trained on")
        samples = to_int16(read_wav(SOUNDS / folder / f"{short}.wav").astype(np.float32), _PEAK)
        found = aligner.align(samples, texts[name])
        if found is None:
            raise ValueError(f"{name} cannot be aligned")
        spans += _moved(silence_pauses(samples, found), sum(map(len, pieces)) / SAMPLE_RATE)
        pieces += [samples, _silence(pause)]
    return Utterance(language, "asterisk-core-sounds", folder, "held_recording", np.concatenate(pieces), tuple(spans))


def synthetic(texts: Sequence[str]) -> Utterance:
    """Sentences of the synthetic voice that is held out."""
    pieces, spans = [_silence(_FIRST_SILENCE)], list[PhonemeSpan]()
    with tempfile.TemporaryDirectory() as folder:
        for text in texts:
            sound, found = corpus_flite.speak(text, corpus_flite.HELD_VOICE, 1.0, Path(folder))
            spans += _moved(found, sum(map(len, pieces)) / SAMPLE_RATE)
            pieces += [to_int16(sound, _PEAK), _silence(0.5)]
    return Utterance("flite", "flite", corpus_flite.HELD_VOICE, "held_voice", np.concatenate(pieces), tuple(spans))


def _silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def _moved(spans: Sequence[PhonemeSpan], by: float) -> Iterator[PhonemeSpan]:
    return (PhonemeSpan(s.start + by, s.end + by, s.group) for s in spans)


def write(utterance: Utterance, sound: Path, truth: Path, origin: str) -> None:
    """WAV (8 kHz, 16 bit, mono) and JSON {origin, spans: [[start, end, group], …]}."""
    for path in (sound, truth):
        path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(utterance.samples.astype("<i2").tobytes())
    rows = ",\n    ".join(json.dumps(row) for row in spans_to_json(utterance.spans))
    truth.write_text(f'{{\n  "origin": {json.dumps(origin)},\n  "spans": [\n    {rows}\n  ]\n}}\n', encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("ims_avatar/cli/demo_speech.wav"))
    parser.add_argument("--fixtures", type=Path, default=Path("tests/fixtures/speech"))
    arguments = parser.parse_args()
    fixtures: Path = arguments.fixtures
    write(recorded(DEMO), arguments.demo, fixtures / "demo_speech.json", f"{_names(DEMO)}; Allison Smith, CC-BY-SA-3.0")
    held = f"{_names(HELD_SPEAKER)}; Carlo Flora, CC-BY-3.0"
    write(recorded(HELD_SPEAKER), fixtures / "held_speaker.wav", fixtures / "held_speaker.json", held)
    voice = f"flite 2.2, voice {corpus_flite.HELD_VOICE}"
    write(synthetic(SYNTHETIC), fixtures / "held_voice.wav", fixtures / "held_voice.json", voice)


def _names(parts: Sequence[tuple[str, float]]) -> str:
    return f"asterisk-core-sounds 1.6.1, {', '.join(name for name, _ in parts)}"


if __name__ == "__main__":
    main()
