"""The frames that the audio encoder is trained and chosen on, made from the corpora once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ims_avatar.training.speech import corpus_build
from ims_avatar.training.speech.dataset import Frames, build, build_plain

COPIES = {"espeak": 3, "flite": 8, "festival": 4, "piper": 6, "refined": 12}
"""Passes over each corpus, each utterance through another line every time: 40 hours of calls. Of a third of that the
network learns the lines by heart in a long run, and hears worse in noise than after a short one."""
SHARES = {"espeak": 0.30, "flite": 0.11, "festival": 0.11, "piper": 0.13, "refined": 0.35}
"""What share of a batch comes from each corpus."""
DEVELOPMENT_EVERY = 25
"""Every so many utterances one is kept for choosing the checkpoint."""
DEVELOPMENT_FRAMES = 18_000
"""Of each corpus: three minutes, so that choosing takes little of a run."""

Said = Callable[[str], None]
"""Is told what is being made."""


@dataclass(frozen=True, slots=True)
class Prepared:
    train: dict[str, Frames]
    """By corpus."""
    development: Frames
    plain: Frames
    """Speech that is not trained on, through a line without faults: lips are to move as far as they do then."""

    def minutes(self) -> dict[str, int]:
        return {name: round(len(frames.groups) / 6000) for name, frames in self.train.items()}


def prepare(work: Path, scale: float, seed: int, said: Said) -> Prepared:
    """Training and development frames from the corpora in `work`; what is not there is made and kept there."""
    corpus_build.make(work, scale, seed, said)
    train: dict[str, Frames] = {}
    development: list[Frames] = []
    plain: list[Frames] = []
    for number, (name, copies) in enumerate(COPIES.items()):
        utterances = corpus_build.training_part(work, name)
        said(f"frames of {name}")
        kept = [u for k, u in enumerate(utterances) if k % DEVELOPMENT_EVERY]
        left = utterances[::DEVELOPMENT_EVERY]
        train[name] = _cached(work / f"frames_{name}.npz", partial(build, kept, copies, seed + number))
        apart = _cached(work / f"frames_{name}_development.npz", partial(build, left, 1, seed + 50 + number))
        development.append(apart.first(DEVELOPMENT_FRAMES))
        plain.append(build_plain(left, seed + 70 + number).first(DEVELOPMENT_FRAMES))
    return Prepared(train, Frames.joined(development), Frames.joined(plain))


def _cached(path: Path, make: Callable[[], Frames]) -> Frames:
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return Frames(archive["features"], archive["codes"], archive["groups"])
    frames = make()
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, features=frames.features, codes=frames.codes, groups=frames.groups)
    unfinished.replace(path)
    return frames
