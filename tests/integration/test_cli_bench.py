"""`ims-avatar bench call` and `render`: what they write is true to what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from ims_avatar.training.drawn.mouth_measure import mouth_opening

REPOSITORY = Path(__file__).parents[2]
SPEECH = REPOSITORY / "ims_avatar/cli/demo_speech.wav"


def _command(*arguments: str, timeout: float = 150) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    argv = [sys.executable, "-m", "ims_avatar.cli", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout, env=environment, check=False)


def test_two_calls_are_measured_from_outside(tmp_path: Path) -> None:
    done = _command("bench", "call", "--calls", "2", "--seconds", "8", "--json", str(tmp_path / "bench.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "bench.json").read_text())
    assert (result["calls"], result["calls_failed"], result["voice_packets_lost"]) == (2, 0, 0)
    assert [share["name"] for share in result["processes"]] == ["supervisor", "front", "call worker 1", "pool"]
    assert result["cpu_percent_a_call"] == pytest.approx(result["cpu_percent"] / 2, abs=0.01)
    assert all(share["memory_mb"] > 10 for share in result["processes"])
    assert 100 < result["added_delay"]["p50"] < 150
    assert result["direct_delay"]["p50"] < 20
    assert len(result["lips_late_ms"]) == 2 and result["first_picture"]["p50"] > 0
    assert "call worker 1" in done.stdout and "added audio delay" in done.stdout


def test_a_film_without_a_call(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    done = _command("render", "--audio", str(SPEECH), "-o", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    with av.open(str(out)) as film:
        pictures = [np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8) for frame in film.decode(video=0)]
    assert len(pictures) == pytest.approx(568, abs=3)
    openings = [mouth_opening(picture) or 0.0 for picture in pictures[::5]]
    assert max(openings) > 0.2 and min(openings) == 0.0
    assert f"{len(pictures)} pictures" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("--avatar", "nobody-drew-me"), "no avatar 'nobody-drew-me'"),
        (("--audio", "/dev/null"), "Remedy"),
        (("-o", "/nowhere/out.mp4"), "/nowhere/out.mp4"),
    ],
)
def test_what_cannot_be_rendered_is_said(tmp_path: Path, arguments: tuple[str, ...], cause: str) -> None:
    done = _command("render", "--audio", str(SPEECH), "-o", str(tmp_path / "out.mp4"), *arguments)
    assert done.returncode == 1
    assert cause in done.stderr and "Remedy" in done.stderr and "Traceback" not in done.stderr
