"""ITU-T G.711 in both laws, by table. A second implementation on purpose: the judge does not ask the judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def _alaw_value(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


def _ulaw_value(code: int) -> int:
    code = ~code & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return -magnitude if code & 0x80 else magnitude


_TABLES = {
    "PCMA": np.array([_alaw_value(code) for code in range(256)], np.int16),
    "PCMU": np.array([_ulaw_value(code) for code in range(256)], np.int16),
}


def decode(payload: bytes, codec: str) -> NDArray[np.int16]:
    """int16 (len(payload),) at 8 kHz; `codec` is PCMA or PCMU."""
    return _TABLES[codec][np.frombuffer(payload, np.uint8)]


def encode(samples: NDArray[np.int16], codec: str) -> bytes:
    """The nearest code of each sample."""
    table = _TABLES[codec].astype(np.int32)
    order = np.argsort(table, kind="stable")
    ordered = table[order]
    middles = (ordered[1:] + ordered[:-1]) / 2
    return order[np.searchsorted(middles, samples.astype(np.int32))].astype(np.uint8).tobytes()
