from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

import onnx

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.lowerings import LOWERINGS, program_of
from ims_avatar.training.exchange.mindir import SCRIPT
from ims_avatar.training.exchange.program import CONSTANT, PLAIN
from ims_avatar.training.exchange.samples import reference_inputs, run_onnx, sample_lip_codes
from tests.support.program_in_torch import OPERATORS, run_program
from tests.unit.training.exchange.one_node import CASES, PICTURE, A, Case, floats, ints, one_node

pytestmark = pytest.mark.train
CLARA = AvatarRepository().find("clara")
KNOWN = sorted({*LOWERINGS, *PLAIN})
NO_STEP = {
    ("Gather", 0): "several places", ("Gemm", 0): "Gemm", ("Gemm", 1): "Gemm", ("Pad", 0): "zeros",
    ("Resize", 1): "resize", ("DepthToSpace", 1): "DCR",
}  # fmt: skip
"""Cases, by operator and number, that torch is taught and a program is not."""


@pytest.mark.parametrize("operator", KNOWN)
def test_steps_compute_what_onnx_runtime_computes(operator: str, tmp_path: Path) -> None:
    for number, case in enumerate(CASES[operator]):
        model = one_node(*case)
        onnx.save(model, str(tmp_path / "one.onnx"))
        inputs = {"in0": case[2][0]}
        if (operator, number) in NO_STEP:
            with pytest.raises(ExchangeError, match=NO_STEP[operator, number]):
                program_of(model)
            continue
        expected, found = run_onnx(tmp_path / "one.onnx", inputs), run_program(program_of(model), inputs)
        for name, value in expected.items():
            assert value.shape == found[name].shape and value.dtype == found[name].dtype
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5)


def test_a_layer_with_weights_is_a_product_and_a_sum(tmp_path: Path) -> None:
    model = one_node("Gemm", {"transB": 1}, [floats(3, 5), floats(4, 5), floats(4)])
    assert [step.operator for step in program_of(model).steps] == [CONSTANT, "MatMul", CONSTANT, "Add"]


def test_a_renderers_graphs_become_programs() -> None:
    inputs = reference_inputs(CLARA, 20)
    prepared = run_program(program_of(folded(CLARA.path("reference"))), inputs)
    codes = {"lip_codes": sample_lip_codes(3)}
    drawn = run_program(program_of(folded(CLARA.path("decoder"), None, 3)), codes | prepared)
    right = run_onnx(CLARA.path("decoder"), codes | run_onnx(CLARA.path("reference"), inputs))
    for name in ("luma", "chroma"):
        assert drawn[name].dtype == np.uint8
        assert np.abs(drawn[name].astype(int) - right[name]).max() <= 1


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (("Erf", {}, [A]), "'Erf'"),
        (("Slice", {}, [A, ints(3), ints(0), ints(0), ints(-1)]), "backwards"),
        (("DepthToSpace", {"blocksize": 2, "mode": "DCR"}, [floats(2, 8, 3, 3)]), "DCR"),
        (("GridSample", {"mode": "bicubic"}, [PICTURE, floats(1, 2, 2, 2)]), "bicubic"),
        (("Cast", {"to": 11}, [A]), "type 11"),
    ],
)
def test_what_has_no_step_is_named(case: Case, why: str) -> None:
    with pytest.raises(ExchangeError, match=why):
        program_of(one_node(*case))


def test_without_fixed_sizes_there_is_no_program() -> None:
    with pytest.raises(ExchangeError, match=r"size|operator"):
        program_of(folded(CLARA.path("decoder")))


def test_mindspore_is_taught_every_step() -> None:
    """Its script cannot be imported here: the table is read from its text."""
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "OPERATORS":
            assert isinstance(node.value, ast.Dict)
            assert {key.value for key in node.value.keys if isinstance(key, ast.Constant)} == OPERATORS
            return
    pytest.fail("no table of operators")
