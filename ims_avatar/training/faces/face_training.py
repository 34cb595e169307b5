"""The training loop of renderers for real faces, whoever they are: many characters (robust) or one (personalised).

A killed run goes on from its last checkpoint; a run that stops getting better goes on to its last part, where the
learning rate falls and the critic sharpens.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import torch
from torch import Tensor, nn
from torch.nn import functional

from ims_avatar.errors import TrainingError
from ims_avatar.training.distribution import Group, spent
from ims_avatar.training.drawn.renderer_losses import renderer_loss
from ims_avatar.training.faces.face_batches import Crowd, FaceBatch, varied
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.lip_critic import Criticism
from ims_avatar.training.faces.robust_model import RobustRenderer
from ims_avatar.training.provenance import machines

log = structlog.get_logger(__name__)

CHECKPOINT = "checkpoint.pth"
_CHECK_EVERY = 30.0
"""Seconds of training between two validations and checkpoints: a killed run loses no more."""
_EXACT_FROM = 0.8
"""Share of the time after which bfloat16 is left for float32: its rounding blurs the last decibel."""
_HEARSAY, _SILENT = 0.15, 0.2
"""Noise on the lip code that the network is told, as a share of its range; and how often it is told of rest instead."""
_BATCH = {"cpu": 16, "cuda": 64}
"""Crops of a step: a GPU takes no longer for more of them."""
_AGAINST_MESH = 2.0
"""Weight of `mesh` in the loss."""
_PATIENCE = 12
"""Validations without a better picture after which a run goes on to its last part."""
_BETTER = 0.01
"""dB that count as better."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    folder: Path
    minutes: float
    """As `distribution.spent` counts them."""
    seed: int = 1
    batch: int = 0
    """Crops of a step; 0: as many as suit the device."""
    learning_rate: float = 2e-3
    variety: float = 1.0
    """How much light and colour vary: 1 for many characters, little for one."""
    code_noise: float = 0.004
    """Standard deviation of what is added to lip codes: landmarks are no more exact than this."""
    critic_from: float = 0.6
    """Share of the time after which the critic has a say; 1: never."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run shows of itself."""

    step: int
    share: float
    """0..1 of the time given."""
    loss: float
    psnr_db: float
    lip_correlation: float
    seconds_left: float


@dataclass(slots=True)
class _State:
    step: int = 0
    seconds: float = 0.0
    skipped: float = 0.0
    """Seconds of the plan that were not needed."""
    best: float = -math.inf
    since_best: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    """What it was trained on."""


