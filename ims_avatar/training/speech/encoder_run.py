"""One training run of the audio encoder: it can be ended at any moment, even by kill -9, and goes on where it was."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ims_avatar.driving.phonemes import GROUP_COUNT
from ims_avatar.errors import TrainingError
from ims_avatar.training.distribution import device_here, spent, use_threads
from ims_avatar.training.provenance import machines
from ims_avatar.training.speech.batches import Sampler, add_noise, disturb
from ims_avatar.training.speech.encoder_frames import SHARES, Prepared
from ims_avatar.training.speech.encoder_loss import Loss, evaluate, restore_amplitude
from ims_avatar.training.speech.encoder_network import RECEPTIVE_FIELD, WIDE, EncoderNetwork, folded

CHECKPOINT = "checkpoint.pt"
STRETCH = 400
"""Frames of a stretch of sound: 4 s."""
BATCH = {"cpu": 4, "cuda": 128}
"""Stretches of a step. On a processor many small steps learn more in equal time; a GPU takes no longer for large ones.
"""
NOISY = {"cpu": 0.0, "cuda": 0.3}
"""Share of the stretches under which noise is laid, anew at every step. A GPU shows every call a hundred times, and the
network would know them by heart: without, its loss fell to half of that, and it heard no better.
"""
WARM_UP = 100
"""Steps over which the learning rate rises."""
EVALUATION_SHARE = 0.04
"""Of the run: so often the network is measured, and kept if it is the best so far."""
CHECKPOINT_SECONDS = 30.0
"""Wall clock between checkpoints: no more than this is lost."""


def usual_minutes(device: torch.device) -> float:
    """How long to train where nothing else is asked for."""
    return {"cpu": 20.0, "cuda": 5.0}[device.type]


@dataclass(frozen=True, slots=True)
class RunSettings:
    minutes: float
    """As `distribution.spent` counts them, of one core."""
    seed: int
    wide: int = WIDE
    """Channels of the network, see `EncoderNetwork`; its first two blocks have a third of them."""
    learning_rate: float = 3e-3
    patience: int = 10
    """Evaluations without an improvement after which the run ends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    done: float
    """0..1, of the time given."""
    step: int
    loss: float
    """Mean of the last hundred steps or so."""
    accuracy: float
    """Share of right phoneme groups at the last evaluation."""
    r_opening: float
    """Correlation of the lips' opening at the last evaluation."""
    error: float
    """At the last evaluation, see `encoder_loss.Evaluation.error`."""


OnProgress = Callable[[Progress], None]


def optimisers(network: EncoderNetwork, learning_rate: float) -> list[Any]:
    """Muon (K. Jordan, 2024) for the matrices inside, AdamW for the first one, the heads, biases and normalisation.

    In equal processor time Muon had 0.55 of the groups of held-out voices right where AdamW had 0.45.
    """
    inner = [
        parameter
        for name, parameter in network.named_parameters()
        if parameter.ndim == 2 and not name.startswith(("codes.", "groups.", "blocks.0.conv."))
    ]
    chosen = {id(parameter) for parameter in inner}
    others = [parameter for parameter in network.parameters() if id(parameter) not in chosen]
    return [
        torch.optim.Muon(inner, learning_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, learning_rate, weight_decay=0.01),
    ]


