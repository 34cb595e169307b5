"""Counters that wrap, made endless."""

from __future__ import annotations


class Unwrapper:
    """Extends a counter of `bits` bits by its cycles. The nearest value to the highest one seen is meant."""

    __slots__ = ("_half", "_highest", "_mask")

    def __init__(self, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self._highest: int | None = None

    def unwrap(self, value: int) -> int:
        """May be negative when the first packets came out of order."""
        highest = self._highest
        if highest is None:
            self._highest = value
            return value
        delta = (value - highest) & self._mask
        if delta < self._half:
            self._highest = highest + delta
            return highest + delta
        return highest + delta - self._mask - 1


def sequence_unwrapper() -> Unwrapper:
    """For RTP sequence numbers."""
    return Unwrapper(16)


def timestamp_unwrapper() -> Unwrapper:
    """For RTP timestamps."""
    return Unwrapper(32)


def signed_difference(value: int, reference: int, bits: int) -> int:
    """`value - reference` of wrapping counters, the short way round."""
    modulus = 1 << bits
    return (value - reference + modulus // 2) % modulus - modulus // 2
