"""The SIPp scenario family: every way a phone may behave towards an avatar that is added to its call."""

from __future__ import annotations

from pathlib import Path

from tests.support.scenarios.callees import CALLEES
from tests.support.scenarios.callers import CALLERS
from tests.support.scenarios.mid_call import MID_CALL

SCENARIOS = CALLERS | CALLEES | MID_CALL


def write_scenario(name: str, path: Path) -> Path:
    """The XML file that SIPp reads."""
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
        f'<scenario name="{name}">\n{SCENARIOS[name]}</scenario>\n'
    )
    return path