class FaceTraining:
    """One run over `train`, judged on `held_out`."""

    def __init__(
        self, plan: TrainingPlan, net: RobustRenderer, train: Crowd, held_out: Validation, group: Group
    ) -> None:
        torch.manual_seed(plan.seed + group.rank)
        self.plan, self.train, self._held_out, self._group = plan, train, held_out, group
        self.net = net.to(group.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.best = copy.deepcopy(self.average.state_dict())
        self._shared: nn.Module = group.shared(self.net)
        self._optimiser = torch.optim.AdamW(
            self.net.parameters(), plan.learning_rate, betas=(0.9, 0.98), weight_decay=1e-4
        )
        mouth = self.net.warp
        self._criticism = Criticism(group.device, mouth.mouth_rows, mouth.mouth_columns)
        self.state = _State()
        self._resume()
        self.state.machines = machines(self.state.machines, finished=self._share() >= 1.0)

    def run(self, on_progress: Callable[[Progress], None] = lambda progress: None) -> None:
        """Until the time is up or nothing gets better. The averaged weights of the best validation are in `best`."""
        plan, state = self.plan, self.state
        rng = np.random.default_rng((plan.seed, self._group.rank, state.step))
        generator = torch.Generator(self._group.device).manual_seed(plan.seed + state.step + self._group.rank)
        began = spent(self._group.device) - state.seconds
        checked, total, steps = state.seconds, torch.zeros((), device=self._group.device), 0
        count = plan.batch or _BATCH[self._group.device.type]
        while (share := self._share()) < 1.0:
            self._set_rate(share)
            batch = varied(self.train.draw(rng, count), generator, plan.variety)
            total += self._one_step(batch, share)
            steps += 1
            state.step += 1
            state.seconds = self._group.agreed(spent(self._group.device) - began)
            if state.since_best >= _PATIENCE:
                self._go_to_last_part()
            if state.seconds - checked > _CHECK_EVERY:
                self._check(float(total) / steps, on_progress)
                checked, total, steps = state.seconds, torch.zeros_like(total), 0
        self._check(float(total) / max(steps, 1), on_progress)

    def _share(self) -> float:
        """0..1 of the run, what was skipped counted as done."""
        return (self.state.seconds + self.state.skipped) / (60 * self.plan.minutes)

    def _go_to_last_part(self) -> None:
        """Nothing got better for long: the time until the critic would come in is not needed."""
        state = self.state
        state.since_best = 0
        state.skipped = max(state.skipped, 60 * self.plan.critic_from * self.plan.minutes - state.seconds)

    def _set_rate(self, share: float) -> None:
        warm = min(1.0, (self.state.step + 1) / 100)
        rate = self.plan.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in self._optimiser.param_groups:
            group["lr"] = rate

    def _one_step(self, batch: FaceBatch, share: float) -> Tensor:
        codes = batch.codes + self.plan.code_noise * torch.randn_like(batch.codes)
        told = self._told(codes)
        with torch.no_grad():
            bent = self.net.warp(
                codes, batch.rest, batch.still_lines, batch.still_luma, batch.still_chroma, batch.inside
            )
        with torch.autocast(self._group.device.type, torch.bfloat16, enabled=share < _EXACT_FROM):
            drawn = self._shared(told, (batch.around_luma, batch.around_chroma, batch.visible), bent)
        luma, chroma = drawn[0].float(), drawn[1].float()
        seen = luma * batch.mask + batch.luma * (1 - batch.mask)
        loss = renderer_loss((luma, chroma), batch.truth, batch.weight, _coarse(batch.weight))
        loss = loss + _AGAINST_MESH * mesh(seen, batch.luma)
        if share >= self.plan.critic_from:
            self._criticism.learn(seen, batch.luma)
            loss = loss + self._criticism.loss(seen, batch.luma)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._optimiser.step()
        keep = min(0.998, (1 + self.state.step) / (10 + self.state.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - keep)
        # Not asked for its value: a GPU would have to wait for it.
        return loss.detach()

    def _told(self, codes: Tensor) -> Tensor:
        """What the network is told of the lips: often inexact, sometimes that they rest, so that it mends what it sees
        in the bent picture and does not draw what codes like this one mostly looked like."""
        blurred = codes + _HEARSAY * self.net.mender.scale * torch.randn_like(codes)
        silent = torch.rand(len(codes), 1, device=codes.device) < _SILENT
        return torch.where(silent, torch.zeros_like(codes), blurred)

    def _check(self, loss: float, on_progress: Callable[[Progress], None]) -> None:
        """Validates, remembers the best, writes a checkpoint."""
        state = self.state
        measures = self._held_out.measure(self.average)
        if measures["psnr_db"] > state.best + _BETTER:
            state.best, state.since_best = measures["psnr_db"], 0
            self.best = copy.deepcopy(self.average.state_dict())
        elif self._share() < self.plan.critic_from:
            state.since_best += 1
        if self._share() >= self.plan.critic_from:
            # The critic trades a little of the decibels for sharpness: from here on the newest weights are the best.
            self.best = copy.deepcopy(self.average.state_dict())
        state.history.append({"step": state.step, "seconds": round(state.seconds, 1), "loss": loss, **measures})
        log.info("training", **{k: round(v, 4) for k, v in state.history[-1].items()})
        share = min(1.0, self._share())
        left = 60 * self.plan.minutes * (1 - share)
        on_progress(Progress(state.step, share, loss, measures["psnr_db"], measures["lip_r"], left))
        if self._group.rank == 0:
            self._save()

    def _save(self) -> None:
        path = self.plan.folder / CHECKPOINT
        state = {
            "shape": asdict(self.net.shape),
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best,
            "optimiser": self._optimiser.state_dict(),
            "critic": self._criticism.critic.state_dict(),
            "progress": asdict(self.state),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def _resume(self) -> None:
        path = self.plan.folder / CHECKPOINT
        if not path.exists():
            return
        try:
            saved: dict[str, Any] = torch.load(path, weights_only=True, map_location=self._group.device)
            self.net.load_state_dict(saved["net"])
            self.average.load_state_dict(saved["average"])
            self.best = saved["best"]
            self._optimiser.load_state_dict(saved["optimiser"])
            self._criticism.critic.load_state_dict(saved["critic"])
            self.state = _State(**saved["progress"])
        except (OSError, EOFError, RuntimeError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise TrainingError(
                f"{path} is no checkpoint of this run ({type(error).__name__})", remedy="remove it to begin anew"
            ) from error
        log.info("resumed", step=self.state.step, seconds=round(self.state.seconds))


def mesh(drawn: Tensor, truth: Tensor) -> Tensor:
    """How much of a mesh lies over a picture, luma (B, 1, h, w): mean brightness by which the four pixels of a 2 x 2
    cell differ from each other for a whole neighbourhood of cells, as no camera's do.

    The network draws cells (`pixel_shuffle`) and leaves such a pattern where nothing asks it not to (Odena et al.
    2016, "Deconvolution and checkerboard artifacts"); landmark models, and eyes, take it for texture.
    """
    cells = functional.pixel_unshuffle(drawn - truth, 2)
    pattern = functional.avg_pool2d(cells - cells.mean(dim=1, keepdim=True), 5, 1, 2)
    return pattern.abs().mean()


def _coarse(weight: Tensor) -> Tensor:
    return functional.avg_pool2d(weight, 2)
