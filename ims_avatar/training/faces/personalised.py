"""Trains the renderer and the lips of one person, from a film of them: minutes on a processor.

Starts from the robust renderer and the shared audio encoder. A killed run goes on where it was; the film is looked at
again, because that takes less time than keeping what was seen would be worth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
import torch
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.enrol.create import RENDERER
from ims_avatar.enrol.film import film_reference
from ims_avatar.enrol.reference import Reference
from ims_avatar.training.distribution import join_group
from ims_avatar.training.faces.face_batches import Crowd
from ims_avatar.training.faces.face_training import FaceTraining, Progress, TrainingPlan
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.people import Person
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape
from ims_avatar.training.faces.robust_weights import load_robust
from ims_avatar.training.films.checked_film import CheckedFilm, read_checked
from ims_avatar.training.films.film_people import film_person, part_of
from ims_avatar.training.speech.audio_encoder_export import load_encoder
from ims_avatar.training.speech.lip_adaptation import AdaptedEncoder, adapt, lip_speech

log = structlog.get_logger(__name__)

RUN = "run.json"
_HELD_SHARE = 0.12
"""Share of the film, at its end, that judges and is not trained on."""
_GAP = 1.0
"""Seconds between what is trained on and what judges: neighbours are too much alike."""
_WIDE = (24, 48, 64, 96)
"""Channels of a renderer for `--quality high`: more detail, half the speed."""


def usual_minutes(device: torch.device, *, wide: bool = False) -> float:
    """How long to train: longer, what is drawn gets no better."""
    usual, of_wide = {"cpu": (10.0, 60.0), "cuda": (1.25, 8.0)}[device.type]
    return of_wide if wide else usual


@dataclass(frozen=True, slots=True)
class PersonalPlan:
    video: Path
    folder: Path
    """Of the run: checkpoint."""
    minutes: float = 10.0
    """As `distribution.spent` counts them."""
    seed: int = 1
    wide: bool = False
    """A larger network, trained from nothing: for long runs."""


@dataclass(slots=True, eq=False)
class PersonalRun:
    """What came of a run."""

    plan: PersonalPlan
    film: CheckedFilm
    reference: Reference
    person: Person
    run: FaceTraining
    judged: Validation
    lips: AdaptedEncoder


def film_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def train_personalised(
    plan: PersonalPlan,
    repository: AvatarRepository,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    said: Callable[[str, float], None] = lambda what, share: None,
) -> PersonalRun:
    """Runs (or goes on with) a training.

    Raises `FilmRefused` for a film that teaches nothing, `ReferenceRefused` for a face that makes no avatar.
    """
    encoder_folder = repository.base_model(AUDIO_ENCODER).folder
    film = read_checked(
        plan.video,
        AudioEncoder(encoder_folder),
        lambda done, total: said("looking at the film", done / max(total, done, 1e-9)),
    )
    for line in film.lines():
        log.info("film", finding=line)
    reference = film_reference(plan.video, progress=said)
    person, _, frames = film_person(
        plan.video,
        film.track.points,
        film.report.use,
        lambda share: said("cutting the mouth", share),
        crop=reference.crop,
    )
    learnt, apart = split(film.track.times[frames])
    group = join_group()
    _forget_other_runs(plan)
    crowd = Crowd([part_of(person, learnt)], group.device)
    judged = Validation(Crowd([person]), {0: apart})
    start = (
        RobustRenderer(RobustShape(channels=_WIDE))
        if plan.wide
        else load_robust(repository.base_model(RENDERER).folder)
    )
    start.mender.keep_within(torch.from_numpy(person.codes[learnt]))
    training = TrainingPlan(plan.folder, plan.minutes, plan.seed, variety=0.12, critic_from=0.5)
    run = FaceTraining(training, start, crowd, judged, group)
    run.run(on_progress)
    lips = _adapt(plan, film, person, frames, encoder_folder, said)
    return PersonalRun(plan, film, reference, person, run, judged, lips)


def split(times: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Crops to train on and crops that judge, by their times in the film (ascending)."""
    border = times[int(len(times) * (1 - _HELD_SHARE))]
    return np.flatnonzero(times < border - _GAP), np.flatnonzero(times >= border)


def _adapt(
    plan: PersonalPlan,
    film: CheckedFilm,
    person: Person,
    frames: NDArray[np.intp],
    encoder: Path,
    said: Callable[[str, float], None],
) -> AdaptedEncoder:
    assert film.track.sound is not None, "read_checked lets no film without sound pass"
    codes = np.zeros((len(film.track.times), person.codes.shape[1]), np.float32)
    codes[frames] = person.codes
    used = np.zeros(len(codes), bool)
    used[frames] = True
    last = float(film.track.times[frames[-1]])
    sound = film.track.sound[: round(16_000 * (last + 0.2))]
    speech = lip_speech(sound, film.track.times, codes, used, plan.seed)
    said("learning the lips of this voice", 0.0)
    lips = adapt(load_encoder(encoder), speech)
    said("learning the lips of this voice", 1.0)
    return lips


def _forget_other_runs(plan: PersonalPlan) -> None:
    """A run goes on only with the film and the settings that it began with."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        "film": film_hash(plan.video),
        "seed": plan.seed,
        "wide": plan.wide,
        "minutes": plan.minutes,
    }
    path = plan.folder / RUN
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != wanted:
        for old in plan.folder.glob("checkpoint.*"):
            old.unlink()
        path.write_text(json.dumps(wanted), encoding="utf-8")
