"""The trained audio encoder as files, model.onnx and model_card.json, and back as a network.

Weights are stored once, as half floats with the parameters' own names; a Cast in front of each makes ONNX Runtime
compute in single precision, and `load_encoder` finds the parameters again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from ims_avatar.avatars.manifest import MANIFEST, BaseModelManifest
from ims_avatar.avatars.writing import file_entries
from ims_avatar.driving.audio import AudioEncoder, model_file, model_metadata
from ims_avatar.errors import CorruptModel
from ims_avatar.training.speech.encoder_network import DILATIONS, EncoderNetwork, WindowEncoder, close_lips

MODEL, CARD = "model.onnx", "model_card.json"
_FILES = {"model": MODEL, "model_card": CARD, "model_card_page": "model_card.md", "curves": "curves.png"}
LICENCE = "Apache-2.0; trained on recordings under CC-BY-SA-3.0 and CC-BY-3.0, named in model_card.json"
OPSET = 17
TOLERANCE = 1e-4
"""Largest difference between torch (with the same half-float weights) and ONNX Runtime in any part of a lip code."""
_PREFIX = "network."
"""Of the parameters' names in the file: the exported module holds the network as `network`."""
_LEAST_HALVED = 512
"""Numbers of the smallest tensor stored as half floats: of biases nothing would be gained."""

DATA = [
    {
        "what": "espeak-ng 1.51, 13 languages (cs de en es fi fr hu it nl pt ru sv tr), 60 voices",
        "licence": "GPL-3.0 program, its sound is free",
    },
    {"what": "flite 2.2 voices slt, awb, kal16", "licence": "BSD-like (CMU)"},
    {"what": "festival voices us slt (HTS), us ked, ru nsh", "licence": "BSD-like"},
    {"what": "festival voices fi lj, fi mv, ca ona (HTS)", "licence": "LGPL-2.1"},
    {"what": "piper voice en_US joe", "licence": "CC0; piper is a GPL-3.0 program"},
    {
        "what": "asterisk-core-sounds en, es (Allison Smith), fr (June Wallack)",
        "licence": "CC-BY-SA-3.0",
    },
    {"what": "asterisk-core-sounds ru (Maxim Topal)", "licence": "CC-BY-3.0"},
    {
        "what": "sentences of Debian's fortune packages and manual pages, spoken by the synthesisers",
        "licence": "text not contained",
    },
]

NOTES = [
    "groups: share of pictures whose phoneme group (21) is right; groups_14: with groups merged that look alike. "
    "Aims were 0.88 for held-out synthetic voices and 0.70 for recordings of an unseen speaker.",
    "recorded_*: times by pocketsphinx, which knows English only. *_finer_times: the borders moved to where the "
    "version installed before this one hears them, without any word changed; that favours encoders of its kind.",
    "Times limit the figures: a shift of 10 ms costs 6 points, and the best path of version 1 through the right "
    "phonemes of an unseen flite voice still disagreed with the synthesiser in 12 % of the frames.",
    "Look-ahead limits them: the last frame's centre lies 62 ms after the instant shown, often before a phoneme ends.",
]


class ExportError(RuntimeError):
    """The exported file does not compute what the network computes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model comes from, for its card."""

    version: int
    command: str
    seed: int
    commit: str
    run: Mapping[str, object]


def export(network: EncoderNetwork, folder: Path, origin: Origin) -> None:
    """Writes model.onnx, model_card.json and manifest.json of a folded network into `folder`, which must be new.

    Raises `ExportError` as `write_model` does.
    """
    folder.mkdir(parents=True)
    write_model(network, folder / MODEL)
    write_card(folder, _card(network, origin, *check(network, folder / MODEL)))


