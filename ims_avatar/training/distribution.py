"""One process or several (torchrun): which device, who speaks, and how gradients come together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import nn

_PATIENCE = timedelta(hours=6)
"""How long the others wait while the first process gathers people."""


@dataclass(frozen=True, slots=True)
class Group:
    """The processes that train one network together; alone, a group of one."""

    rank: int
    size: int
    device: torch.device

    def shared(self, net: nn.Module) -> nn.Module:
        """The network whose gradients are the mean of all processes'."""
        if self.size == 1:
            return net
        return nn.parallel.DistributedDataParallel(net, find_unused_parameters=False)

    def agreed(self, value: float) -> float:
        """The first process's value, so that all end at the same step."""
        if self.size == 1:
            return value
        carried = torch.tensor([value], dtype=torch.float64, device=self.device)
        torch.distributed.broadcast(carried, 0)
        return float(carried)

    @contextmanager
    def first_before_others(self) -> Iterator[None]:
        """The first process does the block alone, then the others do it: what it wrote they find there."""
        if self.size > 1 and self.rank:
            torch.distributed.barrier()
        yield
        if self.size > 1 and not self.rank:
            torch.distributed.barrier()

    def leave(self) -> None:
        if self.size > 1:
            torch.distributed.destroy_process_group()


def use_threads(count: int) -> None:
    """How many threads torch computes with in this process."""
    torch.set_num_threads(count)


def device_here(environment: Mapping[str, str] | None = None) -> torch.device:
    """What torch computes with in this process: a GPU where there is one (torchrun's LOCAL_RANK says which)."""
    given = os.environ if environment is None else environment
    return torch.device("cuda", int(given.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")


def spent(device: torch.device) -> float:
    """Seconds that a run has had: of processor time per thread, so that a busy machine takes longer but learns no less;
    of the clock on a GPU, whose time no process is told."""
    if device.type == "cpu":
        return time.process_time() / int(torch.get_num_threads())
    return time.monotonic()


def join_group(environment: Mapping[str, str] | None = None) -> Group:
    """The group that torchrun started this process in (its variables RANK, WORLD_SIZE, LOCAL_RANK), or one alone.

    CUDA where there is one (NCCL), the processor otherwise (Gloo).
    """
    given = os.environ if environment is None else environment
    rank, size = int(given.get("RANK", 0)), int(given.get("WORLD_SIZE", 1))
    device = device_here(given)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if size > 1:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    return Group(rank, size, device)
