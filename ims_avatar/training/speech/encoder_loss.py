"""What the audio encoder is trained to do, and how well it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ims_avatar.training.speech.dataset import Frames
from ims_avatar.training.speech.encoder_network import RECEPTIVE_FIELD, EncoderNetwork

COMPONENT_WEIGHTS = (2.0, 1.0, 1.0, 0.3, 1.0, 1.0, 0.2, 0.5)
GROUP_WEIGHT = 0.5
"""Share of the phoneme groups' cross-entropy in the loss."""
RARITY = 0.25
"""Exponent by which rare groups count more: 0 would favour vowels and pauses, 1 would see p b m everywhere."""
HUBER_DELTA = 2.0
"""In spreads: wrong labels pull no harder than this; smaller values would train rare gestures (f v, th) away."""
_CHANGE = 4
"""Frames over which the change of a code is compared: one picture."""


class Loss:
    """Huber loss of codes in units of their spread, of their change over 40 ms, and cross-entropy of the groups.

    Computes where `spread` and the counts are.
    """

    def __init__(self, spread: Tensor, group_counts: Tensor) -> None:
        self._scale = 1.0 / spread.clamp_min(1e-3)
        share = ((group_counts.float() + 1) / (group_counts.sum() + 1)).clamp_min(1e-3)
        self._rarity = share**-RARITY / (share * share**-RARITY).sum()
        weights = torch.tensor(COMPONENT_WEIGHTS, device=spread.device)
        self._weights = weights / weights.sum()

    def __call__(self, codes: Tensor, logits: Tensor, wanted: Tensor, groups: Tensor) -> Tensor:
        """Codes (N, T, 8), logits (N, T, groups), truth (N, T, 8) and (N, T): one number."""
        difference = (codes - wanted) * self._scale
        moved = difference[:, _CHANGE:] - difference[:, :-_CHANGE]
        part = self._huber(difference) + 0.4 * self._huber(moved)
        cross = functional.cross_entropy(logits.flatten(0, 1), groups.flatten(), self._rarity)
        total: Tensor = part + GROUP_WEIGHT * cross
        return total

    def _huber(self, difference: Tensor) -> Tensor:
        zero = torch.zeros_like(difference)
        each = functional.huber_loss(difference, zero, reduction="none", delta=HUBER_DELTA).mean((0, 1))
        return (each * self._weights).sum()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Codes (n, 8) predicted and true of the same frames, on the processor, and the share of right phoneme groups."""

    predicted: Tensor
    truth: Tensor
    accuracy: float

    def error(self, spread: Tensor) -> float:
        """Mean squared error of opening, width and rounding in units of their spread."""
        return float((((self.predicted - self.truth) / spread) ** 2)[:, :3].mean())

    def correlations(self) -> list[float]:
        """Pearson's r of each component."""
        p, t = self.predicted - self.predicted.mean(0), self.truth - self.truth.mean(0)
        r = (p * t).sum(0) / (p.norm(dim=0) * t.norm(dim=0) + 1e-9)
        return [round(v, 3) for v in r.tolist()]


@torch.no_grad()
def evaluate(network: EncoderNetwork, frames: Frames) -> Evaluation:
    network.eval()
    device = next(network.parameters()).device
    codes, logits = (x.cpu() for x in network(torch.from_numpy(frames.features.astype(np.float32))[None].to(device)))
    truth = torch.from_numpy(frames.codes[RECEPTIVE_FIELD - 1 :].astype(np.float32))
    groups = torch.from_numpy(frames.groups[RECEPTIVE_FIELD - 1 :].astype(np.int64))
    accuracy = (logits[0].argmax(1) == groups).float().mean().item()
    network.train()
    return Evaluation(codes[0], truth, accuracy)


@torch.no_grad()
def restore_amplitude(network: EncoderNetwork, frames: Frames) -> None:
    """Regression to the mean makes small mouths: stretches each component about its mean to the spread of the truth."""
    seen = evaluate(network, frames)
    heard = seen.truth[:, 0] > 0.02
    gain = (seen.truth[heard].std(0) / seen.predicted[heard].std(0).clamp_min(1e-4)).clamp(1.0, 1.6)
    mean = seen.predicted[heard].mean(0)
    network.codes.weight.mul_(gain[:, None])
    network.codes.bias.mul_(gain).add_(mean * (1.0 - gain))
