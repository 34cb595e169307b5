"""Trains one drawn character: `python -m ims_avatar.training.drawn.renderer --character clara --minutes 15`.

Everything is drawn and learnt on the spot from one seed; a killed run goes on from its last checkpoint. The result is a
checkpoint; `ims_avatar.training.drawn.avatar_folder` makes the avatar of it.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import torch
from torch import Tensor

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.crop import CropGeometry
from ims_avatar.training.drawn.loop_video import write_loop
from ims_avatar.training.drawn.renderer_data import Crops, ReferenceLoop, crop_geometry, draw_crops, reference_loop
from ims_avatar.training.drawn.renderer_graphs import ReferenceGraph
from ims_avatar.training.drawn.renderer_losses import psnr, renderer_loss
from ims_avatar.training.drawn.renderer_model import Renderer, RendererShape
from ims_avatar.training.drawn.renderer_start import avatar_parameters, start_from

log = structlog.get_logger(__name__)

CHECKPOINT = "renderer.pth"
LOOP_FILE = "loop.mp4"
_EXACT_FROM = 0.75
"""Share of the time after which bfloat16, twice as fast, is left for float32: its rounding blurs the last decibel."""
_LOG_EVERY = 200
"""Steps between two log lines and checkpoints."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    character: str
    folder: Path
    minutes: float = 15.0
    """Of processor time, so that a busy machine takes longer but learns no less."""
    samples: int = 6000
    held_out: int = 256
    batch: int = 16
    learning_rate: float = 2e-3
    seed: int = 1
    start: str = ""
    """Name of an avatar whose weights are begun with; empty: random ones."""


class _References:
    """Masked reference crops of all loop frames, as the call-time graph cuts them."""

    def __init__(self, graph: ReferenceGraph, loop: ReferenceLoop) -> None:
        crops = []
        with torch.no_grad():
            for index in range(len(loop.luma)):
                luma = torch.from_numpy(loop.luma[index])[None, None].float() / 255
                chroma = torch.from_numpy(loop.chroma[index])[None].float() / 255
                crops.append(graph.crop(luma, chroma, torch.from_numpy(loop.to_crop[index])))
        self.luma = torch.cat([luma for luma, _ in crops])
        self.chroma = torch.cat([chroma for _, chroma in crops])
        self.visible = graph.visible


def _weights(crops: Crops, crop: CropGeometry) -> tuple[Tensor, Tensor]:
    """Where pixels vary with the lips they count more; outside the mask they do not count."""
    spread = torch.from_numpy(crops.luma[:400].astype(np.float32)).std(dim=0) / 40.0
    weight = (0.5 + 3.0 * spread.clamp(0, 1)) * (torch.from_numpy(crop.mask) > 0)
    luma = weight[None, None]
    return luma, torch.nn.functional.avg_pool2d(luma, 2)


def _pictures(crops: Crops, chosen: np.ndarray[Any, Any]) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(crops.luma[chosen])[:, None].float() / 255,
        torch.from_numpy(crops.chroma[chosen]).float() / 255,
    )


