"""The audio encoder learns one person's lips: how far they open, how they round, from one film of them.

A few copies of the base model are refined, each from another start of chance, and their mean is taken: of a minute of
speech one copy learns too much by heart. What phonemes sound like is not forgotten: each copy must still name them as
the base model does.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly
from torch import Tensor, nn

from ims_avatar.driving.audio import LEAD, AudioEncoder, model_metadata
from ims_avatar.driving.features import FeatureStream
from ims_avatar.driving.log_mel import HOP
from ims_avatar.flow import AUDIO_RATE, LIP_CODE_SIZE
from ims_avatar.training.speech.audio_encoder_export import OPSET
from ims_avatar.training.speech.augment import PLAIN, random_channel, through, to_flow_rate
from ims_avatar.training.speech.batches import disturb
from ims_avatar.training.speech.encoder_network import DILATIONS, RECEPTIVE_FIELD, EncoderNetwork, close_lips

_STRETCH, _BATCH = 300, 12
"""Frames of 10 ms in one piece of a batch, and pieces."""
_WEIGHTS = (2.0, 1.5, 0.6, 0.6, 0.6, 0.8, 0.5, 0.2)
"""Of the components of the lip code: what is seen first is learnt first."""
_NAMING = 0.3
"""Weight of naming phonemes as the base model does."""
_LARGEST_GAIN = 1.9
"""A mean of guesses is flatter than lips are; it is stretched to their spread, but no further than this."""
_CHECK_EVERY = 25


@dataclass(frozen=True, slots=True)
class LipSpeech:
    """What one person says and how their lips go with it, 100 frames a second."""

    heard: tuple[Tensor, ...]
    """The same sound through different lines: (T, FEATURES) each; the first is a plain telephone line."""
    codes: NDArray[np.float32]
    """(T, 8), at the instant that the encoder shows when its window ends with this frame."""
    known: NDArray[np.bool_]
    """(T,): where lips were seen."""


def lip_speech(
    sound: NDArray[np.int16],
    times: NDArray[np.float64],
    codes: NDArray[np.float32],
    used: NDArray[np.bool_],
    seed: int,
    lines: int = 3,
) -> LipSpeech:
    """From the sound (16 kHz, sample 0 at time 0) and the lip codes (n, 8) of pictures at `times` (n,), s.

    `used` (n,) are the pictures that count; between two of them, at most 0.1 s apart, lips are interpolated.
    """
    rng = np.random.default_rng(seed)
    narrow = resample_poly(sound.astype(np.float32) / 32768, 1, 2).astype(np.float32)
    channels = [PLAIN, *(replace(random_channel(rng), speed=1.0) for _ in range(lines - 1))]
    heard = []
    for channel in channels:
        features, _ = FeatureStream().push(to_flow_rate(through(narrow, channel, rng)))
        heard.append(torch.from_numpy(features.astype(np.float32)))
    length = min(len(features) for features in heard)
    shown = np.arange(length) * (HOP / AUDIO_RATE) - LEAD
    there = np.flatnonzero(used)
    wanted = np.stack([np.interp(shown, times[there], codes[there, k]) for k in range(LIP_CODE_SIZE)], axis=1)
    after = np.clip(np.searchsorted(times[there], shown), 1, len(there) - 1)
    near = times[there][after] - times[there][after - 1] < 0.1
    inside = (shown >= times[there][0]) & (shown <= times[there][-1])
    return LipSpeech(tuple(f[:length] for f in heard), wanted.astype(np.float32), near & inside)


class AdaptedEncoder(nn.Module):
    """The mean of several refined encoders, stretched to the person's spread; dense in time, or window by window."""

    def __init__(self, members: list[EncoderNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("gain", torch.ones(LIP_CODE_SIZE))
        self.register_buffer("middle", torch.zeros(LIP_CODE_SIZE))

    def dense(self, features: Tensor) -> Tensor:
        """(N, T, FEATURES) to lip codes (N, T - 60, 8)."""
        codes = torch.stack([member(features)[0] for member in self.members]).mean(dim=0)
        return self._stretched(codes)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """(B, RECEPTIVE_FIELD, FEATURES) to lip codes (B, 8) and phoneme-group logits (B, groups)."""
        following = [*DILATIONS[1:], DILATIONS[-1] * 2]
        said = []
        for member in self.members:
            h = windows
            for block, here, after in zip(member.blocks, DILATIONS, following, strict=True):
                h = block.strided(h, after // here)
            said.append(member.head(h[:, 0]))
        codes, groups = (torch.stack([pair[k] for pair in said]).mean(dim=0) for k in range(2))
        return close_lips(self._stretched(codes), groups), groups

    def _stretched(self, codes: Tensor) -> Tensor:
        return (codes - self.middle) * self.gain + self.middle


class Adaptation:
    """Refines copies of a base encoder on one person's speech."""

    def __init__(self, base: EncoderNetwork, speech: LipSpeech, seed: int) -> None:
        self._base, self._speech, self._seed = base, speech, seed
        padded = [torch.cat([f[:1].expand(RECEPTIVE_FIELD - 1, -1), f]) for f in speech.heard]
        self._heard = torch.stack(padded)
        with torch.no_grad():
            codes, logits = base(self._heard[:1])
        self._names = torch.softmax(logits[0], dim=-1)
        self._wanted = torch.from_numpy(speech.codes.copy())
        self._wanted[:, 7] = codes[0, :, 7]  # no landmark shows the tongue: as the base model has it
        known = torch.from_numpy(speech.known)
        self._spread = self._wanted[known].std(dim=0).clamp_min(1e-2)
        self._known = known
        # The last eighth of what is known chooses when to stop.
        places = np.flatnonzero(speech.known)
        self._apart = int(places[int(len(places) * 0.875)])

    def run(
        self, members: int = 2, steps: int = 200, told: Callable[[float], None] = lambda share: None
    ) -> AdaptedEncoder:
        """`told` gets the share that is done."""
        done = [
            self._member(number, steps, lambda share, k=number: told((k + share) / members))  # type: ignore[misc]
            for number in range(members)
        ]
        encoder = AdaptedEncoder(done)
        with torch.no_grad():
            guessed = encoder.dense(self._heard[:1])[0]
        loud = self._known & (self._wanted[:, 0] > 0.02)
        spread = self._wanted[loud].std(dim=0), guessed[loud].std(dim=0).clamp_min(1e-4)
        encoder.gain.copy_((spread[0] / spread[1]).clamp(1.0, _LARGEST_GAIN))
        encoder.middle.copy_(guessed[loud].mean(dim=0))
        encoder.eval()
        return encoder

    def _member(self, number: int, steps: int, told: Callable[[float], None]) -> EncoderNetwork:
        seed = self._seed * 101 + number
        torch.manual_seed(seed)
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        network: EncoderNetwork = copy.deepcopy(self._base)
        network.train()
        slow = [p for name, p in network.named_parameters() if not name.startswith("codes")]
        rates = (1e-4, 5e-4)
        optimiser = torch.optim.AdamW(
            [{"params": slow}, {"params": list(network.codes.parameters())}], lr=rates[0], weight_decay=0.05
        )
        best, kept = math.inf, copy.deepcopy(network.state_dict())
        for step in range(steps):
            pace = min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            loss = self._loss(network, rng, generator)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            if (step + 1) % _CHECK_EVERY == 0:
                error = self._error(network)
                if error < best:
                    best, kept = error, copy.deepcopy(network.state_dict())
                told((step + 1) / steps)
        network.load_state_dict(kept)
        network.eval()
        return network

    def _loss(self, network: EncoderNetwork, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
        begins = rng.integers(0, max(1, self._apart - _STRETCH), _BATCH)
        lines = rng.integers(0, len(self._heard), _BATCH)
        heard = torch.stack(
            [self._heard[k, b : b + _STRETCH + RECEPTIVE_FIELD - 1] for k, b in zip(lines, begins, strict=True)]
        )
        known = torch.stack([self._known[b : b + _STRETCH] for b in begins]).float()[..., None]
        wanted = torch.stack([self._wanted[b : b + _STRETCH] for b in begins])
        names = torch.stack([self._names[b : b + _STRETCH] for b in begins])
        features = nn.functional.dropout(disturb(heard, generator), 0.1)
        codes, logits = network(features)
        difference = (codes - wanted) / self._spread
        weights = torch.tensor(_WEIGHTS)
        huber = nn.functional.huber_loss(difference, torch.zeros_like(difference), reduction="none", delta=1.5)
        lips = (huber * known * weights / weights.sum()).sum() / known.sum().clamp_min(1.0)
        naming = -(names * torch.log_softmax(logits, dim=-1)).sum(dim=-1).mean()
        return lips + _NAMING * naming

    @torch.no_grad()
    def _error(self, network: EncoderNetwork) -> float:
        """Of opening and width on the part kept apart, in squared spreads."""
        network.eval()
        codes = network(self._heard[:1, self._apart :])[0][0]
        network.train()
        known = self._known[self._apart :]
        difference = ((codes - self._wanted[self._apart :]) / self._spread)[known][:, :2]
        return float(difference.square().mean())


def export_adapted(encoder: AdaptedEncoder, path: Path) -> float:
    """Writes ONNX in the form of the base model; returns the largest difference to torch in a lip code."""
    frames, features = AudioEncoder.window_shape
    windows = torch.randn(4, frames, features, generator=torch.Generator().manual_seed(1))
    torch.onnx.export(
        encoder,
        (windows,),
        str(path),
        input_names=["windows"],
        output_names=["lip_codes", "groups"],
        dynamic_axes={name: {0: "batch"} for name in ("windows", "lip_codes", "groups")},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    for key, value in model_metadata().items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))
    with torch.no_grad():
        wanted = encoder(windows)[0].numpy()
    return float(np.abs(AudioEncoder(path).lip_codes(windows.numpy()) - wanted).max())
