"""Where a model comes from, for its card: commit and machine."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import torch


def commit() -> str:
    """Commit of the checkout that trained, or `unknown` where there is none."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    done = subprocess.run(
        [git, "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def hardware() -> str:
    """The processor or the GPUs that torch trains on here, and how many threads."""
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}, torch {torch.__version__}"
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' if threads > 1 else ''}, torch {torch.__version__}"


def machines(before: Sequence[str], *, finished: bool) -> list[str]:
    """Where a run was trained that goes on here: whoever only writes what others trained has no part in it."""
    own = hardware()
    return list(before) if finished or own in before else [*before, own]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
