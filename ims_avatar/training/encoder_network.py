"""The audio encoder's network: a causal TCN in two forms that share their weights.

Trained dense: dilated convolutions give an output for every frame of a long stretch. Exported as a pyramid: for one
output at the end of a window only every second, fourth, eighth … frame of the inner layers is needed, so the same
convolutions run without dilation and with stride. Both are equal to the last bit of float arithmetic.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ims_avatar.driving.features import FEATURES
from ims_avatar.driving.phonemes import GROUP_COUNT, PhonemeGroup
from ims_avatar.flow import LIP_CODE_SIZE

DILATIONS = (1, 1, 2, 2, 4, 4, 8, 8)
"""Kernel 3 each: receptive field 1 + 2 * sum = 61 frames."""
CLOSING_STARTS, CLOSED = 0.2, 0.4
"""Probabilities of p b m (as trained: rare groups count more) between which lips close; r hardly changes by it."""
RECEPTIVE_FIELD = 1 + 2 * sum(DILATIONS)


class Block(nn.Module):
    """Convolution over three frames, then a mixing of channels, around a residual connection."""

    def __init__(self, inputs: int, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(inputs, channels, 3, dilation=dilation)
        self.norm = nn.BatchNorm1d(channels)
        self.mix = nn.Conv1d(channels, channels, 1)
        self.mix_norm = nn.BatchNorm1d(channels)
        self.skip = nn.Conv1d(inputs, channels, 1, bias=False) if inputs != channels else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, T) to (N, channels, T - 2 * dilation)."""
        return self._join(self.conv(x), x[:, :, 2 * self.dilation :])

    def strided(self, x: Tensor, stride: int) -> Tensor:
        """The same without dilation, of which only every `stride`-th frame counted from the last is kept."""
        convolved = nn.functional.conv1d(x, self.conv.weight, self.conv.bias, stride=stride)
        return self._join(convolved, x[:, :, 2::stride])

    def _join(self, convolved: Tensor, old: Tensor) -> Tensor:
        h = torch.relu(self.norm(convolved))
        h = torch.relu(self.mix_norm(self.mix(h)))
        joined: Tensor = self.skip(old) + h
        return joined


class EncoderNetwork(nn.Module):
    """Features to lip codes and phoneme groups, dense over time."""

    def __init__(self, narrow: int = 64, wide: int = 128) -> None:
        super().__init__()
        widths = [FEATURES, narrow, narrow, *[wide] * (len(DILATIONS) - 2)]
        shapes = zip(widths[:-1], widths[1:], DILATIONS, strict=True)
        self.blocks = nn.ModuleList([Block(i, o, d) for i, o, d in shapes])
        self.hidden = nn.Conv1d(wide, wide, 1)
        self.dropout = nn.Dropout(0.1)
        self.codes = nn.Conv1d(wide, LIP_CODE_SIZE, 1)
        self.groups = nn.Conv1d(wide, GROUP_COUNT, 1)
        self.register_buffer("gain", torch.ones(LIP_CODE_SIZE))
        self.register_buffer("offset", torch.zeros(LIP_CODE_SIZE))

    def head(self, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.dropout(torch.relu(self.hidden(h)))
        codes = self.codes(h) * self.gain[:, None] + self.offset[:, None]
        return codes, self.groups(h)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(N, T, FEATURES) to lip codes (N, 8, T - 60) and group logits (N, groups, T - 60)."""
        h = features.transpose(1, 2)
        for block in self.blocks:
            h = block(h)
        return self.head(h)


def close_lips(codes: Tensor, logits: Tensor) -> Tensor:
    """Makes up its mind where a p, b or m is likely: half-closed lips are a mean that looks like neither.

    Codes (N, 8, T), logits (N, groups, T): codes with the opening closed according to the bilabials' probability.
    """
    likely = torch.softmax(logits, dim=1)[:, PhonemeGroup.BILABIAL : PhonemeGroup.BILABIAL + 1]
    closing = ((likely - CLOSING_STARTS) / (CLOSED - CLOSING_STARTS)).clamp(0.0, 1.0)
    return torch.cat([codes[:, :1] * (1.0 - closing), codes[:, 1:]], dim=1)


class WindowEncoder(nn.Module):
    """The form that is exported: one lip code for each window of RECEPTIVE_FIELD frames."""

    def __init__(self, network: EncoderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """(B, RECEPTIVE_FIELD, FEATURES) to lip codes (B, 8) and group logits (B, groups)."""
        h = windows.transpose(1, 2)
        following = [*DILATIONS[1:], DILATIONS[-1] * 2]
        for block, here, after in zip(self.network.blocks, DILATIONS, following, strict=True):
            h = block.strided(h, after // here)
        codes, groups = self.network.head(h)
        return close_lips(codes, groups)[:, :, 0], groups[:, :, 0]
