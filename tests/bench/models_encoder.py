"""The audio encoder on voices, speakers and a language that it was not trained on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.training.speech.corpus_build import HELD
from ims_avatar.training.speech.measure_audio_encoder import group_accuracy, held_sets, measures, through_stream
from tests.bench.models_table import Aim, Row

VOICES = "synthetic_held_voices"
LANGUAGE = "synthetic_held_language"
SPEAKER = "recorded_held_speaker_italian_finer_times"
SPEAKER_COARSE = "recorded_held_speaker_italian"

_WANTED = (
    ("phoneme groups (14), held-out voices", VOICES, "groups_14", Aim(low=0.88)),
    ("phoneme groups (21), held-out voices", VOICES, "groups", None),
    ("phoneme groups (14), real speech, unseen speaker", SPEAKER, "groups_14", Aim(low=0.70)),
    ("phoneme groups (21), real speech, unseen speaker", SPEAKER, "groups", None),
    ("phoneme groups (14), the same, aligner's own times", SPEAKER_COARSE, "groups_14", None),
    ("opening r, language unseen in training", LANGUAGE, "r_opening", None),
    ("width r, language unseen in training", LANGUAGE, "r_width", None),
    ("opening r, real speech, unseen speaker", SPEAKER, "r_opening", None),
    ("width r, real speech, unseen speaker", SPEAKER, "r_width", None),
)


def encoder_rows(work: Path, limit: int) -> Iterator[Row]:
    """Measured when `work` holds the corpora of `ims-avatar train audio-encoder`; otherwise what the card says."""
    folder = AvatarRepository().base_model(AUDIO_ENCODER).folder
    if all((work / f"{corpus}.json").exists() for corpus in HELD):
        found, how = _measured(folder, work, limit), f"µ-law, 20 ms chunks; at most {limit} utterances"
    else:
        found = json.loads((folder / "model_card.json").read_text(encoding="utf-8"))["measures"]
        how = f"card of {folder.parent.name}/{folder.name}: no corpora in {work}"
    for what, name, measure, aim in _WANTED:
        value: Any = found.get(name, {}).get(measure)
        yield Row(what, value, aim=aim, how=how if value is not None else f"{how}; {name} is not in it")


def _measured(folder: Path, work: Path, limit: int) -> dict[str, Mapping[str, float]]:
    encoder = AudioEncoder(folder)
    wanted = {name for _, name, _, _ in _WANTED}
    found: dict[str, Mapping[str, float]] = {}
    for name, utterances in held_sets(work, limit).items():
        if name in wanted:
            parts = through_stream(encoder, utterances)
            found[name] = measures(parts, utterances) | group_accuracy(encoder, utterances, parts)
    return found
