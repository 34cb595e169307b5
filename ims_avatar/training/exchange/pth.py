"""An avatar as one .pth file: everything in it as tensors and text, so that torch loads it with weights only.

| key | holds |
|---|---|
| `format` | FORMAT |
| `manifest` | the avatar's manifest, JSON |
| `state_dict` | weights by the names they have in the renderer's torch module |
| `renderer` | `name`, and for LIP_RENDERER `shape` (keyword arguments of `RendererShape`), `mask` and `box` |
| `loop_matrices` | float32 (frames, 2, 3), from the paste rectangle's pixels to the crop's |
| `constants` | by graph: what else its initialisers hold |
| `graphs` | by graph: the ONNX file without weights, uint8 |
| `files` | by role: every other file of the avatar, uint8, the loop's film among them |
"""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from ims_avatar.avatars.file_safety import objection_to
from ims_avatar.avatars.intake import Admission, Admitted, TryOut, arrival
from ims_avatar.avatars.manifest import MANIFEST, AvatarManifest, read_manifest
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.avatars.staging import staged_file
from ims_avatar.errors import AvatarNotFound, CorruptModel, ExchangeError
from ims_avatar.training.exchange.agreement import torch_agreement
from ims_avatar.training.exchange.from_onnx import LIP_RENDERER, RebuiltRenderer, rebuild
from ims_avatar.training.exchange.graph import GRAPHS, load_graph, parse_graph, put_weights, take_weights
from ims_avatar.training.exchange.samples import LEAST_AGREEMENT, loop_matrices

FORMAT = "ims-avatar avatar 1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PthExport:
    agreement: float
    """dB between torch, which runs what the file holds, and ONNX Runtime, which runs the avatar."""
    renderer: str | None
    """Name of the torch module that the weights fit, if it is one of ours."""

    def lines(self) -> list[str]:
        module = "of no module known here" if self.renderer is None else f"of the torch module {self.renderer}"
        return [f"weights {module}; torch and ONNX Runtime agree to {self.agreement:.0f} dB"]


def export_pth(avatar: Avatar, path: Path) -> PthExport:
    """Writes the file and reads it again. Raises `ExchangeError` if torch draws other pictures, `AvatarNotWritten`."""
    content = _content(avatar)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    again = _Content(path, buffer.getvalue())
    agreement = torch_agreement(avatar, {name: again.graph(name) for name in GRAPHS}, rebuild(avatar))
    if agreement < LEAST_AGREEMENT:
        raise ExchangeError(
            f"torch and ONNX Runtime agree to {agreement:.1f} dB only, {LEAST_AGREEMENT} are needed",
            remedy="report this with the avatar's model card; --format avatar takes it along unchanged",
        )
    with staged_file(path) as part:
        part.write_bytes(buffer.getvalue())
    return PthExport(agreement, content["renderer"].get("name"))


def import_pth(source: Path, terms: Admission, repository: AvatarRepository, try_out: TryOut) -> Admitted:
    """Makes the avatar of it again. Raises as `intake.import_avatar` does."""
    try:
        content = source.read_bytes()
    except OSError as error:
        raise AvatarNotFound(
            f"{source} cannot be read ({error.strerror})", remedy="name a file that `avatar export -f pth` made"
        ) from error
    given = _Content(source, content)
    with arrival(source, terms, repository, try_out) as (folder, admit):
        given.unpack(folder)
        return admit()


def _content(avatar: Avatar) -> dict[str, Any]:
    rebuilt = rebuild(avatar)
    graphs, weights = {}, {}
    for name in GRAPHS:
        model = load_graph(avatar.path(name))
        weights[name] = {key: torch.from_numpy(value) for key, value in take_weights(model).items()}
        graphs[name] = _bytes(model.SerializeToString())
    state = _state(weights, rebuilt)
    return {
        "format": FORMAT,
        "manifest": (avatar.folder / MANIFEST).read_text(encoding="utf-8"),
        "state_dict": state,
        "renderer": {} if rebuilt is None else _described(rebuilt),
        "loop_matrices": torch.from_numpy(loop_matrices(avatar)),
        "constants": {name: {k: v for k, v in weights[name].items() if k not in state} for name in GRAPHS},
        "graphs": graphs,
        "files": {role: _bytes(avatar.path(role).read_bytes()) for role in avatar.manifest.files if role not in GRAPHS},
    }


def _state(weights: dict[str, dict[str, Tensor]], rebuilt: RebuiltRenderer | None) -> dict[str, Tensor]:
    """What a module has as parameters: all that the exporter did not have to invent a name for."""
    everything = {key: value for name in GRAPHS for key, value in weights[name].items()}
    if rebuilt is not None:
        return {key: everything[key] for key in rebuilt.renderer.state_dict()}
    shared = weights["reference"].keys() & weights["decoder"].keys()
    return {key: value for key, value in everything.items() if "::" not in key and key not in shared}


def _described(rebuilt: RebuiltRenderer) -> dict[str, Any]:
    return {"name": LIP_RENDERER, "shape": rebuilt.shape(), "mask": rebuilt.mask, "box": list(rebuilt.box)}


def _bytes(content: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(content, np.uint8).copy())


class _Content:
    """What a .pth file holds, every value checked when it is taken. Raises `CorruptModel` naming the key."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        objection = objection_to("checkpoint", "file.pth", content)
        if objection:
            raise CorruptModel(f"{path} {objection}", remedy="do not use it; get it from somebody you trust")
        try:
            self._values = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, zipfile.BadZipFile, EOFError, ValueError, KeyError) as error:
            raise self._broken(f"cannot be loaded by torch ({str(error).splitlines()[0]})") from error
        if not isinstance(self._values, dict) or self._values.get("format") != FORMAT:
            raise self._broken("is no avatar that ims-avatar exported, or a newer one")

    def graph(self, name: str) -> bytes:
        """The ONNX file, weights put back."""
        model = parse_graph(self._file("graphs", name), f"{self._path}: graphs.{name}")
        weights = {**self._tensors("constants", name), **self._tensors("state_dict")}
        put_weights(model, {key: tensor.numpy() for key, tensor in weights.items()})
        whole: bytes = model.SerializeToString()
        return whole

    def unpack(self, folder: Path) -> None:
        """Writes the avatar's files."""
        (folder / MANIFEST).write_text(self._take("manifest", str), encoding="utf-8")
        manifest = read_manifest(folder, AvatarManifest)
        for role, entry in manifest.files.items():
            content = self.graph(role) if role in GRAPHS else self._file("files", role)
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _take(self, key: str, kind: type[T]) -> T:
        value = self._values.get(key)
        if not isinstance(value, kind):
            raise self._broken(f"has no {key!r} of the right kind")
        return value

    def _tensors(self, *keys: str) -> dict[str, Tensor]:
        value: Any = self._take(keys[0], dict)
        for key in keys[1:]:
            value = value.get(key)
        if not isinstance(value, dict) or not all(isinstance(tensor, Tensor) for tensor in value.values()):
            raise self._broken(f"has no tensors in {'.'.join(keys)!r}")
        return value

    def _file(self, key: str, name: str) -> bytes:
        tensor = self._take(key, dict).get(name)
        if not isinstance(tensor, Tensor) or tensor.dtype != torch.uint8 or tensor.ndim != 1:
            raise self._broken(f"has no bytes in {key}.{name}")
        return bytes(tensor.numpy())

    def _broken(self, why: str) -> CorruptModel:
        return CorruptModel(f"{self._path} {why}", remedy="export the avatar again where it came from")
