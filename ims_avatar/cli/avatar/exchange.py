"""The formats that need more than the default installation, each imported when it is asked for."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ims_avatar.avatars.intake import Admission, Admitted, TryOut
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.errors import ExchangeError


@dataclass(frozen=True, slots=True)
class ExportOptions:
    architecture: str
    batch: int


def _need(module: str, what: str, extra: str = "train") -> None:
    if importlib.util.find_spec(module) is None:
        raise ExchangeError(
            f"{what} needs {module}, which is not installed", remedy=f"pip install 'ims-avatar[{extra}]'"
        )


def pth_import(source: Path, terms: Admission, repository: AvatarRepository, try_out: TryOut) -> Admitted:
    _need("torch", "a .pth file")
    _need("onnx", "a .pth file")
    from ims_avatar.training.exchange.pth import import_pth

    return import_pth(source, terms, repository, try_out)


def _pth(avatar: Avatar, out: Path, options: ExportOptions) -> list[str]:
    _need("torch", "the format pth")
    _need("onnx", "the format pth")
    from ims_avatar.training.exchange.pth import export_pth

    return export_pth(avatar, out).lines()


def _onnx(avatar: Avatar, out: Path, options: ExportOptions) -> list[str]:
    _need("torch", "the check of the format onnx")
    _need("onnx", "the format onnx")
    from ims_avatar.training.exchange.onnx_folder import export_onnx

    return export_onnx(avatar, out).lines()


def _trt(avatar: Avatar, out: Path, options: ExportOptions) -> list[str]:
    _need("onnx", "the format trt")
    from ims_avatar.training.exchange.trt import architectures, export_trt

    return export_trt(avatar, out, architectures(options.architecture), options.batch).lines()


def _mindir(avatar: Avatar, out: Path, options: ExportOptions) -> list[str]:
    _need("onnx", "the format mindir")
    from ims_avatar.training.exchange.mindir import export_mindir

    return export_mindir(avatar, out, options.batch).lines()


EXPORTERS: dict[str, Callable[[Avatar, Path, ExportOptions], list[str]]] = {
    "pth": _pth,
    "onnx": _onnx,
    "trt": _trt,
    "mindir": _mindir,
}
"""By format; each returns what to say about the result, a line each. They raise `ExchangeError`, `AvatarNotWritten`."""
