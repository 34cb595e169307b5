"""Runs TensorRT engines on the GPU that is here. torch holds the tensors; nothing is copied between the two graphs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.samples import Arrays, picture_agreement, sample_lip_codes

_TYPES = {
    "FLOAT": torch.float32,
    "HALF": torch.float16,
    "UINT8": torch.uint8,
    "INT32": torch.int32,
    "INT64": torch.int64,
    "BOOL": torch.bool,
}
_WARM_UP, _ROUNDS = 20, 200


@dataclass(frozen=True, slots=True)
class GpuRun:
    """What engines drew and how fast, on one GPU."""

    gpu: str
    agreement: float
    """dB to what ONNX Runtime draws of the avatar on the processor in float32."""
    reference_ms: float
    """Of one frame of the loop."""
    decoder_ms: dict[int, float]
    """Of a whole batch, by number of lip codes; inputs and outputs stay on the GPU."""

    def line(self) -> str:
        batches = ", ".join(f"{ms:.2f} ms for {count}" for count, ms in self.decoder_ms.items())
        return f"{self.gpu}: agrees to {self.agreement:.0f} dB, mouths drawn in {batches}"

    def record(self) -> dict[str, Any]:
        return {
            "gpu": self.gpu,
            "agreement_db": round(self.agreement, 1),
            "reference_ms": round(self.reference_ms, 3),
            "decoder_ms": {str(count): round(ms, 3) for count, ms in self.decoder_ms.items()},
        }


class GpuEngine:
    """One engine, ready to run. Raises `ExchangeError` where TensorRT does not take it on this GPU."""

    def __init__(self, trt: Any, log: Any, content: bytes, name: str) -> None:
        self._runtime = trt.Runtime(log)
        engine = self._runtime.deserialize_cuda_engine(content)
        context = engine.create_execution_context() if engine is not None else None
        if engine is None or context is None:
            why = "; ".join(log.lines[:1]) or "it does not say why"
            raise ExchangeError(
                f"TensorRT does not run {name} on {gpu_name()} ({why})",
                remedy="build it for this GPU: --architecture, with the package that will run it",
            )
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        self._types = {n: _TYPES[str(engine.get_tensor_dtype(n)).rpartition(".")[2]] for n in names}
        self.inputs = [n for n in names if engine.get_tensor_mode(n) == trt.TensorIOMode.INPUT]
        self._outputs = [n for n in names if n not in self.inputs]
        self._engine, self._context = engine, context

    def __call__(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Inputs by name, on the GPU; all outputs, there. Others that are given are left alone."""
        kept = {name: given[name].to(self._types[name]).contiguous() for name in self.inputs}
        for name, tensor in kept.items():
            self._context.set_input_shape(name, tuple(tensor.shape))
            self._context.set_tensor_address(name, tensor.data_ptr())
        drawn = {
            name: torch.empty(tuple(self._context.get_tensor_shape(name)), dtype=self._types[name], device="cuda")
            for name in self._outputs
        }
        for name, tensor in drawn.items():
            self._context.set_tensor_address(name, tensor.data_ptr())
        stream = torch.cuda.current_stream()
        if not self._context.execute_async_v3(stream.cuda_stream):
            raise ExchangeError("TensorRT failed while it drew", remedy="build the engines anew on this machine")
        # Inputs are ours only while the GPU reads them.
        stream.synchronize()
        return drawn


def gpu_name() -> str:
    name: str = torch.cuda.get_device_name()
    return name


def run_on_gpu(reference: GpuEngine, decoder: GpuEngine, inputs: Arrays, right: Arrays, batch: int) -> GpuRun:
    """Draws what `right` (by ONNX Runtime, of `sample_lip_codes`) shows, and times it."""
    given = {name: torch.from_numpy(np.array(value)).cuda() for name, value in inputs.items()}
    prepared = reference(given)
    codes = torch.from_numpy(sample_lip_codes(len(right["luma"]))).cuda()
    parts = [decoder({"lip_codes": part, **prepared}) for part in codes.split(batch)]
    drawn = {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in ("luma", "chroma")}
    times = {}
    for count in sorted({1, batch}):
        some = codes.repeat(batch, 1)[:count]
        times[count] = _milliseconds(decoder, {"lip_codes": some, **prepared})
    return GpuRun(gpu_name(), picture_agreement(right, drawn), _milliseconds(reference, given), times)


def _milliseconds(engine: GpuEngine, given: Mapping[str, Tensor]) -> float:
    """Median of one run, launched and waited for."""
    taken = []
    for _ in range(_WARM_UP + _ROUNDS):
        begun = time.perf_counter()
        engine(given)
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[_WARM_UP:])) * 1000
