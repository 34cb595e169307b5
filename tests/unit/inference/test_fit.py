"""fit.npz: what an engine is told of a face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ims_avatar.errors import CorruptModel
from ims_avatar.inference.engines.fit import NO_FIT, read_fit


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


LINES = {"rest": np.full((1, 87), 40.0), "still_lines": np.full((1, 87), 40.4), "own": np.zeros(1)}


def frames(name: str, *values: float) -> dict[str, np.ndarray]:
    """`name` without its constant, one row of lines a frame."""
    rows = np.stack([np.full((1, 87), value) for value in values])
    return {**{key: value for key, value in LINES.items() if key != name}, f"frame_{name}": rows}


@pytest.mark.parametrize(
    ("arrays", "rests"),
    [
        (LINES, True),
        (LINES | {"still_lines": np.full((1, 87), 44.0)}, False),
        (frames("rest", 40.0, 40.5), False),
        (frames("rest", 40.0, 40.5) | {"own": np.ones(1)}, True),
        (frames("rest", 40.0, 47.0) | {"own": np.ones(1)}, False),
        ({"mask": np.ones((1, 2))}, False),
    ],
    ids=["photograph", "open mouth", "still for a talking film", "silent film", "mouth moves", "unknown lines"],
)
def test_whether_the_loop_s_own_mouth_rests(tmp_path: Path, arrays: dict[str, np.ndarray], rests: bool) -> None:
    assert read_fit(archive(tmp_path / "fit.npz", **arrays), 2).rests == rests


def test_a_drawing_s_loop_rests() -> None:
    assert NO_FIT.rests
