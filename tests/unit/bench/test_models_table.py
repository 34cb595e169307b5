from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.models_table import Aim, Row, show, write_json


@pytest.mark.parametrize(
    ("aim", "value", "text", "reached"),
    [
        (Aim(low=0.75), 0.75, "≥ 0.75", True),
        (Aim(high=4.0), 4.1, "≤ 4", False),
        (Aim(0.9, 1.1), 1.2, "0.9 to 1.1", False),
        (Aim(0.9, 1.1), None, "0.9 to 1.1", None),
    ],
)
def test_an_aim_is_reached_within_its_ends(aim: Aim, value: float | None, text: str, reached: bool | None) -> None:
    assert str(aim) == text
    assert Row("measure", value, aim=aim).reached is reached


def test_rows_are_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Row("lag", -0.04, "pictures", Aim(-1, 1), "by landmarks"), Row("speed", None, how="no such avatar")]
    show(rows)
    printed = capsys.readouterr().out
    assert "-0.04 pictures" in printed and "yes" in printed and "no such avatar" in printed
    write_json(rows, "a machine", tmp_path / "rows.json")
    kept = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert kept["machine"] == "a machine"
    assert [(row["value"], row["reached"]) for row in kept["rows"]] == [(-0.04, True), (None, None)]
