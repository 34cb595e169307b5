"""An avatar as TensorRT engines: half precision, any number of lip codes up to a limit, for the GPUs that are named.

`tensorrt-rtx` builds without a GPU, for architectures by number; `tensorrt` builds on a server for the GPU that is
there, and is taken where it is installed. What they build runs with the same package only, and there is no way back.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch

from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.agreement import SAMPLES, onnx_pictures
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.folder import new_folder
from ims_avatar.training.exchange.graph import GRAPHS
from ims_avatar.training.exchange.half import for_tensorrt
from ims_avatar.training.exchange.samples import Arrays, picture_agreement, reference_inputs, run_onnx, sample_lip_codes
from ims_avatar.training.exchange.trt_runtime import GpuEngine, GpuRun, run_on_gpu

RECORD = "engines.json"
LEAST_AGREEMENT = 45.0
"""dB that half precision may cost: below it, edges of the mouth would be seen to differ."""
_REMEDY = "pip install 'ims-avatar[tensorrt]' (250 MB, needs no GPU), or tensorrt on a server with one"


@dataclass(frozen=True, slots=True)
class TrtExport:
    builder: str
    architectures: tuple[int, ...]
    """Compute capabilities, e.g. 86; none: any from 8.0 on (`tensorrt-rtx`), or the GPU that it was built on."""
    batch: int
    agreement: float
    """dB between the graph in half precision and the avatar, both by ONNX Runtime on the CPU."""
    sizes: dict[str, int]
    """Bytes of each engine."""
    run: GpuRun | None = None
    """What the engines drew on the GPU of this machine, if there is one that they were built for."""

    def lines(self) -> list[str]:
        anywhere = "8.0 and later" if self.builder.startswith("tensorrt-rtx") else "this machine's"
        where = ", ".join(f"{a // 10}.{a % 10}" for a in self.architectures) or anywhere
        size = sum(self.sizes.values()) / 1e6
        built = (
            f"{self.builder}, float16, GPUs of compute capability {where}, 1 to {self.batch} lip codes, {size:.1f} MB; "
            f"half precision agrees to {self.agreement:.0f} dB"
        )
        return [built, self.run.line() if self.run else "built, not run: this machine has no such GPU"]


def architectures(text: str) -> tuple[int, ...]:
    """`75,86` as numbers; `any`: none. Raises `ExchangeError`."""
    if text == "any":
        return ()
    if not re.fullmatch(r"\d{2,3}(,\d{2,3})*", text):
        raise ExchangeError(f"{text!r} names no GPU architectures", remedy="write e.g. 75,80,86,89, or any")
    return tuple(sorted({int(part) for part in text.split(",")}))


def export_trt(avatar: Avatar, out: Path, wanted: Sequence[int], batch: int) -> TrtExport:
    """Writes `reference.trt`, `decoder.trt` and `engines.json` into the new folder `out`.

    Raises `ExchangeError` when TensorRT is not installed, cannot build for these GPUs, or cannot use a graph.
    """
    builder = Builder.found()
    with new_folder(out) as folder:
        inputs = reference_inputs(avatar, avatar.manifest.loop_frames // 3)
        prepared, right = onnx_pictures(avatar, inputs)
        sizes_of = {"reference": inputs, "decoder": prepared}
        halves = {name: for_tensorrt(folded(avatar.path(name), sizes_of[name])) for name in GRAPHS}
        agreement = _agreement(halves, inputs, right)
        engines = {name: builder.build(halves[name].SerializeToString(), name, wanted, batch) for name in GRAPHS}
        for name, engine in engines.items():
            (folder / f"{name}.trt").write_bytes(engine.content)
        sizes = {name: len(engine.content) for name, engine in engines.items()}
        run = builder.run({name: engine.content for name, engine in engines.items()}, wanted, inputs, right, batch)
        found = TrtExport(builder.name, builder.targets(wanted), batch, agreement, sizes, run)
        record = {
            "avatar": f"{avatar.manifest.name}/{avatar.manifest.version}",
            "made_of": {name: avatar.manifest.files[name].sha256 for name in GRAPHS},
            "builder": builder.name,
            "precision": "float16 between layers, float32 elsewhere",
            "compute_capabilities": list(found.architectures),
            "lip_codes": [1, batch],
            "half_precision_agreement_db": round(agreement, 1),
            "engines": {name: {"inputs": e.inputs, "outputs": e.outputs} for name, e in engines.items()},
            "run_on": run.record() if run else None,
        }
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return found


def _agreement(halves: dict[str, Any], inputs: Arrays, right: Arrays) -> float:
    """dB between `right` and what the graphs draw. Raises `ExchangeError` if half precision costs too much."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.onnx" for name in GRAPHS}
        for name, path in paths.items():
            onnx.save(halves[name], str(path))
        codes = {"lip_codes": sample_lip_codes(SAMPLES)}
        drawn = run_onnx(paths["decoder"], codes | run_onnx(paths["reference"], inputs))
    agreement = picture_agreement(right, drawn)
    if agreement < LEAST_AGREEMENT:
        raise ExchangeError(
            f"in half precision the pictures agree to {agreement:.1f} dB only, {LEAST_AGREEMENT} are needed",
            remedy="use the format onnx, whose runtimes compute in float32",
        )
    return agreement


