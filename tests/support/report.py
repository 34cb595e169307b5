"""Numbers that are measured but not judged, because the machine decides them: shown at the end of the run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LINES: list[str] = []


def measured(what: str, value: object) -> None:
    """Show `what: value` at the end of the run."""
    LINES.append(f"{what}: {value}")


def milliseconds(seconds: Iterable[float]) -> str:
    """Median, 99th percentile and extremes of times in seconds, as text."""
    values = np.array(list(seconds)) * 1000
    if not len(values):
        return "none"
    p50, p99 = np.percentile(values, [50, 99])
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {values.min():.1f} to {values.max():.1f} ms (n={len(values)})"
