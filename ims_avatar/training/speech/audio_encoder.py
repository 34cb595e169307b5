"""Trains the audio encoder, from Debian packages to a new version of the base model: `ims-avatar train audio-encoder`.

Makes the corpora if they are not there, trains on one core or a GPU until its time is up or nothing improves any more,
exports the best network and measures it on everything held out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ims_avatar.errors import TrainingError
from ims_avatar.training.provenance import commit
from ims_avatar.training.speech.audio_encoder_export import Origin, export
from ims_avatar.training.speech.encoder_frames import prepare
from ims_avatar.training.speech.encoder_network import WIDE
from ims_avatar.training.speech.encoder_run import CHECKPOINT, OnProgress, Run, RunSettings
from ims_avatar.training.speech.measure_audio_encoder import measure_into_card

DONE = "trained.json"
"""In the working folder once its run was exported: names the version it became, and the minutes it took."""


@dataclass(frozen=True, slots=True)
class Settings:
    work: Path
    """Corpora, frames and checkpoint: what may be thrown away after the run."""
    output: Path
    """Directory of versions `1`, `2` ...; a run adds the next."""
    minutes: float = 20.0
    seed: int = 21
    wide: int = WIDE
    """Channels of the network."""
    scale: float = 1.0
    """Size of the synthetic corpora; less than 1 for a trial."""
    limit: int = 120
    """Utterances of each held-out set to measure; 0: no measures."""
    fresh: bool = False
    """Throw away the checkpoint of an earlier run."""

    @property
    def command(self) -> str:
        wide = "" if self.wide == WIDE else f" --wide {self.wide}"
        scale = "" if self.scale == 1.0 else f" --scale {self.scale:g}"
        return f"ims-avatar train audio-encoder --minutes {self.minutes:g} --seed {self.seed}{wide}{scale}"


def train_audio_encoder(settings: Settings, on_progress: OnProgress, said: Callable[[str], None]) -> Path:
    """The folder of the new version. `said` is told of each stage.

    Raises `TrainingError` where the working folder holds another run or one that is done, `CorpusMissing` where a
    corpus is not installed.
    """
    settings.work.mkdir(parents=True, exist_ok=True)
    checkpoint, done = settings.work / CHECKPOINT, settings.work / DONE
    if settings.fresh:
        checkpoint.unlink(missing_ok=True)
        done.unlink(missing_ok=True)
    elif done.exists() and (before := json.loads(done.read_text(encoding="utf-8")))["minutes"] >= settings.minutes:
        raise TrainingError(
            f"the run in {settings.work} is done: it became {before['folder']}",
            remedy="go on with more --minutes, train anew with --fresh, or in another --work",
        )
    prepared = prepare(settings.work, settings.scale, settings.seed, said)
    run = Run(RunSettings(settings.minutes, settings.seed, settings.wide), prepared, settings.work)
    said("training" if run.steps == 0 else f"training goes on after step {run.steps}")
    run.train(on_progress)
    network, facts = run.result()
    folder = next_version(settings.output)
    origin = Origin(int(folder.name), settings.command, settings.seed, commit(), facts)
    export(network, folder, origin)
    done.write_text(json.dumps({"folder": str(folder), "minutes": settings.minutes}), encoding="utf-8")
    if settings.limit:
        said("measuring")
        measure_into_card(folder, settings.work, settings.limit)
    return folder


def next_version(directory: Path) -> Path:
    """`<directory>/<n>` with the lowest n above all there are; what is there is never written to."""
    there = [int(entry.name) for entry in directory.glob("[0-9]*") if entry.name.isdecimal()]
    return directory / str(max(there, default=0) + 1)
