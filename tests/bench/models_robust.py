"""The robust renderer on people it never saw: given the true lip codes of their films, and given their sound."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository, BaseModel
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.enrol.create import RENDERER
from ims_avatar.enrol.shared_graphs import PHOTOGRAPHED, shared_graphs
from ims_avatar.errors import FilmRefused, ReferenceRefused
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.faces.face_batches import Crowd
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.robust_weights import load_robust
from ims_avatar.training.films.av_offset import find_offset, heard_lips, with_sound_in_place
from ims_avatar.training.speech.streaming import streamed
from tests.bench.models_people import Agreement, Filmed, agreement, enrolled, filmed, rendered_lips
from tests.bench.models_table import Aim, Row

HELD_OUT = (
    "DFRF_cnn2_25fps",
    "GeneFace_zozo_radnerf_torso_smo",
    "LatentSync_demo1_video",
    "LivePortrait_d6",
    "LivePortrait_d11",
    "LivePortrait_d20",
    "MuseTalk_sun",
)
"""Films that are measured on unless others are named. The shipped renderer was trained on drawn people alone."""
OVER_WARP, SHARP = Aim(low=3.0), Aim(low=0.8)
MOST_PICTURES = 200
"""Of one film are rendered."""


@dataclass(frozen=True, slots=True)
class _Lips:
    film: str
    opening: Agreement
    width: Agreement


def robust_rows(clips: Sequence[Path], repository: AvatarRepository) -> Iterator[Row]:
    yield from _drawn_rows(repository.base_model(RENDERER))
    yield from _picture_rows(clips, repository.base_model(RENDERER))
    for still in (True, False):
        by_code, by_sound = [], []
        for clip in clips:
            with tempfile.TemporaryDirectory() as directory:
                try:
                    avatar = enrolled(clip, Path(directory), repository, still=still)
                except ReferenceRefused as error:
                    yield Row(f"robust: {clip.stem}", None, how=str(error))
                    continue
                engine, seen = onnx_engine(avatar), filmed(clip)
                by_code.append(_driven_by_codes(engine, seen))
                sound = _driven_by_sound(engine, seen)
                by_sound += [sound] if sound else []
        kind = "one picture" if still else "a film's loop"
        yield from _lip_rows(f"robust from {kind}, true lip codes", by_code, Aim(low=0.95), Aim(0.9, 1.1))
        yield from _lip_rows(f"robust from {kind}, by sound", by_sound, Aim(low=0.65), None)


def _drawn_rows(renderer: BaseModel) -> Iterator[Row]:
    card = json.loads(renderer.path("model_card").read_text(encoding="utf-8"))
    found, how = card["measures"], f"card of {_name(renderer)}: {card['held_out']}"
    what = "robust, held out in training, true lip codes"
    yield Row(f"{what}: PSNR mouth over warp alone", found["psnr_db"] - found["bend_psnr_db"], "dB", OVER_WARP, how)
    yield Row(f"{what}: PSNR mouth", found["psnr_db"], "dB", None, how)
    yield Row(f"{what}: sharpness", found["sharpness"], "", SHARP, how)


def _picture_rows(clips: Sequence[Path], renderer: BaseModel) -> Iterator[Row]:
    """Crops of every film, each bent from its most restful still and mended, pasted into its own frame."""
    net = load_robust(renderer.folder).eval()
    measured = []
    for clip in clips:
        person = filmed(clip).person
        chosen = np.arange(0, len(person.luma), max(1, len(person.luma) // MOST_PICTURES))
        measured.append(Validation(Crowd([person]), {0: chosen}).of_person(net, 0))
    mean = {name: float(np.mean([one[name] for one in measured])) for name in measured[0]}
    gains = [one["psnr_db"] - one["bend_psnr_db"] for one in measured]
    each = ", ".join(f"{clip.stem} {gain:+.1f}" for clip, gain in zip(clips, gains, strict=True))
    share = shared_graphs(PHOTOGRAPHED, renderer).mending or 0.0
    used = f"{_name(renderer)}; photographs take {share:.0%} of its correction"
    how = f"mean of {len(clips)} people, from their most restful still"
    what = "robust, people of films, true lip codes, all of the correction"
    yield Row(f"{what}: PSNR mouth over warp alone", float(np.mean(gains)), "dB", OVER_WARP, f"{used}; {each}")
    yield Row(f"{what}: PSNR mouth", mean["psnr_db"], "dB", None, f"{how}; box 60×42 of the crop")
    yield Row(f"{what}: PSNR within the paste mask", mean["psnr_mask_db"], "dB", None, how)
    yield Row(f"{what}: sharpness", mean["sharpness"], "", SHARP, f"{how}; Laplacian energy against true")
    what = "robust, people of films, true lip codes, warp alone"
    yield Row(f"{what}: PSNR mouth", mean["bend_psnr_db"], "dB", None, how)
    yield Row(f"{what}: sharpness", mean["bend_sharpness"], "", SHARP, f"{how}; Laplacian energy against true")


def _name(model: BaseModel) -> str:
    return f"{model.manifest.name}/{model.manifest.version}"


def _lip_rows(what: str, found: Sequence[_Lips], r: Aim, amplitude: Aim | None) -> Iterator[Row]:
    if not found:
        yield Row(what, None, how="no film's sound fits its lips")
        return

    def row(name: str, values: list[float], aim: Aim | None) -> Row:
        each = ", ".join(f"{one.film} {value:.2f}" for one, value in zip(found, values, strict=True))
        return Row(f"{what}: {name}", float(np.mean(values)), "", aim, f"cross-driven, tracked again; {each}")

    yield row("opening r", [one.opening.r for one in found], r)
    yield row("opening amplitude", [one.opening.amplitude for one in found], amplitude)
    yield row("opening lag, pictures", [one.opening.lag for one in found], Aim(-1, 1))
    yield row("width r", [one.width.r for one in found], None)


def _driven_by_codes(engine: AvatarEngine, seen: Filmed) -> _Lips:
    some = slice(0, MOST_PICTURES)
    opening, width = rendered_lips(engine, seen.person.codes[some])
    return _Lips(seen.path.stem, agreement(opening, seen.opening[some]), agreement(width, seen.width[some]))


def _driven_by_sound(engine: AvatarEngine, seen: Filmed) -> _Lips | None:
    """None where the film has no sound, or one that does not fit its lips."""
    if seen.track.sound is None:
        return None
    encoder = AudioEncoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    try:
        offset = find_offset(seen.track, seen.track.has_face, heard_lips(encoder, seen.track.sound))
        placed = with_sound_in_place(seen.track, offset)
    except FilmRefused:
        return None
    assert placed.sound is not None
    some = slice(0, MOST_PICTURES)
    codes = streamed(encoder, placed.sound, placed.times[seen.frames[some]])
    opening, width = rendered_lips(engine, codes)
    return _Lips(seen.path.stem, agreement(opening, seen.opening[some]), agreement(width, seen.width[some]))
