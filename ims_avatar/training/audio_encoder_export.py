"""The trained audio encoder as files: model.onnx, checked against torch, and model_card.json."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch

from ims_avatar.avatars.manifest import MANIFEST, BaseModelManifest, FileEntry
from ims_avatar.driving.audio import AudioEncoder, model_metadata
from ims_avatar.training.encoder_network import EncoderNetwork, WindowEncoder, close_lips

MODEL, CARD = "model.onnx", "model_card.json"
LICENCE = "Apache-2.0; trained on recordings under CC-BY-SA-3.0 and CC-BY-3.0, named in model_card.json"
OPSET = 17
TOLERANCE = 1e-4
"""Largest difference between torch and ONNX Runtime in any component of a lip code."""

DATA = [
    {
        "what": "espeak-ng 1.51, 7 languages, 60 voices",
        "licence": "GPL-3.0 program, its sound is free",
    },
    {"what": "flite 2.2 voices slt, awb, kal16", "licence": "BSD-like (CMU)"},
    {
        "what": "asterisk-core-sounds en, es (Allison Smith), fr (June Wallack)",
        "licence": "CC-BY-SA-3.0",
    },
    {"what": "asterisk-core-sounds ru (Maxim Topal)", "licence": "CC-BY-3.0"},
    {"what": "sentences of Debian's fortune packages, spoken by the synthesisers", "licence": "text not contained"},
]


class ExportError(RuntimeError):
    """The exported file does not compute what the network computes."""


def export(network: EncoderNetwork, folder: Path, *, command: str, seed: int, run: Mapping[str, object]) -> None:
    """Writes model.onnx (dynamic batch) and model_card.json into `folder`; raises `ExportError` on any difference."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL
    encoder = WindowEncoder(network).eval()
    frames, features = AudioEncoder.window_shape
    windows = torch.randn(3, frames, features)
    torch.onnx.export(
        encoder,
        (windows,),
        str(path),
        input_names=["windows"],
        output_names=["lip_codes", "groups"],
        dynamic_axes={name: {0: "batch"} for name in ("windows", "lip_codes", "groups")},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    for key, value in model_metadata().items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    difference, milliseconds = check(network, folder)
    card = {
        "name": "audio_encoder",
        "version": 1,
        "what": "80 ms look-ahead causal TCN: log-mel features of telephone-band speech to lip codes (flow.LipCode)",
        "architecture": "8 convolutions of 3 frames, 61 frames of context, 64/128 channels; see encoder_network.py",
        "parameters": sum(p.numel() for p in network.parameters()),
        "data": DATA,
        "held_out": "espeak voices, flite rms, Polish, 20 % of each speaker's recordings, the Italian speaker",
        "command": command,
        "seed": seed,
        "commit": _commit(),
        "run": dict(run),
        "measures": {"torch_difference": difference, "ms_per_frame_batch_8_one_core": milliseconds},
    }
    write_card(folder, card)


def write_card(folder: Path, card: Mapping[str, object]) -> None:
    """Writes model_card.json, then manifest.json with the hashes of both files."""
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    manifest = BaseModelManifest(
        format=1,
        kind="audio_encoder",
        name="audio_encoder",
        version=1,
        licence=LICENCE,
        files={"model": _entry(folder / MODEL), "model_card": _entry(folder / CARD)},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _entry(path: Path) -> FileEntry:
    data = path.read_bytes()
    return FileEntry(path=path.name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def check(network: EncoderNetwork, folder: Path) -> tuple[float, float]:
    """(largest difference to the dense network in torch, ms a frame in batches of 8)."""
    encoder = AudioEncoder(folder)
    windows = np.random.default_rng(0).uniform(-2.5, 1.0, (8, *AudioEncoder.window_shape)).astype(np.float32)
    with torch.no_grad():
        expected = close_lips(*network.eval()(torch.from_numpy(windows)))[:, :, 0].numpy()
    difference = float(np.abs(encoder.lip_codes(windows) - expected).max())
    if difference > TOLERANCE:
        raise ExportError(f"ONNX Runtime and torch differ by {difference:.2g}")
    times = []
    for _ in range(200):
        start = time.perf_counter()
        encoder.lip_codes(windows)
        times.append(time.perf_counter() - start)
    return round(difference, 8), round(float(np.median(times)) / 8 * 1000, 4)


def _commit() -> str:
    said = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"
