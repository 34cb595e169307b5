"""How faces are laid over each other."""

from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.faces import geometry as g


def some_face() -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 100, (478, 3)).astype(np.float32)


def turned(points: np.ndarray, degrees: float, scale: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turn[2, 2] = scale
    return (points @ turn.T + [30, -12, 5]).astype(np.float32)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (25, 0.4), (-140, 3)])
def test_a_similarity_is_found_again(degrees: float, scale: float) -> None:
    face = some_face()
    other = turned(face, degrees, scale)
    matrix = g.similarity(face[:, :2], other[:, :2])
    assert g.apply(matrix, face) == pytest.approx(other[:, :2], abs=1e-3)
    assert g.apply(g.inverse(matrix), other) == pytest.approx(face[:, :2], abs=1e-3)


def test_a_head_laid_over_another_loses_its_pose_and_keeps_its_expression() -> None:
    face = some_face()
    speaking = face.copy()
    speaking[14, 1] += 7
    yaw = np.deg2rad(20)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    laid = g.laid_over((speaking @ turn.T * 1.3 + [5, 9, 2]).astype(np.float32), face)
    assert laid == pytest.approx(speaking, abs=2e-3)


def test_upright_eyes_are_level() -> None:
    face = some_face()
    left, right = g.apply(g.upright(face), face)[list(g.OUTER_EYES)]
    assert left[1] == pytest.approx(right[1], abs=1e-4) and left[0] < right[0]
