"""fit.npz: what an engine is told of a face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ims_avatar.errors import CorruptModel
from ims_avatar.inference.engines.fit import read_fit


def archive(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, allow_pickle=False, **arrays)
    return path


def test_rows_of_frames_lose_their_prefix_and_constants_stay(tmp_path: Path) -> None:
    rows = np.arange(6, dtype=np.float32).reshape(3, 1, 2)
    fit = read_fit(archive(tmp_path / "fit.npz", mask=np.ones((1, 2)), frame_rest=rows), 3)
    inputs = fit.inputs(2)
    assert inputs.keys() == {"mask", "rest"} and inputs["rest"].tolist() == [[4.0, 5.0]]


def test_rows_for_another_loop_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="frame_rest has not one row for each of the 4 frames"):
        read_fit(archive(tmp_path / "fit.npz", frame_rest=np.zeros((3, 1, 2))), 4)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="mask holds values that are not finite"):
        read_fit(archive(tmp_path / "fit.npz", mask=np.array([np.nan])), 1)


def test_an_archive_of_objects_is_refused_unopened(tmp_path: Path) -> None:
    np.savez(tmp_path / "fit.npz", mask=np.array([{"run": "me"}], dtype=object))
    with pytest.raises(CorruptModel, match="cannot be read"):
        read_fit(tmp_path / "fit.npz", 1)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "fit.npz", mask=np.ones((40, 40)))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CorruptModel, match="cannot be read"):
        read_fit(path, 1)
