"""The first command of the README, from the shell's side: the film it leaves behind shows a mouth that speaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.training.drawn.mouth_measure import mouth_opening
from tests.support.mouth import correlation

RATE = 25
REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
"""The tree under test, installed or not."""
Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Demo:
    folder: Path
    done: subprocess.CompletedProcess[str]
    summary: dict[str, Any]
    instants: Curve
    """Second of each picture of the film."""
    openings: Curve
    """Of the mouth in each picture, in mouth widths."""
    sound: NDArray[np.float64]
    """Of the film, -1 to 1, from second 0 on."""
    rate: int


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    argv = [sys.executable, "-m", "ims_avatar.cli", "demo", "--out", str(folder / "out")]
    done = subprocess.run(argv, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    instants, openings = [], []
    with av.open(str(folder / "out/demo.mp4")) as film:
        for frame in film.decode(video=0):
            opening = mouth_opening(np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8))
            instants.append(frame.time or 0.0)
            openings.append(np.nan if opening is None else opening)
    with av.open(str(folder / "out/demo.mp4")) as film:
        frames = list(film.decode(audio=0))
    sound = np.concatenate([np.asarray(frame.to_ndarray()[0], np.float64) for frame in frames])
    lead = np.zeros(round((frames[0].time or 0.0) * frames[0].sample_rate))
    return Demo(
        folder / "out", done, json.loads((folder / "out/summary.json").read_text()), np.array(instants),
        np.array(openings), np.concatenate((lead, sound)), frames[0].sample_rate,
    )  # fmt: skip


def _loudness(demo: Demo, shift: float) -> Curve:
    """Decibels of the sound at each picture's instant + `shift`, over 80 ms."""
    half = 0.04
    found = []
    for instant in demo.instants + shift:
        piece = demo.sound[max(0, int((instant - half) * demo.rate)) : max(1, int((instant + half) * demo.rate))]
        found.append(10 * np.log10(max(float(np.mean(piece**2)) if len(piece) else 0.0, 1e-5)))
    return np.array(found)


def test_it_is_a_whole_film_in_real_time(demo: Demo) -> None:
    assert 20 < demo.instants[-1] - demo.instants[0] < 26
    assert len(demo.instants) >= 20 * RATE
    assert np.isfinite(demo.openings).mean() > 0.99, "a picture without lips"


def test_the_mouth_moves_with_the_voice_that_is_heard(demo: Demo) -> None:
    at_once = correlation(demo.openings, _loudness(demo, 0.0))
    assert at_once > 0.5
    assert np.nanmax(demo.openings) > 0.2


def test_lips_and_voice_are_in_step(demo: Demo) -> None:
    """EBU R37: the sound within 40 ms before and 60 ms after the picture."""
    shifts = np.arange(-0.3, 0.301, 0.02)
    likeness = [correlation(demo.openings, _loudness(demo, shift)) for shift in shifts]
    late = -shifts[int(np.argmax(likeness))]
    assert -0.06 <= late <= 0.04


def test_the_mouth_is_closed_in_silence(demo: Demo) -> None:
    loud = _loudness(demo, 0.0) > -45
    silent = [not loud[max(0, n - 8) : n + 5].any() for n in range(len(loud))]
    assert sum(silent) >= 10, "the demo's speech has no pause"
    assert np.nanmax(demo.openings[silent]) < 0.05


def test_the_numbers_are_those_of_the_film(demo: Demo) -> None:
    picture, sound = demo.summary["report"]["picture"], demo.summary["report"]["sound"]
    assert picture["pictures_decoded"] == len(demo.instants)
    assert (picture["added_by"], picture["width"], picture["height"]) == ("re-INVITE", 512, 512)
    assert picture["pictures_broken"] == 0 and sound["packets_lost"] == 0
    assert demo.summary["lips_to_speech"]["correlation"] > 0.8
    assert 100 < demo.summary["added_delay"]["p50"] < 150


def test_the_ladder_shows_video_added_to_a_voice_call(demo: Demo) -> None:
    lines = (demo.folder / "ladder.txt").read_text().splitlines()
    first = next(line for line in lines if "INVITE" in line)
    assert "|--- INVITE ---" in first
    assert lines[lines.index(first) + 1].split("|")[1].strip() == "audio PCMU"
    added = next(n for n, line in enumerate(lines) if "re-INVITE" in line)
    assert "video H264 sendonly" in lines[added + 1]
    assert any("video H264 recvonly" in line for line in lines[added:])
    assert sum("BYE ---" in line for line in lines) == 2


def test_the_contact_sheet_is_a_picture(demo: Demo) -> None:
    with av.open(str(demo.folder / "contact-sheet.png")) as sheet:
        picture = next(sheet.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape[1] > 800 and picture.std() > 20


def test_progress_and_files_are_shown_and_nobody_is_left(demo: Demo) -> None:
    assert "adds video by re-INVITE" in demo.done.stderr
    assert "demo.mp4" in demo.done.stdout and "Traceback" not in demo.done.stderr
    ready = next(
        json.loads(line) for line in (demo.folder / "work/serve.log").read_text().splitlines() if '"ready"' in line
    )
    assert not [
        pid for pid in (ready["front_pid"], ready["pool_pid"], *ready["worker_pids"]) if Path(f"/proc/{pid}").exists()
    ]


def test_a_sound_file_that_cannot_be_played_is_said_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    argv = [sys.executable, "-m", "ims_avatar.cli", "demo", "--audio", str(tmp_path / "empty.wav")]
    done = subprocess.run(argv, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "empty.wav is empty" in done.stderr and "Remedy" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "empty.wav"]
