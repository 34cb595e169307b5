"""The audio encoder learns one person's lips: how far they open, how they round, from one film of them.

The base model is left as it is. All that its layers make of a sound tells more of a stranger's lips than the lip code
that they end in; a minute of speech is enough for a linear readout of them, and too little to train a network by. Of
the bench clip, five times a fifth held out, a readout of all layers has r .69 of opening and .51 of width right, one of
the last two layers .63 and .47. Two refined copies of the network took twelve times as long for less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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
from ims_avatar.training.speech.encoder_network import DILATIONS, RECEPTIVE_FIELD, EncoderNetwork, close_lips

_READ = LIP_CODE_SIZE - 1
"""Components of the lip code that are learnt."""
_STRENGTHS = (1e3, 3e3, 1e4, 3e4, 1e5)
"""Of the ridge: one of these is chosen by cross-validation."""
_FOLDS = 5
_LARGEST_GAIN = 2.2
"""A guess is stretched to the spread of the lips, but no further than this: noise would be."""


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
    """The base model with a readout of its own; dense in time, or window by window."""

    def __init__(self, base: EncoderNetwork, readout: nn.Linear) -> None:
        """`readout`: from what `readable` gives to the lip code without the tongue."""
        super().__init__()
        self.base, self.readout = base, readout

    def dense(self, features: Tensor) -> Tensor:
        """(N, T, FEATURES) to lip codes (N, T - 60, 8)."""
        return self._read(_dense_layers(self.base, features))[0]

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """(B, RECEPTIVE_FIELD, FEATURES) to lip codes (B, 8) and phoneme-group logits (B, groups)."""
        layers, h = [], windows
        following = [*DILATIONS[1:], DILATIONS[-1] * 2]
        for block, here, after in zip(self.base.blocks, DILATIONS, following, strict=True):
            h = block.strided(h, after // here)
            layers.append(h[:, -1])
        codes, groups = self._read(layers)
        return close_lips(codes, groups), groups

    def _read(self, layers: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        seen, codes, groups = readable(self.base, layers)
        # No landmark shows the tongue: as the base model has it.
        return torch.cat([self.readout(seen), codes[..., _READ:]], dim=-1), groups


def _dense_layers(base: EncoderNetwork, features: Tensor) -> list[Tensor]:
    """What every block says of each frame that has a full window, (N, T - 60, channels)."""
    layers, h = [], features
    for block in base.blocks:
        h = block(h)
        layers.append(h)
    return [layer[:, -h.shape[1] :] for layer in layers]


def readable(base: EncoderNetwork, layers: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """From the blocks' outputs (..., channels) of one instant: all that is read of it, and what the base model itself
    makes of it: lip codes and phoneme-group logits."""
    hidden = torch.relu(base.hidden(layers[-1]))
    codes, groups = base.codes(hidden), base.groups(hidden)
    return torch.cat([hidden, torch.softmax(groups, dim=-1), *layers], dim=-1), codes, groups


def adapt(base: EncoderNetwork, speech: LipSpeech) -> AdaptedEncoder:
    """Ridge regression (Hoerl, Kennard 1970) of a person's lips on what the base model hears."""
    heard = [_heard(base, line) for line in speech.heard]
    known = torch.from_numpy(np.flatnonzero(speech.known))
    mean, spread = heard[0][known].mean(dim=0), heard[0][known].std(dim=0, correction=0) + 1e-3
    seen = [(line[known] - mean) / spread for line in heard]
    wanted = torch.from_numpy(speech.codes[:, :_READ]).double()[known]
    whole = _Sums.of(seen, wanted)
    trials = _cross_validated(whole, seen, wanted, known)
    scale = wanted.std(dim=0, correction=0) + 1e-2
    errors = [float((((guess - wanted) / scale)[:, :2] ** 2).mean()) for guess in trials]
    best = int(np.argmin(errors))
    weights, middle = whole.ridge(_STRENGTHS[best])
    # A guess is flatter than lips are. How much so is seen where it was not fitted.
    flat = trials[best].std(dim=0, correction=0) + 1e-4
    gain = (wanted.std(dim=0, correction=0) / flat).clamp(1.0, _LARGEST_GAIN)
    centre = trials[best].mean(dim=0)
    weights = weights * gain / spread[:, None]
    bias = (middle - centre) * gain + centre - mean @ weights
    readout = nn.Linear(len(weights), _READ)
    with torch.no_grad():
        readout.weight.copy_(weights.T)
        readout.bias.copy_(bias)
    encoder = AdaptedEncoder(base, readout)
    encoder.eval()
    return encoder


@torch.no_grad()
def _heard(base: EncoderNetwork, line: Tensor) -> Tensor:
    """(T, n), float64: what is read of each frame of a line's features (T, FEATURES)."""
    padded = torch.cat([line[:1].expand(RECEPTIVE_FIELD - 1, -1), line])[None]
    return readable(base, _dense_layers(base, padded))[0][0].double()


@dataclass(frozen=True, slots=True)
class _Sums:
    """What a regression must know of the frames that it is fitted to, a mean over the lines."""

    count: int
    square: Tensor
    """(n, n)."""
    product: Tensor
    """(n, 7)."""
    heard: Tensor
    """(n,)."""
    wanted: Tensor
    """(7,)."""

    @staticmethod
    def of(seen: Sequence[Tensor], wanted: Tensor) -> _Sums:
        """Lines (T, n) of the same frames, and their lips (T, 7)."""
        share = 1 / len(seen)
        square = torch.zeros(seen[0].shape[1], seen[0].shape[1], dtype=torch.float64)
        for line in seen:
            square.addmm_(line.T, line, alpha=share)
        together = torch.stack(list(seen)).mean(dim=0)
        return _Sums(len(wanted), square, together.T @ wanted, together.sum(dim=0), wanted.sum(dim=0))

    def without(self, other: _Sums) -> _Sums:
        return _Sums(
            self.count - other.count,
            self.square - other.square,
            self.product - other.product,
            self.heard - other.heard,
            self.wanted - other.wanted,
        )

    def ridge(self, strength: float) -> tuple[Tensor, Tensor]:
        """Weights (n, 7) and the lips' mean (7,)."""
        middle = self.wanted / self.count
        held = self.square + strength * torch.eye(len(self.square), dtype=torch.float64)
        factor = torch.linalg.cholesky(held)
        return torch.cholesky_solve(self.product - self.heard[:, None] * middle, factor), middle


def _cross_validated(whole: _Sums, seen: Sequence[Tensor], wanted: Tensor, known: Tensor) -> list[Tensor]:
    """For each of `_STRENGTHS` guesses (T, 7) for a plain line, fitted to the rest of the speech.

    `known` (T,): the instants; what shares a window with those that are guessed is not fitted to either.
    """
    guesses = [torch.zeros_like(wanted) for _ in _STRENGTHS]
    edges = np.linspace(0, len(known), _FOLDS + 1).astype(int)
    for begin, end in pairwise(edges):
        if begin == end:
            continue
        near = (known >= known[begin] - RECEPTIVE_FIELD) & (known <= known[end - 1] + RECEPTIVE_FIELD)
        sums = whole if near.all() else whole.without(_Sums.of([line[near] for line in seen], wanted[near]))
        for guess, strength in zip(guesses, _STRENGTHS, strict=True):
            weights, middle = sums.ridge(strength)
            guess[begin:end] = seen[0][begin:end] @ weights + middle
    return guesses


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
