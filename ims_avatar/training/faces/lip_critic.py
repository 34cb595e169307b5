"""A critic that tells drawn lips from filmed ones: what a mean of many mouths cannot pass (Goodfellow et al. 2014).

It sees small patches of the lips only (Isola et al. 2017), is trained beside the renderer in the last part of a run,
and is thrown away with it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_PULL, _LIKENESS = 0.006, 0.02
"""Weight of the verdict, and of the likeness of what the critic sees, beside the renderer's loss."""


class LipCritic(nn.Module):
    """Patches of luma and their detail to a verdict each."""

    def __init__(self) -> None:
        super().__init__()
        sizes = ((2, 24), (24, 48), (48, 64))
        self.layers = nn.ModuleList([nn.Conv2d(i, o, 4, 2, 1) for i, o in sizes])
        self.verdict = nn.Conv2d(sizes[-1][1], 1, 3, 1, 1)

    def forward(self, luma: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Luma (B, 1, h, w), 0..1 -> verdicts, and what was seen on the way."""
        x = luma * 2 - 1
        detail = (luma - functional.avg_pool2d(functional.pad(luma, (1, 1, 1, 1), mode="replicate"), 3, 1)) * 8
        x, seen = torch.cat([x, detail], dim=1), []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
            seen.append(x)
        return self.verdict(x), seen


class Criticism:
    """Trains the critic and says what the renderer owes it."""

    def __init__(self, device: torch.device, rows: slice, columns: slice) -> None:
        self.critic = LipCritic().to(device)
        self._optimiser = torch.optim.Adam(self.critic.parameters(), 2e-4, betas=(0.5, 0.99))
        self._where = (slice(None), slice(None), rows, columns)

    def learn(self, drawn: Tensor, filmed: Tensor) -> None:
        """One step of the critic on crops (B, 1, h, w): hinge loss (Lim, Ye 2017)."""
        self.critic.requires_grad_(True)
        right = functional.relu(1 - self.critic(filmed[self._where])[0]).mean()
        wrong = functional.relu(1 + self.critic(drawn.detach()[self._where])[0]).mean()
        self._optimiser.zero_grad()
        (right + wrong).backward()
        self._optimiser.step()

    def loss(self, drawn: Tensor, filmed: Tensor) -> Tensor:
        self.critic.requires_grad_(False)
        verdict, seen = self.critic(drawn[self._where])
        _, wanted = self.critic(filmed[self._where])
        likeness = sum(((a - b.detach()).abs().mean() for a, b in zip(seen, wanted, strict=True)), torch.zeros(()))
        return _LIKENESS * likeness - _PULL * verdict.mean()
