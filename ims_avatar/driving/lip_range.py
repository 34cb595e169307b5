"""The range of lip codes: what any driving input makes and what every renderer must be able to draw."""

from __future__ import annotations

import numpy as np

LOWEST = np.array([0.0, -0.30, 0.0, 0.0, 0.0, 0.0, -0.06, 0.0], dtype=np.float32)
HIGHEST = np.array([0.60, 0.20, 1.0, 0.10, 1.0, 0.50, 0.08, 1.0], dtype=np.float32)
"""Component by component as in `flow.LipCode`, in neutral mouth widths where that is a length."""
