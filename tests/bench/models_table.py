"""A measure as one row, and rows as one table or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 160
"""Characters of a line of the table: how a value was measured takes room."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a value should lie; one end may be open."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"≥ {self.low:g}"
        return f"≤ {self.high:g}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    value: float | None
    """None: not measured; `how` says why not."""
    unit: str = ""
    aim: Aim | None = None
    how: str = ""
    """On what, and how, it was measured."""

    @property
    def reached(self) -> bool | None:
        if self.aim is None or self.value is None:
            return None
        return self.aim.low <= self.value <= self.aim.high

    def as_dict(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "aim": str(self.aim) if self.aim else None,
            "reached": self.reached,
            "how": self.how,
        }


def show(rows: Sequence[Row]) -> None:
    table = Table("what", "value", "aim", "reached", "how")
    for row in rows:
        reached = {True: "yes", False: "no", None: ""}[row.reached]
        table.add_row(row.what, _value(row), str(row.aim) if row.aim else "", reached, row.how)
    Console(width=WIDTH).print(table)


def line(row: Row) -> str:
    """As soon as it is measured: whole parts take minutes."""
    return f"  {row.what}: {_value(row)}"


def write_json(rows: Sequence[Row], machine: str, path: Path) -> None:
    figures = {"machine": machine, "rows": [row.as_dict() for row in rows]}
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _value(row: Row) -> str:
    return "–" if row.value is None else f"{_short(row.value)} {row.unit}".strip()


def _short(value: float) -> str:
    """Three figures, and no more decimals than a reader can use."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
