from __future__ import annotations

import pytest

from ims_avatar.avatars.onnx_safety import onnx_objection
from ims_avatar.avatars.repository import AvatarRepository

SHIPPED = AvatarRepository().find("clara").path("decoder").read_bytes()


def field(number: int, content: bytes | int) -> bytes:
    """One protobuf field, by hand, so that what no exporter writes can be written."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


NODE = field(4, b"Relu")
TENSOR = field(8, b"weight") + field(9, b"\0" * 8)


def model(graph: bytes, more: bytes = b"") -> bytes:
    return field(8, field(1, b"") + field(2, 17)) + field(7, graph) + more


def test_a_model_of_standard_operators_with_its_weights_inside_is_taken() -> None:
    assert onnx_objection(SHIPPED) is None
    assert onnx_objection(model(field(1, NODE + field(7, b"ai.onnx")) + field(5, TENSOR + field(14, 0)))) is None


OUTSIDE = TENSOR + field(14, 1) + field(13, field(1, b"location") + field(2, b"../../etc/shadow"))
FOREIGN = field(1, NODE + field(7, b"com.example"))


@pytest.mark.parametrize(
    ("content", "objection"),
    [
        (model(field(5, OUTSIDE)), "another file"),
        (model(field(5, TENSOR + field(14, 1))), "another file"),
        (model(field(1, NODE + field(5, field(5, OUTSIDE)))), "another file"),
        (model(field(1, NODE + field(5, field(6, field(5, OUTSIDE))))), "another file"),
        (model(FOREIGN), "'com.example'"),
        (model(field(1, NODE + field(5, field(11, FOREIGN)))), "'com.example'"),
        (model(b"", field(8, field(1, b"com.example"))), "'com.example'"),
        (model(b"", field(25, b"")), "functions"),
        (model(b"", field(20, b"")), "training"),
        (model(field(15, b"")), "sparse"),
        (SHIPPED[:-1], "is not an ONNX file"),
        (SHIPPED + b"\x07", "is not an ONNX file"),
        (b"", "no graph"),
        (b"not a model at all", "is not an ONNX file"),
    ],
)
def test_what_leads_elsewhere_is_refused(content: bytes, objection: str) -> None:
    assert objection in (onnx_objection(content) or "")


def test_graphs_in_graphs_do_not_exhaust_the_stack() -> None:
    graph = field(1, NODE)
    for _ in range(2000):
        graph = field(1, NODE + field(5, field(6, graph)))
    assert "too deeply" in (onnx_objection(model(graph)) or "")
