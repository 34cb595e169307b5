"""How well the shipped audio encoder does: `python -m ims_avatar.training.speech.measure_audio_encoder`.

Everything held out goes through µ-law and the run-time stream in 20 ms chunks and is compared with the drawn truth.
Recordings are measured twice: against the aligner's times, and against the finer ones of `corpus_refine`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import LEAD, AudioEncoder
from ims_avatar.driving.phonemes import PhonemeGroup, group_labels
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.speech import corpus_build
from ims_avatar.training.speech.audio_encoder_export import CARD, write_card
from ims_avatar.training.speech.audio_encoder_page import write_page
from ims_avatar.training.speech.augment import PLAIN, Channel, coloured_noise, through
from ims_avatar.training.speech.corpus import Utterance, to_float
from ims_avatar.training.speech.streaming import (
    Tracks,
    amplitude,
    as_received,
    correlation,
    lag,
    moments,
    streamed,
    tracks,
)

_DRAWN = 6
"""Utterances of each set of which the longest is drawn on the page."""

log = structlog.get_logger()

LINES = {
    "alaw_-35dBFS": replace(PLAIN, codec="pcm_alaw", level_db=-35.0),
    "amr_nb": replace(PLAIN, codec="amr_nb"),
    "noise_15dB": replace(PLAIN, snr_db=15.0),
    "loss_5_percent": replace(PLAIN, loss=0.05),
}
"""Lines other than `PLAIN`, which is that of every measure that does not say otherwise."""
FOURTEEN = {
    PhonemeGroup.LATERAL: PhonemeGroup.ALVEOLAR,
    PhonemeGroup.GLOTTAL: PhonemeGroup.VELAR,
    PhonemeGroup.PALATAL: PhonemeGroup.CLOSE_FRONT,
    PhonemeGroup.OPEN_FRONT: PhonemeGroup.OPEN,
    PhonemeGroup.CENTRAL: PhonemeGroup.MID_FRONT,
    PhonemeGroup.LABIOVELAR: PhonemeGroup.CLOSE_BACK,
    PhonemeGroup.FRONT_ROUNDED: PhonemeGroup.CLOSE_BACK,
}
"""Groups that count as one another in `groups_14`: pause, p, f, th, t, k, sh, s, r and the vowels a e i o u."""
_MERGED = np.array([FOURTEEN.get(group, group) for group in PhonemeGroup])


def held_sets(work: Path, limit: int) -> dict[str, list[Utterance]]:
    """The sets measured: at most `limit` utterances of each."""
    sets = {
        "synthetic_held_voices": corpus_build.held_part(work, "held_voices"),
        "synthetic_held_flite_voice": corpus_build.held_part(work, "held_flite"),
        "synthetic_held_language": corpus_build.held_part(work, "held_language"),
    }
    for corpus, suffix in (("prompts", ""), ("refined", "_finer_times")):
        held = corpus_build.held_part(work, corpus)
        recordings = [u for u in held if u.split == "held_recording"]
        sets |= {
            f"recorded_english{suffix}": [u for u in recordings if u.name.startswith("en/")],
            f"recorded_french_spanish_russian{suffix}": [u for u in recordings if not u.name.startswith("en/")],
            f"recorded_held_speaker_italian{suffix}": [u for u in held if u.split == "held_speaker"],
        }
    return {name: utterances[:limit] for name, utterances in sets.items()}


def through_stream(encoder: AudioEncoder, utterances: Sequence[Utterance], line: Channel = PLAIN) -> list[Tracks]:
    """Every utterance through the line and the run-time stream, as a call of its own."""
    rng = np.random.default_rng(9)
    heard = [through(to_float(u.samples), line, rng) for u in utterances]
    return [
        tracks(encoder, np.round(sound * 32767).astype(np.int16), u.spans, "linear")
        for u, sound in zip(utterances, heard, strict=True)
    ]


def measures(parts: Sequence[Tracks], utterances: Sequence[Utterance]) -> dict[str, float]:
    """Correlations over all pictures, lag in pictures, amplitude, and how far lips close at p b m."""
    seen, truth = np.concatenate([p.seen for p in parts]), np.concatenate([p.truth for p in parts])
    groups = np.concatenate([group_labels(u.spans, p.times) for p, u in zip(parts, utterances, strict=True)])
    at_closures = groups == PhonemeGroup.BILABIAL
    found = {
        "r_opening": correlation(seen, truth, 0),
        "r_width": correlation(seen, truth, 1),
        "r_rounding": correlation(seen, truth, 2),
        "r_jaw": correlation(seen, truth, 5),
        "lag_pictures": lag(seen, truth),
        "amplitude": amplitude(seen, truth),
        "amplitude_width": amplitude(seen, truth, 1),
        "opening_at_p_b_m": float(seen[at_closures, 0].mean()),
        "opening_elsewhere": float(seen[(groups != 0) & ~at_closures, 0].mean()),
        "minutes": len(seen) / 1500,
    }
    return {name: round(value, 3) for name, value in found.items()}


def group_accuracy(encoder: AudioEncoder, utterances: Sequence[Utterance], parts: Sequence[Tracks]) -> dict[str, float]:
    """Share of pictures whose phoneme group is right, of all 21 and with those of `FOURTEEN` merged."""
    found, wanted = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for utterance, part in zip(utterances, parts, strict=True):
        wide = as_received(utterance.samples, "pcm_mulaw")
        windows = np.stack([driver.window(pts) for driver, pts in moments(wide, part.times)])
        found.append(encoder.group_logits(windows).argmax(axis=1))
        wanted.append(group_labels(utterance.spans, part.times))
    seen, true = np.concatenate(found), np.concatenate(wanted)
    return {
        "groups": round(float((seen == true).mean()), 3),
        "groups_14": round(float((_MERGED[seen] == _MERGED[true]).mean()), 3),
    }


def resting(encoder: AudioEncoder, sound: NDArray[np.float32]) -> float:
    """Largest opening while float32 (n,) at 16 kHz is heard, from 0.2 s on."""
    samples = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    times = np.arange(0.2, len(samples) / AUDIO_RATE - LEAD, 0.04)
    return round(float(streamed(encoder, samples, times)[:, 0].max()), 4)


def silence(encoder: AudioEncoder, parts: Sequence[Tracks], utterances: Sequence[Utterance]) -> dict[str, float]:
    """Largest opening in silence and noise, and how long after the last phoneme the mouth stays open."""
    rng = np.random.default_rng(1)
    noise = coloured_noise(10 * AUDIO_RATE, rng)
    found = {
        f"opening_in_noise_-{db}dBFS": resting(encoder, noise * np.float32(10 ** (-db / 20))) for db in (70, 50, 40)
    }
    found["opening_in_digital_silence"] = resting(encoder, np.zeros(5 * AUDIO_RATE, np.float32))
    late = [_closing_time(p, u) for p, u in zip(parts, utterances, strict=True)]
    known = [value for value in late if value is not None]
    found["seconds_to_close_median"] = round(float(np.median(known)), 3) if known else -1.0
    return found


def _closing_time(part: Tracks, utterance: Utterance) -> float | None:
    """Seconds from the end of the last phoneme to the first picture with lips closed for good; None if none follows."""
    end = max(s.end for s in utterance.spans if s.group is not PhonemeGroup.PAUSE)
    closed = np.flatnonzero((part.times > end) & (part.seen[:, 0] < 0.02))
    return float(part.times[closed[0]] - end) if len(closed) else None


def measure(folder: Path, work: Path, limit: int) -> dict[str, Mapping[str, float]]:
    """All measures by set; logged as they come."""
    encoder = AudioEncoder(folder)
    results: dict[str, Mapping[str, float]] = {}
    sets = held_sets(work, limit)
    for name, utterances in sets.items():
        parts = through_stream(encoder, utterances)
        results[name] = measures(parts, utterances) | group_accuracy(encoder, utterances, parts)
        log.info("measured", set=name, **results[name])
    english = sets["recorded_english"]
    for name, line in LINES.items():
        results[f"recorded_english_{name}"] = measures(through_stream(encoder, english, line), english)
        log.info("measured", set=name, **results[f"recorded_english_{name}"])
    parts = through_stream(encoder, english)
    results["silence"] = silence(encoder, parts, english)
    log.info("measured", set="silence", **results["silence"])
    return results


def measure_into_card(folder: Path, work: Path, limit: int) -> None:
    """Puts all measures into the model card of `folder`, and writes its page."""
    results = measure(folder, work, limit)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["measures"].update(results)
    finish_card(folder, card, work)


def finish_card(folder: Path, card: Mapping[str, Any], work: Path) -> None:
    """The card, its page, and some utterances of each held-out set drawn on it."""
    encoder = AudioEncoder(folder)
    shown = {name: through_stream(encoder, utterances) for name, utterances in held_sets(work, _DRAWN).items()}
    write_page(folder, card, shown)
    write_card(folder, card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/audio_encoder"))
    parser.add_argument("--model", type=Path, help="a version's folder; without it the one that is used")
    parser.add_argument("--limit", type=int, default=120, help="utterances of each set")
    arguments = parser.parse_args()
    folder = arguments.model or AvatarRepository().base_model(AUDIO_ENCODER).folder
    measure(folder, arguments.work, arguments.limit)


if __name__ == "__main__":
    main()
