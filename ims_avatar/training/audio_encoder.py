"""Trains the audio encoder: `python -m ims_avatar.training.audio_encoder --work build/audio_encoder --minutes 20`.

Makes the corpora if they are not there, trains on one core until its time is up (processor time, so that a busy machine
gets the same model) or nothing improves any more, keeps the best checkpoint by a development set, and exports it.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
import torch
from torch import Tensor

from ims_avatar.driving.phonemes import GROUP_COUNT
from ims_avatar.training import corpus_build
from ims_avatar.training.audio_encoder_export import export
from ims_avatar.training.batches import Sampler, disturb
from ims_avatar.training.corpus import Utterance
from ims_avatar.training.dataset import Frames, build
from ims_avatar.training.encoder_network import RECEPTIVE_FIELD, EncoderNetwork

log = structlog.get_logger()

COPIES = {"espeak": 2, "flite": 3, "prompts": 5}
SHARES = {"espeak": 0.30, "flite": 0.17, "prompts": 0.53}
DEVELOPMENT_EVERY = 25
"""Every so many utterances one is kept for choosing the checkpoint."""
COMPONENT_WEIGHTS = (2.0, 1.0, 1.0, 0.3, 1.0, 1.0, 0.2, 0.5)
STRETCH, BATCH = 300, 32
GROUP_WEIGHT = 0.4
"""Share of the phoneme groups' cross-entropy in the loss."""
HUBER_DELTA = 2.0
"""In spreads: wrong labels pull no harder than this; smaller values would train rare gestures (f v, th) away."""
CHECKPOINT, RUN = "checkpoint.pt", "run.json"
EVALUATION_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Settings:
    work: Path
    output: Path
    minutes: float
    seed: int
    scale: float
    copies: float
    learning_rate: float = 2e-3
    patience: int = 12


def prepared(settings: Settings) -> tuple[dict[str, Frames], Frames]:
    """Training frames by corpus and development frames; cached in the working folder."""
    corpus_build.make(settings.work, settings.scale, settings.seed)
    train: dict[str, Frames] = {}
    development: list[Frames] = []
    for number, (name, copies) in enumerate(COPIES.items()):
        utterances = corpus_build.training_part(settings.work, name)
        kept = [u for k, u in enumerate(utterances) if k % DEVELOPMENT_EVERY]
        asked = max(1, round(copies * settings.copies))
        train[name] = _cached(settings, f"frames_{name}_{asked}", kept, asked, settings.seed + number)
        left = utterances[::DEVELOPMENT_EVERY]
        development.append(_cached(settings, f"frames_{name}_development", left, 1, settings.seed + 50 + number))
    return train, Frames.joined(development)


def _cached(settings: Settings, name: str, utterances: Sequence[Utterance], copies: int, seed: int) -> Frames:
    path = settings.work / f"{name}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return Frames(archive["features"], archive["codes"], archive["groups"])
    frames = build(utterances, copies, seed)
    np.savez(path, features=frames.features, codes=frames.codes, groups=frames.groups)
    log.info("frames made", name=name, minutes=round(len(frames.groups) / 6000, 1))
    return frames


class Loss:
    """Huber loss of codes in units of their spread, of their change over 40 ms, and cross-entropy of the groups."""

    def __init__(self, spread: Tensor, group_counts: Tensor) -> None:
        self._scale = 1.0 / spread.clamp_min(1e-3)
        # Rare groups count more, else p b m drown in vowels and pauses; the square root keeps vowels right.
        share = (group_counts.float() + 1) / (group_counts.sum() + 1)
        self._rarity = (share.clamp_min(1e-3) ** -0.5) / (share * share.clamp_min(1e-3) ** -0.5).sum()
        weights = torch.tensor(COMPONENT_WEIGHTS)
        self._weights = weights / weights.sum()

    def __call__(self, codes: Tensor, logits: Tensor, wanted: Tensor, groups: Tensor) -> Tensor:
        """Codes (N, 8, T), logits (N, groups, T), truth (N, T, 8) and (N, T): one number."""
        difference = (codes.transpose(1, 2) - wanted) * self._scale
        value = torch.nn.functional.huber_loss(
            difference, torch.zeros_like(difference), reduction="none", delta=HUBER_DELTA
        )
        moved = difference[:, 4:] - difference[:, :-4]
        change = torch.nn.functional.huber_loss(moved, torch.zeros_like(moved), reduction="none", delta=HUBER_DELTA)
        part = (value.mean((0, 1)) * self._weights).sum() + 0.4 * (change.mean((0, 1)) * self._weights).sum()
        cross = torch.nn.functional.cross_entropy(logits, groups, self._rarity, label_smoothing=0.05)
        total: Tensor = part + GROUP_WEIGHT * cross
        return total


@torch.no_grad()
def evaluate(network: EncoderNetwork, frames: Frames) -> tuple[Tensor, Tensor, float]:
    """Codes (n, 8) predicted and true on all frames, and the share of right phoneme groups."""
    network.eval()
    features = torch.from_numpy(frames.features.astype(np.float32))
    codes, logits = network(features[None])
    truth = torch.from_numpy(frames.codes[RECEPTIVE_FIELD - 1 :].astype(np.float32))
    groups = torch.from_numpy(frames.groups[RECEPTIVE_FIELD - 1 :].astype(np.int64))
    accuracy = (logits[0].argmax(0) == groups).float().mean().item()
    network.train()
    return codes[0].T, truth, accuracy


