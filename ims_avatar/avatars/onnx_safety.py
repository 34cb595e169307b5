"""Whether an ONNX file stands alone: its weights inside it, and nothing but operators of the ONNX standard.

Weights outside are a path that somebody else wrote, and an operator of another domain is native code that a runtime
would look for. Only the keys of the protobuf messages are walked; weights are stepped over, so that a file
takes milliseconds. Field numbers are those of onnx.proto, ONNX 1.17 (IR version 10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Bytes: TypeAlias = memoryview
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
"""Wire types of protobuf."""
_STANDARD_DOMAINS = (b"", b"ai.onnx")
_DEEPEST = 16
"""Graphs within attributes within graphs: what a renderer has is 1."""

_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "operator_set"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
    "operator_set": {},
    "tensor": {},
}
"""By kind of message: which fields are messages that are looked into."""
_FORBIDDEN: dict[str, dict[int, str]] = {
    "model": {20: "training graphs", 25: "functions of its own"},
    "graph": {15: "sparse weights"},
    "attribute": {22: "sparse weights", 23: "sparse weights"},
    "tensor": {13: "weights in another file"},
}
"""What a renderer has no need of, and a runtime would follow."""
_DOMAIN = {"operator_set": 1, "node": 7}
_DATA_LOCATION = 14


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    wire: int
    number_value: int
    content: Bytes


def onnx_objection(content: bytes) -> str | None:
    """Why these bytes must not be loaded as a model; None if nothing speaks against it.

    Whether a runtime can use the model is not examined.
    """
    try:
        seen = [False]
        for objection in _objections(memoryview(content), "model", 0, seen):
            return objection
    except ValueError as error:
        return f"is not an ONNX file ({error})"
    return None if seen[0] else "is not an ONNX file (it holds no graph)"


def _objections(message: Bytes, kind: str, depth: int, seen: list[bool]) -> Iterator[str]:
    if depth > _DEEPEST:
        yield "nests graphs too deeply"
        return
    for field in _fields(message):
        if field.number in _FORBIDDEN.get(kind, {}):
            yield f"has {_FORBIDDEN[kind][field.number]}"
        elif kind == "tensor" and field.number == _DATA_LOCATION and field.number_value:
            yield "has weights in another file"
        elif field.number == _DOMAIN.get(kind) and bytes(field.content) not in _STANDARD_DOMAINS:
            domain = bytes(field.content[:40]).decode("utf-8", "replace")
            yield f"needs operators of {domain!r}, not of the ONNX standard"
        inner = _MESSAGES[kind].get(field.number)
        if inner is not None:
            if field.wire != _LENGTH:
                raise ValueError("a message is no message")
            seen[0] = seen[0] or inner == "graph"
            yield from _objections(field.content, inner, depth + 1, seen)


def _fields(message: Bytes) -> Iterator[_Field]:
    """The fields of one protobuf message. Raises `ValueError` where it breaks off."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        value = 0
        if wire == _VARINT:
            value, at = _varint(message, at)
            length = 0
        elif wire == _LENGTH:
            length, at = _varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if not number or length > end - at:
            raise ValueError("a field reaches beyond its end")
        yield _Field(number, wire, value, message[at : at + length])
        at += length


def _varint(message: Bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("it breaks off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
