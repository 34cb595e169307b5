"""All corpora into one working folder: `python -m ims_avatar.training.corpus_build --work build/audio_encoder`.

Needs Debian's espeak-ng, flite, fortunes, fortunes-{de,es,it,br,pl,ru}, asterisk-core-sounds-{en,fr,es,it,ru}[-wav].
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from ims_avatar.training import corpus_espeak, corpus_flite, corpus_prompts
from ims_avatar.training.corpus import Utterance, load, save

log = structlog.get_logger()

TRAIN = ("espeak", "flite", "prompts")
"""Corpora whose `train` part is trained on."""
HELD = ("held_voices", "held_flite", "held_language", "prompts")
"""Corpora whose other parts are measured on."""


def _makers(scale: float, seed: int) -> dict[str, Callable[[], Iterable[Utterance]]]:
    return {
        "espeak": lambda: corpus_espeak.generate(80 * scale, "train", seed),
        "held_voices": lambda: corpus_espeak.generate(5 * scale, "held_voice", seed + 1),
        "held_language": lambda: corpus_espeak.generate(4 * scale, "held_voice", seed + 2, held_language=True),
        "flite": lambda: corpus_flite.generate(30 * scale, "train", seed + 3),
        "held_flite": lambda: corpus_flite.generate(4 * scale, "held_voice", seed + 4),
        "prompts": corpus_prompts.generate_all,
    }


def make(work: Path, scale: float = 1.0, seed: int = 20) -> None:
    """Makes what is not there yet; `scale` shrinks the synthetic part for trials."""
    for name, maker in _makers(scale, seed).items():
        if (work / f"{name}.json").exists():
            continue
        utterances = list(maker())
        save(work, name, utterances)
        minutes = sum(u.duration for u in utterances) / 60
        log.info("corpus made", corpus=name, utterances=len(utterances), minutes=round(minutes, 1))


def training_part(work: Path, name: str) -> list[Utterance]:
    return [u for u in load(work, name) if u.split == "train"]


def held_part(work: Path, name: str) -> list[Utterance]:
    return [u for u in load(work, name) if u.split != "train"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/audio_encoder"))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    make(arguments.work, arguments.scale, arguments.seed)


if __name__ == "__main__":
    main()