def correlations(predicted: Tensor, truth: Tensor) -> list[float]:
    p, t = predicted - predicted.mean(0), truth - truth.mean(0)
    r = (p * t).sum(0) / (p.norm(dim=0) * t.norm(dim=0) + 1e-9)
    return [round(v, 3) for v in r.tolist()]


def restore_amplitude(network: EncoderNetwork, frames: Frames) -> None:
    """Regression to the mean makes small mouths: stretches each component about its mean to the spread of the truth."""
    predicted, truth, _ = evaluate(network, frames)
    heard = truth[:, 0] > 0.02
    gain = (truth[heard].std(0) / predicted[heard].std(0).clamp_min(1e-4)).clamp(1.0, 1.6)
    mean = predicted[heard].mean(0)
    network.gain.copy_(gain)
    network.offset.copy_(mean * (1.0 - gain))


class Run:
    """One training run: the network, its optimiser and the best result so far."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self._settings = settings
        self._sources, self._development = prepared(settings)
        self._spread = torch.from_numpy(self._sources["prompts"].codes[:200_000].astype(np.float32).std(0))
        self._sampler = Sampler(self._sources, SHARES, RECEPTIVE_FIELD, settings.seed)
        counts = np.bincount(self._sources["prompts"].groups, minlength=GROUP_COUNT)
        self._network, self._loss = EncoderNetwork(), Loss(self._spread, torch.from_numpy(counts))
        self._optimiser = torch.optim.AdamW(self._network.parameters(), settings.learning_rate, weight_decay=0.01)
        self._generator = torch.Generator().manual_seed(settings.seed)
        self._best, self._bad, self._step = math.inf, 0, 0

    def train(self) -> None:
        """Until the time is up or the development error has not fallen for `patience` evaluations."""
        started = reported = time.process_time()
        done = 0.0
        while done < 1.0 and self._bad < self._settings.patience:
            done = min(1.0, (time.process_time() - started) / (self._settings.minutes * 60.0))
            self._take_step(done)
            if time.process_time() - reported > EVALUATION_SECONDS or done >= 1.0:
                self._evaluate(done)
                reported = time.process_time()
        minutes = {name: round(len(frames.groups) / 6000) for name, frames in self._sources.items()}
        run = {"steps": self._step, "augmented_minutes": minutes, "development_error": round(self._best, 4)}
        (self._settings.work / RUN).write_text(json.dumps(run), encoding="utf-8")

    def _take_step(self, done: float) -> None:
        """One batch; the learning rate warms up for 100 steps, then falls as a cosine over the time given."""
        rate = self._settings.learning_rate * min(1.0, (self._step + 1) / 100)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * (0.01 + 0.495 * (1 + math.cos(math.pi * done)))
        batch = self._sampler.draw(BATCH, STRETCH)
        with torch.autocast("cpu", torch.bfloat16):
            codes, logits = self._network(disturb(batch.features, self._generator))
        total = self._loss(codes.float(), logits.float(), batch.codes, batch.groups)
        self._optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        self._step += 1

    def _evaluate(self, done: float) -> None:
        """Keeps the network if it is the best so far."""
        predicted, truth, accuracy = evaluate(self._network, self._development)
        error = float((((predicted - truth) / self._spread) ** 2)[:, :3].mean())
        self._bad = 0 if error < self._best else self._bad + 1
        if error < self._best:
            self._best = error
            torch.save(self._network.state_dict(), self._settings.work / CHECKPOINT)
        r = correlations(predicted, truth)[:3]
        log.info(
            "training", step=self._step, done=round(done, 2), error=round(error, 4), r=r, groups=round(accuracy, 3)
        )


def finished(settings: Settings) -> tuple[EncoderNetwork, dict[str, object]]:
    """The best checkpoint, ready for export, and what is to be said of its run."""
    network = EncoderNetwork()
    network.load_state_dict(torch.load(settings.work / CHECKPOINT, weights_only=True))
    restore_amplitude(network, prepared(settings)[1])
    return network.eval(), json.loads((settings.work / RUN).read_text(encoding="utf-8"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/audio_encoder"))
    library = Path("ims_avatar/avatars/library/base/audio_encoder/1")
    parser.add_argument("--output", type=Path, default=library, help="model folder to write")
    parser.add_argument("--minutes", type=float, default=20.0, help="training time in minutes of one core")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the synthetic corpora; 0.1 for a trial")
    parser.add_argument("--copies", type=float, default=1.0, help="factor on the augmented copies of each corpus")
    parser.add_argument("--export-only", action="store_true", help="export the checkpoint in the working folder")
    parsed = parser.parse_args(arguments)
    settings = Settings(parsed.work, parsed.output, parsed.minutes, parsed.seed, parsed.scale, parsed.copies)
    if not parsed.export_only:
        Run(settings).train()
    network, run = finished(settings)
    command = f"python -m ims_avatar.training.audio_encoder --minutes {parsed.minutes:g} --seed {parsed.seed}"
    export(network, settings.output, command=command, seed=settings.seed, run=run)
    log.info("exported", folder=str(settings.output))


if __name__ == "__main__":
    main()
