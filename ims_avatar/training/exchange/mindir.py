"""An avatar as MINDIR files for MindSpore, made and tried in an environment of its own (deploy/mindspore.sh)."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.places import data_directory
from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.folder import new_folder
from ims_avatar.training.exchange.graph import GRAPHS
from ims_avatar.training.exchange.lowerings import program_of
from ims_avatar.training.exchange.samples import (
    LEAST_AGREEMENT,
    Arrays,
    picture_agreement,
    reference_inputs,
    run_onnx,
    sample_lip_codes,
)

ENVIRONMENT = "IMS_AVATAR_MINDSPORE"
"""Environment variable: where the virtual environment with MindSpore is."""
RECORD = "report.json"
SCRIPT = Path(__file__).with_name("mindspore_script.py")
"""Run there, never imported here."""
LONGEST = 600.0
"""Seconds that MindSpore may take for one graph; it took 12."""
_REMEDY = "run deploy/mindspore.sh (2.8 GB), or name an environment that has MindSpore in IMS_AVATAR_MINDSPORE"


@dataclass(frozen=True, slots=True)
class MindirExport:
    mindspore: str
    """Version."""
    batch: int
    agreement: float
    """dB between the loaded MINDIR files and the avatar by ONNX Runtime."""
    reload_difference: float
    """Largest difference between any output before the export and after it was loaded again."""

    def lines(self) -> list[str]:
        return [
            f"MindSpore {self.mindspore}, {self.batch} lip codes at once; agrees with ONNX Runtime to "
            f"{self.agreement:.0f} dB; difference after it was loaded again {self.reload_difference:g}"
        ]


def mindspore_python() -> Path:
    """The interpreter of the environment that has MindSpore. Raises `ExchangeError` where there is none."""
    named = os.environ.get(ENVIRONMENT)
    data = data_directory()
    environment = Path(named) if named else data / "mindspore" if data else None
    if environment is None or not (environment / "bin" / "python").is_file():
        raise ExchangeError(f"there is no MindSpore in {environment}", remedy=_REMEDY)
    return environment / "bin" / "python"


def export_mindir(avatar: Avatar, out: Path, batch: int) -> MindirExport:
    """Writes `reference.mindir`, `decoder.mindir` and `report.json` into the new folder `out`.

    MindSpore's files have fixed sizes: they always draw `batch` pictures. Raises `ExchangeError` when there is no
    MindSpore, when it cannot follow a graph, or when it draws other pictures.
    """
    python = mindspore_python()
    with new_folder(out) as folder, tempfile.TemporaryDirectory() as work:
        inputs = reference_inputs(avatar, avatar.manifest.loop_frames // 3)
        prepared = run_onnx(avatar.path("reference"), inputs)
        codes: Arrays = {"lip_codes": sample_lip_codes(batch)}
        right = run_onnx(avatar.path("decoder"), codes | prepared)
        reference = _export(python, Path(work) / "reference", folded(avatar.path("reference"), inputs, batch), inputs)
        given = codes | reference.outputs
        decoder = _export(python, Path(work) / "decoder", folded(avatar.path("decoder"), given, batch), given)
        agreement = picture_agreement(right, decoder.outputs)
        if agreement < LEAST_AGREEMENT:
            raise ExchangeError(
                f"MindSpore and ONNX Runtime agree to {agreement:.1f} dB only, {LEAST_AGREEMENT} are needed",
                remedy="use the format onnx",
            )
        difference = max(reference.reload_difference, decoder.reload_difference)
        found = MindirExport(decoder.versions["mindspore"], batch, agreement, difference)
        for name, made in zip(GRAPHS, (reference, decoder), strict=True):
            (folder / f"{name}.mindir").write_bytes(made.content)
        record = {
            "avatar": f"{avatar.manifest.name}/{avatar.manifest.version}",
            "made_of": {name: avatar.manifest.files[name].sha256 for name in GRAPHS},
            "versions": decoder.versions,
            "lip_codes": batch,
            "agreement_with_onnx_runtime_db": round(agreement, 1),
            "reload_difference": difference,
            "graphs": {
                name: {"inputs": made.inputs, "outputs": list(made.outputs), "bytes": len(made.content)}
                for name, made in zip(GRAPHS, (reference, decoder), strict=True)
            },
        }
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return found


@dataclass(frozen=True, slots=True)
class _Made:
    content: bytes
    inputs: list[str]
    """Names, in the order in which MindSpore takes them."""
    outputs: Arrays
    """Of the loaded MINDIR file."""
    reload_difference: float
    versions: dict[str, str]


def _export(python: Path, work: Path, model: Any, inputs: Mapping[str, NDArray[Any]]) -> _Made:
    program = program_of(model)
    work.mkdir()
    (work / "program.json").write_text(json.dumps(program.plain()), encoding="utf-8")
    np.savez(work / "weights.npz", **program.weights)  # type: ignore[arg-type]
    np.savez(work / "samples.npz", **{name: inputs[name] for name in program.inputs})  # type: ignore[arg-type]
    command = [str(python), str(SCRIPT), str(work)]
    try:
        # Its own folder, because MindSpore writes its notes into the folder that it runs in.
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired as error:
        raise ExchangeError(f"MindSpore did not finish {work.name} in {LONGEST:.0f} s", remedy="try again") from error
    if done.returncode or not (work / "versions.json").is_file():
        lines = [line for line in done.stderr.splitlines() if "Error" in line]
        why = lines[-1].strip() if lines else f"exit status {done.returncode}"
        raise ExchangeError(f"MindSpore cannot export {work.name} ({why})", remedy=_REMEDY)
    with np.load(work / "before.npz") as before, np.load(work / "after.npz") as after:
        outputs = {name: after[name] for name in program.outputs}
        difference = max(float(np.abs(before[n].astype(float) - outputs[n]).max()) for n in program.outputs)
    versions = json.loads((work / "versions.json").read_text(encoding="utf-8"))
    return _Made((work / "graph.mindir").read_bytes(), program.inputs, outputs, difference, versions)
