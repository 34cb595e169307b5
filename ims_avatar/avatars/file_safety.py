"""What a file of an avatar really holds, by its kind: nothing that executes code or leads elsewhere."""

from __future__ import annotations

import json
import pickletools
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import PurePosixPath

from numpy.lib import format as npy

from ims_avatar.avatars.onnx_safety import onnx_objection
from ims_avatar.avatars.roles import is_allowed

Objection = str | None
LARGEST_ARRAYS = 1 << 30
"""Bytes that the arrays of one .npz may unpack to."""

_TENSOR_GLOBALS = frozenset(
    {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        *(f"torch {kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Byte", "Bool")),
    }
)
"""What a pickle of weights names, and all it may name: `torch.load(weights_only=True)` allows little more."""


def objection_to(role: str, path: str, content: bytes) -> Objection:
    """Why the file must not be loaded in this role; None if nothing speaks against it.

    Nothing is executed, and no more is unpacked than headers. Hash and size are somebody else's to check.
    """
    suffix = PurePosixPath(path).suffix
    if not is_allowed(role, path):
        return f"is a {suffix or 'nameless'} file, which {role!r} cannot be"
    return _CHECKS[suffix](content)


def _json(content: bytes) -> Objection:
    try:
        json.loads(content)
    except (ValueError, RecursionError) as error:
        return f"is not JSON ({error})"
    return None


def _text(content: bytes) -> Objection:
    try:
        content.decode("utf-8")
    except ValueError:
        return "is not text"
    return None


def _begins(*beginnings: tuple[int, bytes]) -> Callable[[bytes], Objection]:
    def check(content: bytes) -> Objection:
        right = all(content[at : at + len(mark)] == mark for at, mark in beginnings)
        return None if right else "is not what its name says"

    return check


def _npz(content: bytes) -> Objection:
    """Arrays of numbers only: an array of objects is a pickle."""
    total = 0
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                total += entry.file_size
                if not entry.filename.endswith(".npy"):
                    return f"holds {entry.filename!r}, which is no array"
                with archive.open(entry) as file:
                    version = npy.read_magic(file)
                    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                    _, _, kind = read(file)
                if kind.hasobject:
                    return f"holds objects in {entry.filename!r}: loading them would execute code"
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        return f"is not a file of arrays ({error})"
    return "unpacks to more than a gigabyte" if total > LARGEST_ARRAYS else None


def _pth(content: bytes) -> Objection:
    """Weights and plain values: the pickle inside is read step by step, never run."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            pickles = [name for name in archive.namelist() if name.endswith(".pkl")]
            if len(pickles) != 1:
                return "is not a file that torch.save wrote"
            if archive.getinfo(pickles[0]).file_size > LARGEST_ARRAYS:
                return "unpacks to more than a gigabyte"
            return _pickle(archive.read(pickles[0]))
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        return f"is not a file that torch.save wrote ({error})"


def _pickle(content: bytes) -> Objection:
    for step, argument, _ in pickletools.genops(content):
        if step.name in ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"):
            return f"has the pickle step {step.name}: loading it could execute code"
        if step.name == "GLOBAL" and argument not in _TENSOR_GLOBALS:
            return f"names {argument!r}: loading it could execute code"
    return None


_CHECKS: dict[str, Callable[[bytes], Objection]] = {
    ".json": _json,
    ".md": _text,
    ".onnx": onnx_objection,
    ".mp4": _begins((4, b"ftyp")),
    ".npz": _npz,
    ".pth": _pth,
    ".png": _begins((0, b"\x89PNG\r\n\x1a\n")),
    ".jpg": _begins((0, b"\xff\xd8\xff")),
    ".webp": _begins((0, b"RIFF"), (8, b"WEBP")),
}
