"""Which engine renders an avatar: the one place that chooses."""

from __future__ import annotations

import importlib.util
from typing import Literal

import structlog

from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import AvatarError
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.onnx import onnx_engine

Preference = Literal["auto", "onnx", "openvino"]

_log = structlog.get_logger(__name__)


def load_engine(avatar: Avatar, preference: Preference = "auto", *, threads: int = 1) -> AvatarEngine:
    """An engine that has rendered its first picture. `auto` takes OpenVINO where it is installed and can run the model.

    Raises `AvatarError` when the engine asked for is not installed or the model does not give what it promises.
    """
    installed = importlib.util.find_spec("openvino") is not None
    if preference == "openvino" and not installed:
        raise AvatarError(
            "openvino is asked for but not installed",
            remedy="pip install 'ims-avatar[openvino]', or set pool.engine to auto",
        )
    if preference == "openvino":
        engine, reason = _openvino(avatar, threads), "configured"
    elif preference == "onnx":
        engine, reason = onnx_engine(avatar, threads), "configured"
    elif not installed:
        engine, reason = onnx_engine(avatar, threads), "openvino is not installed"
    else:
        engine, reason = _openvino_if_it_can(avatar, threads)
    spec = engine.spec
    _log.info("engine loaded", avatar=spec.avatar, version=spec.version, engine=spec.engine, reason=reason)
    return engine


def _openvino(avatar: Avatar, threads: int) -> AvatarEngine:
    from ims_avatar.inference.engines.openvino import openvino_engine

    return openvino_engine(avatar, threads)


def _openvino_if_it_can(avatar: Avatar, threads: int) -> tuple[AvatarEngine, str]:
    try:
        return _openvino(avatar, threads), "openvino is installed"
    except AvatarError as error:
        # A file that is really broken is refused by ONNX Runtime, too, and then the error is raised.
        return onnx_engine(avatar, threads), f"openvino cannot run the model: {error}"