class RendererTraining:
    """One run: data, network, optimiser and the average of the weights that is kept."""

    def __init__(self, plan: TrainingPlan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.crop = crop_geometry(plan.character)
        film = plan.folder / LOOP_FILE
        if not film.exists():
            write_loop(STYLES[plan.character], film)
        self.loop = reference_loop(plan.character, self.crop, film)
        self.held_out = draw_crops(plan.character, self.crop, plan.held_out, plan.seed + 1000)
        self.train = draw_crops(plan.character, self.crop, plan.samples, plan.seed)
        log.info("data drawn", samples=plan.samples, crop=(self.crop.width, self.crop.height))
        self.net = Renderer(RendererShape(self.crop.width, self.crop.height, self.crop.detail))
        if plan.start:
            taken = start_from(self.net, avatar_parameters(AvatarRepository().find(plan.start)))
            log.info("started from another avatar", avatar=plan.start, parameters=taken)
        self.net = self.net.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        graph = ReferenceGraph(
            self.net.encoder, torch.from_numpy(self.crop.mask), self.loop.box.width, self.loop.box.height
        )
        self.references = _References(graph, self.loop)
        self.weights = _weights(self.train, self.crop)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), plan.learning_rate, betas=(0.9, 0.98), weight_decay=1e-4
        )
        self.step = 0
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []

    def run(self) -> None:
        self._resume()
        rng = np.random.default_rng(self.plan.seed + self.step)
        began = time.process_time() - self.seconds
        self.net.train()
        total = 0.0
        while (share := self.seconds / (60 * self.plan.minutes)) < 1.0:
            self._set_rate(share)
            total += self._one_step(rng.integers(0, len(self.train.luma), self.plan.batch), coarse=share < _EXACT_FROM)
            self.step += 1
            self.seconds = time.process_time() - began
            if self.step % _LOG_EVERY == 0:
                self._report(total / _LOG_EVERY)
                total = 0.0
        self._report(total / max(1, self.step % _LOG_EVERY))

    def _set_rate(self, share: float) -> None:
        rate = (
            self.plan.learning_rate
            * min(1.0, (self.step + 1) / 100)
            * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def _one_step(self, chosen: np.ndarray[Any, Any], *, coarse: bool) -> float:
        frames = torch.from_numpy(self.train.loop_index[chosen])
        references = self.references
        with torch.autocast("cpu", torch.bfloat16, enabled=coarse):
            rendered = self.net(
                references.luma[frames].contiguous(memory_format=torch.channels_last),
                references.chroma[frames].contiguous(memory_format=torch.channels_last),
                references.visible,
                torch.from_numpy(self.train.lip_codes[chosen]),
            )
        loss = renderer_loss((rendered[0].float(), rendered[1].float()), _pictures(self.train, chosen), *self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        keep = min(0.999, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.net.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        return float(loss.detach())

    def validate(self) -> dict[str, float]:
        """PSNR of luma where lips can change it, on lip codes that were not trained on."""
        luma, frames = [], torch.from_numpy(self.held_out.loop_index)
        codes = torch.from_numpy(self.held_out.lip_codes)
        with torch.no_grad():
            for part in torch.arange(len(frames)).split(32):
                chosen = frames[part]
                inputs = self.references.luma[chosen], self.references.chroma[chosen], self.references.visible
                luma.append(self.average(*inputs, codes[part])[0])
        truth = _pictures(self.held_out, np.arange(len(frames)))[0]
        return {"psnr": psnr(torch.cat(luma), truth, torch.from_numpy(self.crop.mask))}

    def _report(self, loss: float) -> None:
        measures = {"loss": loss, **self.validate()}
        self.history.append({"step": self.step, "seconds": self.seconds, **measures})
        log.info(
            "training", step=self.step, seconds=round(self.seconds), **{k: round(v, 4) for k, v in measures.items()}
        )
        self._save()

    def _save(self) -> None:
        path = self.plan.folder / CHECKPOINT
        state = {
            "shape": asdict(self.net.shape),
            "average": self.average.state_dict(),
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "crop": crop_state(self.crop),
            "plan": {**asdict(self.plan), "folder": ""},
            "progress": {"step": self.step, "seconds": self.seconds},
            "history": self.history,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def _resume(self) -> None:
        path = self.plan.folder / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = int(state["progress"]["step"]), float(state["progress"]["seconds"])
        self.history = state["history"]
        log.info("resumed", step=self.step, seconds=round(self.seconds))


def crop_state(crop: CropGeometry) -> dict[str, Any]:
    return {**asdict(crop), "mask": torch.from_numpy(crop.mask)}


def load_crop(path: Path) -> CropGeometry:
    """The crop that the network of a checkpoint was trained for."""
    state = torch.load(path, weights_only=True)["crop"]
    return CropGeometry(**{**state, "mask": state["mask"].numpy()})


def load_renderer(path: Path) -> Renderer:
    """The averaged network of a checkpoint."""
    state: dict[str, Any] = torch.load(path, weights_only=True)
    renderer = Renderer(RendererShape(**state["shape"]))
    renderer.load_state_dict(state["average"])
    renderer.eval()
    return renderer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--character", default="clara", choices=sorted(STYLES))
    parser.add_argument("--folder", type=Path, default=Path("build/renderer"), help="checkpoint and film go here")
    parser.add_argument("--minutes", type=float, default=15.0, help="of processor time")
    parser.add_argument("--samples", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="", help="avatar whose weights are begun with")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.folder.mkdir(parents=True, exist_ok=True)
    plan = TrainingPlan(given.character, given.folder, given.minutes, given.samples, seed=given.seed, start=given.start)
    RendererTraining(plan).run()


if __name__ == "__main__":
    main()
