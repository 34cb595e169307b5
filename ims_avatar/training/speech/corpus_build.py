"""All corpora into one working folder.

Needs Debian's espeak-ng, flite, fortunes, fortunes-{cs,de,es,it,br,pl,ru}, manpages-{fr,nl,sv,fi,hu,tr},
asterisk-core-sounds-{en,fr,es,it,ru}[-wav], the voices of festival that `corpus_festival` names, and piper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.training.speech import corpus_espeak, corpus_festival, corpus_flite, corpus_piper, corpus_prompts
from ims_avatar.training.speech.corpus import Utterance, load, save
from ims_avatar.training.speech.corpus_refine import refined

TRAIN = ("espeak", "flite", "festival", "piper", "refined")
"""Corpora whose `train` part is trained on."""
HELD = ("held_voices", "held_flite", "held_language", "prompts", "refined")
"""Corpora whose other parts are measured on."""


def _makers(work: Path, scale: float, seed: int) -> dict[str, Callable[[], Iterable[Utterance]]]:
    return {
        "espeak": lambda: corpus_espeak.generate(200 * scale, "train", seed),
        "held_voices": lambda: corpus_espeak.generate(5 * scale, "held_voice", seed + 1),
        "held_language": lambda: corpus_espeak.generate(4 * scale, "held_voice", seed + 2, held_language=True),
        "flite": lambda: corpus_flite.generate(30 * scale, "train", seed + 3),
        "held_flite": lambda: corpus_flite.generate(4 * scale, "held_voice", seed + 4),
        "festival": lambda: corpus_festival.generate(50 * scale, seed + 5),
        "piper": lambda: corpus_piper.generate(40 * scale, seed + 6),
        "prompts": corpus_prompts.generate_all,
        "refined": lambda: _refine(load(work, "prompts")),
    }


def _refine(utterances: Sequence[Utterance]) -> Iterator[Utterance]:
    """The recordings with the finer times that the shipped audio encoder finds."""
    encoder = AudioEncoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    return (refined(u, encoder) for u in utterances)


def make(work: Path, scale: float, seed: int, said: Callable[[str], None]) -> None:
    """Makes what is not there yet; `scale` shrinks the synthetic part for trials, `said` is told of each corpus."""
    for name, maker in _makers(work, scale, seed).items():
        if (work / f"{name}.json").exists():
            continue
        said(f"corpus {name}")
        save(work, name, list(maker()))


def training_part(work: Path, name: str) -> list[Utterance]:
    return [u for u in load(work, name) if u.split == "train"]


def held_part(work: Path, name: str) -> list[Utterance]:
    return [u for u in load(work, name) if u.split != "train"]
