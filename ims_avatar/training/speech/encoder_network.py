"""The audio encoder's network: a causal TCN in two forms that share their weights.

Trained dense: dilated convolutions give an output for every frame of a long stretch. Exported as a pyramid: for one
output at the end of a window only every second, fourth, eighth … frame of the inner layers is needed, so the same
convolutions run without dilation and with stride. Both are equal to the last bit of float arithmetic. Convolutions are
written as matrix products with the channels last: a CPU computes them a fifth faster, and the optimiser (Muon) needs
matrices.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ims_avatar.driving.features import FEATURES
from ims_avatar.driving.phonemes import GROUP_COUNT, PhonemeGroup
from ims_avatar.flow import LIP_CODE_SIZE

DILATIONS = (1, 1, 2, 2, 4, 4, 8, 8)
"""Kernel 3 each: receptive field 1 + 2 * sum = 61 frames."""
NARROW, WIDE = 64, 192
"""Channels of the first two blocks, which run for every frame of a window, and of the others."""
CLOSING_STARTS, CLOSED = 0.35, 0.65
"""Probabilities of p b m (as trained: rare groups count more) between which lips close.

Lower ones close lips further (0.02 instead of 0.03 mouth widths), and close those of a speaker never heard too often: r
of opening falls from .77 to .76.
"""
RECEPTIVE_FIELD = 1 + 2 * sum(DILATIONS)


class Block(nn.Module):
    """Convolution over three frames, then a mixing of channels, around a residual connection."""

    def __init__(self, inputs: int, channels: int, dilation: int, normalised: bool) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Linear(3 * inputs, channels)
        self.norm = nn.BatchNorm1d(channels) if normalised else nn.Identity()
        self.mix = nn.Linear(channels, channels)
        self.mix_norm = nn.BatchNorm1d(channels) if normalised else nn.Identity()
        self.skip = nn.Linear(inputs, channels) if inputs != channels else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, inputs) to (N, T - 2 * dilation, channels)."""
        kept = x.shape[1] - 2 * self.dilation
        return self._join([x[:, k * self.dilation : k * self.dilation + kept] for k in range(3)])

    def strided(self, x: Tensor, stride: int) -> Tensor:
        """The same without dilation, of which only every `stride`-th frame counted from the last is kept."""
        last = x.shape[1] - 2
        return self._join([x[:, k : k + last : stride] for k in range(3)])

    def _join(self, taps: list[Tensor]) -> Tensor:
        """`taps`: the earliest, middle and latest frame under each output, (N, T', inputs) each."""
        seen = torch.cat(taps, dim=2).flatten(0, 1)
        h = torch.relu(self.mix_norm(self.mix(torch.relu(self.norm(self.conv(seen))))))
        joined: Tensor = (self.skip(taps[2].flatten(0, 1)) + h).unflatten(0, (-1, taps[2].shape[1]))
        return joined


class EncoderNetwork(nn.Module):
    """Features to lip codes and phoneme groups, dense over time.

    `normalised`: with batch normalisation, as trained; without, as shipped (see `folded`), which is trainable too.
    """

    def __init__(self, narrow: int = NARROW, wide: int = WIDE, *, normalised: bool = True) -> None:
        super().__init__()
        self.widths = (narrow, wide)
        widths = [FEATURES, narrow, narrow, *[wide] * (len(DILATIONS) - 2)]
        shapes = zip(widths[:-1], widths[1:], DILATIONS, strict=True)
        self.blocks = nn.ModuleList([Block(i, o, d, normalised) for i, o, d in shapes])
        self.hidden = nn.Linear(wide, wide)
        self.codes = nn.Linear(wide, LIP_CODE_SIZE)
        self.groups = nn.Linear(wide, GROUP_COUNT)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(N, T, FEATURES) to lip codes (N, T - 60, 8) and group logits (N, T - 60, groups)."""
        h = features
        for block in self.blocks:
            h = block(h)
        return self.head(h)

    def head(self, h: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.relu(self.hidden(h))
        return self.codes(h), self.groups(h)


def folded(network: EncoderNetwork) -> EncoderNetwork:
    """The same function without normalisation layers: their running statistics become part of the convolutions."""
    plain = EncoderNetwork(*network.widths, normalised=False)
    state = network.state_dict()
    for name, block in network.named_modules():
        if isinstance(block, Block):
            for conv, norm in (("conv", block.norm), ("mix", block.mix_norm)):
                factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                bias = (state[f"{name}.{conv}.bias"] - norm.running_mean) * factor + norm.bias
                state[f"{name}.{conv}.weight"] = state[f"{name}.{conv}.weight"] * factor[:, None]
                state[f"{name}.{conv}.bias"] = bias
    plain.load_state_dict({name: state[name].detach() for name in plain.state_dict()})
    plain.eval()
    return plain


def close_lips(codes: Tensor, logits: Tensor) -> Tensor:
    """Makes up its mind where a p, b or m is likely: half-closed lips are a mean that looks like neither.

    Codes (..., 8), logits (..., groups): codes with the opening closed according to the bilabials' probability.
    """
    likely = torch.softmax(logits, dim=-1)[..., PhonemeGroup.BILABIAL : PhonemeGroup.BILABIAL + 1]
    closing = ((likely - CLOSING_STARTS) / (CLOSED - CLOSING_STARTS)).clamp(0.0, 1.0)
    return torch.cat([codes[..., :1] * (1.0 - closing), codes[..., 1:]], dim=-1)


class WindowEncoder(nn.Module):
    """The form that is exported: one lip code for each window of RECEPTIVE_FIELD frames."""

    def __init__(self, network: EncoderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """(B, RECEPTIVE_FIELD, FEATURES) to lip codes (B, 8) and group logits (B, groups)."""
        h = windows
        following = [*DILATIONS[1:], DILATIONS[-1] * 2]
        for block, here, after in zip(self.network.blocks, DILATIONS, following, strict=True):
            h = block.strided(h, after // here)
        codes, groups = self.network.head(h[:, 0])
        return close_lips(codes, groups), groups
