"""A personalised avatar trained on the first part of a film, measured on the rest of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import torch
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AUDIO_ENCODER, Avatar, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.faces.face_batches import Crowd, FaceBatch
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.people import Person
from ims_avatar.training.faces.personal_folder import build_personalised
from ims_avatar.training.faces.personalised import PersonalPlan, PersonalRun, train_personalised
from ims_avatar.training.faces.robust_folder import best_renderer
from ims_avatar.training.films.film_people import film_person
from ims_avatar.training.films.film_track import read_track
from ims_avatar.training.speech.streaming import streamed
from tests.bench.models_people import CONSENT, Filmed, agreement, rendered_lips
from tests.bench.models_table import Aim, Row

CLIP = "DFRF_cnn2_25fps"
TRAINED_ON = 0.8
"""Share of the film, from its beginning."""


@dataclass(frozen=True, slots=True)
class _Trained:
    made: PersonalRun
    avatar: Avatar
    minutes: float
    """That it takes where nothing else runs."""
    threads: int


def personalised_rows(clip: Path, work: Path, minutes: float, repository: AvatarRepository) -> Iterator[Row]:
    """Trains in `work`, or goes on with what is there; takes `minutes` and some more."""
    trained = _train(clip, work, minutes, repository)
    seen = _whole_film(clip, trained)
    held = seen.part(TRAINED_ON, 1.0)
    how = f"{clip.stem}: trained on the first {TRAINED_ON:.0%}, measured on the last {len(held)} pictures"
    shared = AudioEncoder(repository.base_model(AUDIO_ENCODER).folder)
    yield from _lip_rows(trained, shared, seen, held, how)
    yield from _picture_rows(trained, seen, held, how)
    yield Row("personalised: training time", trained.minutes, "min", Aim(high=15.0),
              f"CPU time; {trained.threads} threads while pictures are learnt; {clip.stem}")  # fmt: skip


def _train(clip: Path, work: Path, minutes: float, repository: AvatarRepository) -> _Trained:
    work.mkdir(parents=True, exist_ok=True)
    film = first_part(clip, work / f"{clip.stem}_first.mp4")
    began = time.process_time()
    made = train_personalised(PersonalPlan(film, work / "run", minutes), repository)
    name = f"clip-{int(time.time())}"
    avatar = build_personalised(made, name, "", "none", CONSENT, work / "avatars", repository)
    threads = torch.get_num_threads()
    alone = time.process_time() - began - threads * made.run.state.seconds
    return _Trained(made, avatar, (max(alone, 0.0) + made.run.state.seconds) / 60, threads)


def first_part(clip: Path, path: Path) -> Path:
    """A film of the first `TRAINED_ON` of the clip, its packets as they are."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        end = (source.duration or 0) / av.time_base * TRAINED_ON
        wanted = [*source.streams.video[:1], *source.streams.audio[:1]]
        streams = {stream.index: target.add_stream_from_template(stream) for stream in wanted}
        for packet in source.demux(wanted):
            if packet.pts is None or packet.time_base is None or float(packet.pts * packet.time_base) >= end:
                continue
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    return path


def _whole_film(clip: Path, trained: _Trained) -> Filmed:
    """All of the clip as the avatar sees it: its own rest and crop, its own correction of the sound."""
    made = trained.made
    track = read_track(clip)
    if made.film.moved:
        track = track.with_sound_moved(made.film.offset.seconds)
    person, _, frames = film_person(clip, track.points, track.has_face, crop=made.reference.crop)
    return Filmed(clip, track, person, frames)


def _lip_rows(trained: _Trained, shared: AudioEncoder, seen: Filmed, held: NDArray[np.intp], how: str) -> Iterator[Row]:
    sound, times = seen.track.sound, seen.track.times[seen.frames[held]]
    assert sound is not None, "it was trained on"
    own = AudioEncoder(trained.avatar.path("lip_encoder"))
    inputs = {
        "by sound": streamed(own, sound, times),
        "by sound, shared audio encoder": streamed(shared, sound, times),
        "true lip codes": seen.person.codes[held],
    }
    engine = onnx_engine(trained.avatar)
    for name, codes in inputs.items():
        opening, width = rendered_lips(engine, codes)
        found = agreement(opening, seen.opening[held])
        wide = agreement(width, seen.width[held])
        aims = (Aim(low=0.75), Aim(0.9, 1.1), Aim(-1, 1), Aim(low=0.55)) if name == "by sound" else (None,) * 4
        what, how_cross = f"personalised, {name}", f"cross-driven, tracked again; {how}"
        yield Row(f"{what}: opening r", found.r, "", aims[0], how_cross)
        yield Row(f"{what}: opening amplitude", found.amplitude, "", aims[1], how_cross)
        yield Row(f"{what}: opening lag", found.lag, "pictures", aims[2], how_cross)
        yield Row(f"{what}: width r", wide.r, "", aims[3], how_cross)


def _picture_rows(trained: _Trained, seen: Filmed, held: NDArray[np.intp], how: str) -> Iterator[Row]:
    crowd = _OneStill(seen.person, seen.part(0.0, TRAINED_ON))
    measured = Validation(crowd, {0: held}).of_person(best_renderer(trained.made.run), 0)
    what = "personalised, true lip codes"
    yield Row(f"{what}: PSNR mouth", measured["psnr_db"], "dB", Aim(low=33.0), f"{how}; box 60×42 of the crop")
    yield Row(f"{what}: PSNR within the paste mask", measured["psnr_mask_db"], "dB", None, how)
    yield Row(f"{what}: PSNR mouth over warp alone", measured["psnr_db"] - measured["bend_psnr_db"], "dB", None, how)
    yield Row(f"{what}: sharpness", measured["sharpness"], "", Aim(low=0.8),
              f"{how}; Laplacian energy against true; warp alone {measured['bend_sharpness']:.2f}")  # fmt: skip


class _OneStill(Crowd):
    """One person whose still is of the part that was trained on."""

    def __init__(self, person: Person, learnt: NDArray[np.intp]) -> None:
        super().__init__([person])
        calm = [crop for crop in person.quiet if crop in set(learnt.tolist())]
        self._still = int(calm[0]) if calm else int(learnt[0])

    def of(self, person: int, crops: NDArray[np.intp]) -> FaceBatch:
        return self.batch(np.full(len(crops), person), crops, np.full(len(crops), self._still))
