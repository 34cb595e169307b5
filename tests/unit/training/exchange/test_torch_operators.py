"""Each operator that torch is taught computes what ONNX Runtime computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

import onnx

from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.samples import run_onnx
from ims_avatar.training.exchange.torch_graph import run_in_torch
from ims_avatar.training.exchange.torch_operators import OPERATORS
from tests.unit.training.exchange.one_node import CASES, PICTURE, A, Case, floats, ints, one_node

pytestmark = pytest.mark.train


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_it_computes_what_onnx_runtime_computes(operator: str, tmp_path: Path) -> None:
    for case in CASES[operator]:
        model = one_node(*case)
        inputs = {"in0": case[2][0]}
        path = tmp_path / "one.onnx"
        onnx.save(model, str(path))
        expected, found = run_onnx(path, inputs), run_in_torch(model, inputs)
        assert expected.keys() == found.keys()
        for name, value in expected.items():
            assert value.shape == found[name].shape and value.dtype == found[name].dtype
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "named"),
    [
        (("Erf", {}, [A]), "'Erf'"),
        (("Slice", {}, [A, ints(3), ints(0), ints(0), ints(-1)]), "backwards"),
        (("Pad", {"mode": "reflect"}, [A, ints(0, 0, 1, 1, 0, 0, 1, 1)]), "constant"),
        (("DepthToSpace", {"blocksize": 2, "mode": "DCR"}, [floats(2, 8, 3, 3)]), "DCR"),
        (("Resize", {"mode": "cubic"}, [PICTURE, None, np.array([1, 1, 2, 2], np.float32)]), "cubic"),
    ],
)
def test_what_torch_is_not_taught_is_named(case: Case, named: str) -> None:
    with pytest.raises(ExchangeError, match=named):
        run_in_torch(one_node(*case), {"in0": case[2][0]})
