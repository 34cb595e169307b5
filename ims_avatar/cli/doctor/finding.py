"""What one check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "limit", "problem"]
"""`problem`: the main job cannot run. `limit`: it can, with less."""


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    state: State
    found: str
    limits: str = ""
    """What cannot be done with what was found."""
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def ok(subject: str, found: str) -> Finding:
    return Finding(subject, "ok", found)


def limit(subject: str, found: str, limits: str, remedy: str) -> Finding:
    return Finding(subject, "limit", found, limits, remedy)


def problem(subject: str, found: str, remedy: str, limits: str = "no avatar calls") -> Finding:
    return Finding(subject, "problem", found, limits, remedy)