@dataclass(frozen=True, slots=True)
class Engine:
    content: bytes
    """What TensorRT's runtime deserialises."""
    inputs: dict[str, str]
    """Type and shape by name; -1 is the number of lip codes."""
    outputs: dict[str, str]


class Builder:
    """TensorRT's Python interface, that of either package: they differ in name and in how a GPU is named."""

    def __init__(self, trt: Any, *, by_architecture: bool) -> None:
        self._trt = trt
        self._by_architecture = by_architecture
        self.name = f"{'tensorrt-rtx' if by_architecture else 'tensorrt'} {trt.__version__}"

    @classmethod
    def found(cls) -> Builder:
        """Raises `ExchangeError` where neither package is installed."""
        for module, by_architecture in (("tensorrt", False), ("tensorrt_rtx", True)):
            if importlib.util.find_spec(module) is not None:
                return cls(importlib.import_module(module), by_architecture=by_architecture)
        raise ExchangeError("the format trt needs TensorRT, which is not installed", remedy=_REMEDY)

    def targets(self, wanted: Sequence[int]) -> tuple[int, ...]:
        return tuple(wanted) if self._by_architecture else ()

    def build(self, graph: bytes, name: str, wanted: Sequence[int], batch: int) -> Engine:
        """An engine of an ONNX file. Raises `ExchangeError` with TensorRT's own reason."""
        trt, log = self._trt, self._logger()
        builder = trt.Builder(log)
        network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = trt.OnnxParser(network, log)
        if not parser.parse(graph):
            why = parser.get_error(0).desc() if parser.num_errors else "; ".join(log.lines[:1])
            raise ExchangeError(f"{self.name} cannot use {name} ({why})", remedy="use the format onnx")
        config = builder.create_builder_config()
        self._aim(config, wanted)
        inputs = [network.get_input(index) for index in range(network.num_inputs)]
        outputs = [network.get_output(index) for index in range(network.num_outputs)]
        self._allow_batches(builder, config, inputs, batch)
        content = builder.build_serialized_network(network, config)
        if content is None:
            why = "; ".join(log.lines[:1])
            raise ExchangeError(f"{self.name} cannot build {name} ({why})", remedy="try other GPUs: --architecture")
        return Engine(bytes(content), _described(inputs), _described(outputs))

    def run(
        self, engines: Mapping[str, bytes], wanted: Sequence[int], inputs: Arrays, right: Arrays, batch: int
    ) -> GpuRun | None:
        """Tries the engines on this machine's GPU; none where it has none that they were built for.

        Raises `ExchangeError` if they do not run there, or draw something else.
        """
        if not torch.cuda.is_available():
            return None
        major, minor = torch.cuda.get_device_capability()
        if self._by_architecture and wanted and 10 * major + minor not in wanted:
            return None
        reference, decoder = (GpuEngine(self._trt, self._logger(), engines[name], name) for name in GRAPHS)
        run = run_on_gpu(reference, decoder, inputs, right, batch)
        if run.agreement < LEAST_AGREEMENT:
            raise ExchangeError(
                f"on {run.gpu} the pictures agree to {run.agreement:.1f} dB only, {LEAST_AGREEMENT} are needed",
                remedy="use the format onnx, whose runtimes compute in float32",
            )
        return run

    def _aim(self, config: Any, wanted: Sequence[int]) -> None:
        if not self._by_architecture:
            if len(wanted) > 1 and min(wanted) >= 80:
                config.hardware_compatibility_level = self._trt.HardwareCompatibilityLevel.AMPERE_PLUS
            return
        offered = {n: v for n, v in vars(self._trt.ComputeCapability).items() if re.fullmatch(r"SM\d+", n)}
        missing = [number for number in wanted if f"SM{number}" not in offered]
        if missing:
            known = ",".join(sorted((name[2:] for name in offered), key=int))
            raise ExchangeError(
                f"{self.name} does not build for {', '.join(map(str, missing))}", remedy=f"--architecture {known}"
            )
        config.num_compute_capabilities = len(wanted)
        for index, number in enumerate(wanted):
            config.set_compute_capability(offered[f"SM{number}"], index)

    def _allow_batches(self, builder: Any, config: Any, inputs: Sequence[Any], batch: int) -> None:
        profile = builder.create_optimization_profile()
        for tensor in inputs:
            sizes = [tuple(one if size < 0 else size for size in tensor.shape) for one in (1, batch, batch)]
            if -1 in tuple(tensor.shape):
                profile.set_shape(tensor.name, *sizes)
        if any(-1 in tuple(tensor.shape) for tensor in inputs):
            config.add_optimization_profile(profile)

    def _logger(self) -> Any:
        trt = self._trt

        class Log(trt.ILogger):  # type: ignore[name-defined]
            """Keeps errors, so that they can be told; TensorRT would print them."""

            def __init__(self) -> None:
                super().__init__()
                self.lines: list[str] = []

            def log(self, severity: Any, message: str) -> None:
                if severity <= trt.ILogger.ERROR:
                    self.lines.append(message)

        return Log()


def _described(tensors: Sequence[Any]) -> dict[str, str]:
    return {t.name: f"{str(t.dtype).rpartition('.')[2].lower()} {tuple(t.shape)}" for t in tensors}