def write_model(network: EncoderNetwork, path: Path) -> None:
    """Writes a folded network as ONNX (dynamic batch), e.g. the one adapted to a person.

    Raises `ExportError` if the file computes anything else.
    """
    frames, features = AudioEncoder.window_shape
    torch.onnx.export(
        WindowEncoder(_halved(network)).eval(),
        (torch.randn(3, frames, features),),
        str(path),
        input_names=["windows"],
        output_names=["lip_codes", "groups"],
        dynamic_axes={name: {0: "batch"} for name in ("windows", "lip_codes", "groups")},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    _store_halves(model.graph)
    for key, value in model_metadata().items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    difference = _difference(network, path)
    if difference > TOLERANCE:
        raise ExportError(f"ONNX Runtime and torch differ by {difference:.2g}")


def _halved(network: EncoderNetwork) -> EncoderNetwork:
    """The same network with the weights that the file will hold."""
    plain = EncoderNetwork(*network.widths, normalised=False)
    plain.load_state_dict(
        {n: v.half().float() if v.numel() >= _LEAST_HALVED else v for n, v in network.state_dict().items()}
    )
    plain.eval()
    return plain


def _store_halves(graph: onnx.GraphProto) -> None:
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.float32 and value.size >= _LEAST_HALVED:
            tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), tensor.name))
            single = f"{tensor.name}.single"
            for node in graph.node:
                node.input[:] = [single if name == tensor.name else name for name in node.input]
            cast = onnx.helper.make_node("Cast", [tensor.name], [single], to=onnx.TensorProto.FLOAT)
            graph.node.insert(0, cast)


def load_encoder(place: Path) -> EncoderNetwork:
    """The network inside a model file, or inside model.onnx of a folder: folded, ready to be trained further.

    Raises `CorruptModel`.
    """
    path = model_file(place)
    try:
        tensors = onnx.load(str(path)).graph.initializer
        state = {
            t.name.removeprefix(_PREFIX): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32))
            for t in tensors
            if t.name.startswith(_PREFIX)
        }
        widths = (state["blocks.0.conv.weight"].shape[0], state[f"blocks.{len(DILATIONS) - 1}.conv.weight"].shape[0])
        network = EncoderNetwork(*widths, normalised=False)
        network.load_state_dict(state)
    except Exception as error:
        raise CorruptModel(
            f"{path} holds no audio encoder of this form ({type(error).__name__}: {error})",
            remedy="install the package again, or train with ims-avatar train audio-encoder",
        ) from error
    network.eval()
    return network


def _card(network: EncoderNetwork, origin: Origin, difference: float, milliseconds: float) -> dict[str, object]:
    return {
        "name": "audio_encoder",
        "version": origin.version,
        "what": "80 ms look-ahead causal TCN: log-mel features of telephone-band speech to lip codes (flow.LipCode)",
        "architecture": "8 convolutions of 3 frames, 61 frames of context, "
        f"{'/'.join(map(str, network.widths))} channels; see encoder_network.py",
        "parameters": sum(p.numel() for p in network.parameters()),
        "data": DATA,
        "held_out": "espeak voices, flite rms, Polish, 20 % of each speaker's recordings, the Italian speaker",
        "command": origin.command,
        "seed": origin.seed,
        "commit": origin.commit,
        "run": dict(origin.run),
        "notes": NOTES,
        "measures": {"torch_difference": difference, "ms_per_frame_batch_8_one_core": milliseconds},
    }


def write_card(folder: Path, card: Mapping[str, object]) -> None:
    """Writes model_card.json, then manifest.json with the hashes of all files, the page for people among them."""
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    manifest = BaseModelManifest(
        format=1,
        kind="audio_encoder",
        name="audio_encoder",
        version=int(str(card["version"])),
        licence=LICENCE,
        files=file_entries(folder, {role: name for role, name in _FILES.items() if (folder / name).exists()}),
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def check(network: EncoderNetwork, path: Path) -> tuple[float, float]:
    """(largest difference to the dense network in torch, ms a frame in batches of 8)."""
    encoder = AudioEncoder(path)
    windows = _windows()
    times = []
    for _ in range(200):
        start = time.perf_counter()
        encoder.lip_codes(windows)
        times.append(time.perf_counter() - start)
    return round(_difference(network, path), 8), round(float(np.median(times)) / 8 * 1000, 4)


def _difference(network: EncoderNetwork, path: Path) -> float:
    windows = _windows()
    with torch.no_grad():
        codes = close_lips(*_halved(network)(torch.from_numpy(windows)))[:, 0].numpy()
    return float(np.abs(AudioEncoder(path).lip_codes(windows) - codes).max())


def _windows() -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-2.5, 1.0, (8, *AudioEncoder.window_shape)).astype(np.float32)
