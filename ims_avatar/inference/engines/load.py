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
    """An engine that has rendered its first picture. `auto` takes OpenVINO where it is installed.

    Raises `AvatarError` when the engine asked for is not installed or the model does not give what it promises.
    """
    installed = importlib.util.find_spec("openvino") is not None
    if preference == "openvino" and not installed:
        raise AvatarError(
            "openvino is asked for but not installed",
            remedy="pip install 'ims-avatar[openvino]', or set pool.engine to auto",
        )
    chosen = "openvino" if preference == "openvino" or (preference == "auto" and installed) else "onnx"
    if preference != "auto":
        reason = "configured"
    else:
        reason = "openvino is installed" if installed else "openvino is not installed"
    if chosen == "openvino":
        from ims_avatar.inference.engines.openvino import openvino_engine

        engine: AvatarEngine = openvino_engine(avatar, threads)
    else:
        engine = onnx_engine(avatar, threads)
    spec = engine.spec
    _log.info("engine loaded", avatar=spec.avatar, version=spec.version, engine=spec.engine, reason=reason)
    return engine
