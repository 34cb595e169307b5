from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ims_avatar.avatars.file_safety import objection_to
from ims_avatar.avatars.repository import AvatarRepository

CLARA = AvatarRepository().find("clara")


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


class Harmful:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return print, ("this must never be printed",)


def test_every_file_of_a_shipped_avatar_is_taken() -> None:
    for role, entry in CLARA.manifest.files.items():
        assert objection_to(role, entry.path, CLARA.path(role).read_bytes()) is None


def test_arrays_of_numbers_are_taken() -> None:
    assert objection_to("fit", "fit.npz", npz(frame_mesh=np.zeros((3, 2)), scale=np.float32(2))) is None


@pytest.mark.parametrize(
    ("role", "path", "content", "objection"),
    [
        ("fit", "fit.npz", npz(mesh=np.array([Harmful()], object)), "objects in 'mesh.npy'"),
        ("fit", "fit.npz", zipped("run.py", b"print()"), "no array"),
        ("fit", "fit.npz", zipped("a.npy", b"\x93NUMPY\x01\x00"), "not a file of arrays"),
        ("fit", "fit.npz", npz(a=np.zeros(3))[:-30], "not a file of arrays"),
        ("model_card", "card.json", b"{", "not JSON"),
        ("model_card", "card.json", b"[" * 100_000, "not JSON"),
        ("model_card_page", "card.md", b"\xff\xfe", "not text"),
        ("sheet", "sheet.png", b"#!/bin/sh", "not what its name says"),
        ("loop", "loop.mp4", b"\x89PNG\r\n\x1a\n", "not what its name says"),
        ("loop", "loop.exe", b"MZ", "cannot be"),
        ("decoder", "decoder.json", b"{}", "cannot be"),
        ("start_up", "run.py", b"print()", "cannot be"),
        ("start_up", "more.onnx", b"", "cannot be"),
        ("checkpoint", "c.pth", pickle.dumps(Harmful()), "not a file that torch.save wrote"),
        ("checkpoint", "c.pth", zipped("c/data.pkl", pickle.dumps(Harmful(), 2)), "names '__builtin__ print'"),
        ("checkpoint", "c.pth", zipped("c/data.pkl", pickle.dumps(Harmful(), 4)), "STACK_GLOBAL"),
        ("checkpoint", "c.pth", zipped("c/data", b""), "not a file that torch.save wrote"),
    ],
)
def test_what_could_do_harm_or_is_something_else_is_refused(
    role: str, path: str, content: bytes, objection: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert objection in (objection_to(role, path, content) or "")
    assert capsys.readouterr().out == ""


def test_a_checkpoint_of_weights_is_taken() -> None:
    torch = pytest.importorskip("torch", reason="writing weights needs torch: pip install 'ims-avatar[train]'")
    out = io.BytesIO()
    torch.save({"step": 3, "net": torch.nn.Linear(2, 3).state_dict()}, out)
    assert objection_to("checkpoint", "c.pth", out.getvalue()) is None
    out = io.BytesIO()
    torch.save(torch.nn.Linear(2, 3), out)
    assert "Linear" in (objection_to("checkpoint", "c.pth", out.getvalue()) or "")