class Run:
    """The network, its optimisers and the best network so far; all of it is in the checkpoint.

    `clock` gives seconds of wall clock and `spent_here` those that `distribution.spent` counts; tests replace both.
    """

    def __init__(
        self,
        settings: RunSettings,
        prepared: Prepared,
        work: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        spent_here: Callable[[], float] | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        use_threads(1)
        self._device = device_here()
        self._settings, self._prepared, self._clock = settings, prepared, clock
        self._spent = spent_here or partial(spent, self._device)
        self._path = work / CHECKPOINT
        codes, groups = prepared.train["refined"].codes, prepared.train["refined"].groups
        self._spread = torch.from_numpy(codes[:200_000].astype(np.float32).std(0)).clamp_min(1e-3)
        counts = torch.from_numpy(np.bincount(groups, minlength=GROUP_COUNT))
        self._loss = Loss(self._spread.to(self._device), counts.to(self._device))
        self._network = EncoderNetwork(settings.wide // 3, settings.wide).to(self._device).train()
        self._optimisers = optimisers(self._network, settings.learning_rate)
        self._best: dict[str, Any] = {}
        self._least, self._bad, self._done = math.inf, 0, 0.0
        self._progress = Progress(0.0, 0, math.nan, 0.0, 0.0, math.inf)
        self._machines: list[str] = []
        if self._path.exists():
            self._resume()
        self._machines = machines(self._machines, finished=self.finished)
        step = self._progress.step
        self._sampler = Sampler(prepared.train, SHARES, RECEPTIVE_FIELD, settings.seed + step, self._device)
        self._generator = torch.Generator(self._device).manual_seed(settings.seed + step)

    @property
    def steps(self) -> int:
        return self._progress.step

    @property
    def finished(self) -> bool:
        return self._done >= 1.0 or self._bad >= self._settings.patience

    def train(self, on_progress: OnProgress) -> None:
        """Until the time is up or the development error has not fallen for `patience` evaluations."""
        begun, begun_at = self._spent(), self._done
        saved, measured = self._clock(), self._done
        while not self.finished:
            self._done = min(1.0, begun_at + (self._spent() - begun) / (self._settings.minutes * 60.0))
            self._take_step()
            if self._done - measured >= EVALUATION_SHARE or self._done >= 1.0:
                self._evaluate()
                measured = self._done
            on_progress(self._progress)
            if self._clock() - saved > CHECKPOINT_SECONDS or self.finished:
                self._save()
                saved = self._clock()

    def result(self) -> tuple[EncoderNetwork, dict[str, object]]:
        """The best network, folded and with full amplitude, and what is to be said of its run."""
        self._network.load_state_dict(self._best)
        network = folded(self._network.eval().cpu())
        restore_amplitude(network, self._prepared.plain)
        facts = {
            "steps": self.steps,
            "stopped_early": self._done < 1.0,
            "augmented_minutes": self._prepared.minutes(),
            "development_error": round(self._least, 4),
            "hardware": "; ".join(self._machines),
        }
        return network.eval(), facts

    def _take_step(self) -> None:
        """One batch; the learning rate warms up, then falls as a cosine over the time given."""
        step = self._progress.step + 1
        rate = self._settings.learning_rate * min(1.0, step / WARM_UP)
        for group in (group for optimiser in self._optimisers for group in optimiser.param_groups):
            group["lr"] = rate * (0.01 + 0.495 * (1 + math.cos(math.pi * self._done)))
        batch = self._sampler.draw(BATCH[self._device.type], STRETCH)
        with torch.autocast(self._device.type, torch.bfloat16):
            codes, logits = self._network(self._disturbed(batch.features))
        total = self._loss(codes.float(), logits.float(), batch.codes, batch.groups)
        self._network.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        for optimiser in self._optimisers:
            optimiser.step()
        before, loss = self._progress, total.item()
        mean = loss if math.isnan(before.loss) else 0.99 * before.loss + 0.01 * loss
        self._progress = Progress(self._done, step, mean, before.accuracy, before.r_opening, before.error)

    def _disturbed(self, features: Tensor) -> Tensor:
        noisy = NOISY[self._device.type]
        return disturb(add_noise(features, noisy, self._generator) if noisy else features, self._generator)

    def _evaluate(self) -> None:
        """Keeps the network if it is the best so far."""
        seen = evaluate(self._network, self._prepared.development)
        error = seen.error(self._spread)
        self._bad = 0 if error < self._least else self._bad + 1
        if error < self._least:
            self._least = error
            self._best = {name: value.detach().clone() for name, value in self._network.state_dict().items()}
        at = self._progress
        self._progress = Progress(at.done, at.step, at.loss, seen.accuracy, seen.correlations()[0], error)

    def _save(self) -> None:
        state = {
            "seed": self._settings.seed,
            "wide": self._settings.wide,
            "machines": self._machines,
            "minutes": self._settings.minutes,
            "network": self._network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "best": self._best,
            "least": self._least,
            "bad": self._bad,
            "done": self._done,
            "progress": [getattr(self._progress, name) for name in Progress.__dataclass_fields__],
        }
        unfinished = self._path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self._path)

    def _resume(self) -> None:
        try:
            state = torch.load(self._path, weights_only=True, map_location=self._device)
            self._refuse_other_run(state)
            self._network.load_state_dict(state["network"])
        except (OSError, RuntimeError, KeyError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise TrainingError(f"{self._path} is damaged ({error})", remedy="train anew with --fresh") from error
        for optimiser, saved in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self._best, self._least, self._bad = state["best"], state["least"], state["bad"]
        # With more time than before the learning rate rises again to where it is in the longer run.
        self._done = min(1.0, state["done"] * state["minutes"] / self._settings.minutes)
        if self._done < state["done"]:
            # And the network is worse for a while: that is no reason to end, and what it was is not what is wanted.
            self._least, self._bad = math.inf, 0
        self._progress = Progress(*state["progress"])
        self._machines = state["machines"]

    def _refuse_other_run(self, state: Mapping[str, Any]) -> None:
        for name, own in (("seed", self._settings.seed), ("wide", self._settings.wide)):
            if state[name] != own:
                raise TrainingError(
                    f"{self._path} is of a run with {name} {state[name]}, not {own}",
                    remedy=f"give the same --{name} to go on, --fresh to train anew, or another --work",
                )
