"""Counters that wrap: RTP sequence numbers (16 bits) and timestamps (32 bits)."""

from __future__ import annotations


def signed_difference(value: int, reference: int, bits: int) -> int:
    """`value - reference` the short way round, in [-2^(bits-1), 2^(bits-1))."""
    modulus = 1 << bits
    return (value - reference + modulus // 2) % modulus - modulus // 2
