"""Two processes train one renderer together, as several GPUs do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")
pytest.importorskip("cv2", reason="faces need pip install 'ims-avatar[vision]'")

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def test_two_processes_agree_on_one_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m"]
    sizes = ["--drawn", "2", "--crops", "2", "--minutes", "0.03"]
    run = ["ims_avatar.training.faces.robust", "--folder", str(tmp_path), *sizes]
    done = subprocess.run(
        [*command, *run], env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    state = torch.load(tmp_path / "checkpoint.pth", weights_only=True)
    assert state["progress"]["step"] > 0
    assert done.stdout.count("people") >= 2  # both said whom they train on
