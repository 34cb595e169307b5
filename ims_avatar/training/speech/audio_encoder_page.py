"""The audio encoder's card for people: its measures, and lips as they were heard over lips as they were drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.training.speech.streaming import Tracks

PAGE, CURVES = "model_card.md", "curves.png"
_WIDTH, _HEIGHT, _MARGIN = 960, 150, 12
_FULL = 0.55
"""Opening in mouth widths that fills a row."""
_LONGEST = 6.0
"""Seconds shown."""
_TRUTH, _HEARD = (170, 170, 170), (40, 60, 200)
"""BGR."""


def write_page(folder: Path, card: Mapping[str, Any], shown: Mapping[str, Sequence[Tracks]]) -> None:
    """Writes `PAGE` and `CURVES`; `shown` gives a set's name and utterances of it, of which the longest is drawn."""
    rows = [_row(name, max(parts, key=lambda part: len(part.times))) for name, parts in shown.items() if parts]
    (folder / CURVES).write_bytes(cv2.imencode(".png", np.concatenate(rows))[1].tobytes())
    (folder / PAGE).write_text(_page(card), encoding="utf-8")


def _row(name: str, part: Tracks) -> NDArray[np.uint8]:
    """Opening over time: drawn from the phonemes in grey, heard in red."""
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    for curve, colour, width in ((part.truth, _TRUTH, 3), (part.seen, _HEARD, 1)):
        inside = part.times <= _LONGEST
        x = part.times[inside] / _LONGEST * (_WIDTH - 1)
        y = _HEIGHT - _MARGIN - curve[inside, 0] / _FULL * (_HEIGHT - 2 * _MARGIN)
        points = np.column_stack([x, y]).round().astype(np.int32)
        cv2.polylines(picture, [points], False, colour, width, cv2.LINE_AA)
    cv2.putText(picture, name.replace("_", " "), (8, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (60, 60, 60), 1, cv2.LINE_AA)
    return picture


def _page(card: Mapping[str, Any]) -> str:
    measures = card["measures"].items()
    sets = {name: found for name, found in measures if isinstance(found, dict) and "r_opening" in found}
    columns = ("r_opening", "r_width", "lag_pictures", "amplitude", "groups", "groups_14")
    titles = " | ".join(name.replace("_", " ") for name in columns)
    head = f"| held out | {titles} |\n" + "|---" * (len(columns) + 1) + "|"
    rows = "\n".join(
        f"| {name.replace('_', ' ')} | " + " | ".join(str(found.get(column, "")) for column in columns) + " |"
        for name, found in sets.items()
    )
    data = "\n".join(f"* {entry['what']}: {entry['licence']}" for entry in card["data"])
    return f"""# Audio encoder {card["version"]}

{card["what"]}. {card["architecture"]}; {card["parameters"]} weights.

Opening of the mouth over six seconds: grey as drawn from the phonemes, red as heard through a telephone line.

![Opening, drawn and heard](curves.png)

{head}
{rows}

Trained on

{data}

Held out: {card["held_out"]}.

Made by `{card["command"]}` at commit {card["commit"]}.
"""
