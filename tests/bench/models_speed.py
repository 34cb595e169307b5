"""What a picture costs, from the network to H.264, on one core."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.repository import Avatar
from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.inference.engines.load import Preference
from tests.bench.models_table import Aim, Row
from tests.bench.stages import measure_stages

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech" / "held_voice.wav"
BATCHES = [1, 8]
DRIVING = ("features", "audio encoder", "lip code")
PICTURE = ("reference", "decoder", "paste", "encode")


def speed_rows(avatars: Iterable[Avatar]) -> Iterator[Row]:
    speech = _speech()
    engines: list[Preference] = ["onnx"]
    if importlib.util.find_spec("openvino"):
        engines.append("openvino")
    for avatar in avatars:
        name, size = avatar.manifest.name, f"{avatar.manifest.width}×{avatar.manifest.height}"
        for engine in engines:
            for one in measure_stages(name, BATCHES, speech, engine, (avatar.folder.parents[1],)):
                ms = {stage: value / one.streams for stage, value in one.ms.items()}
                parts = ", ".join(f"{stage} {ms[stage]:.2f}" for stage in PICTURE)
                yield Row(
                    f"{name}: network to H.264, {engine}, batch {one.streams}",
                    sum(ms[stage] for stage in PICTURE),
                    "ms",
                    Aim(high=4.0),
                    f"{size}, CPU time, median; {parts}; besides, sound to lip code {sum(ms[d] for d in DRIVING):.2f}",
                )


def _speech() -> NDArray[np.int16]:
    sound = SoundFile(SPEECH)
    return np.concatenate([piece.speech for piece in sound.pieces(48_000)])
