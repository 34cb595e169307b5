"""Trains the robust renderer: any character, from drawn people and, if there are, people of films.

`ims-avatar train robust`, or on several GPUs
`torchrun --nproc-per-node N -m ims_avatar.training.faces.robust --data DIR`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
import torch

from ims_avatar.errors import ConfigError
from ims_avatar.training.distribution import Group, device_here, join_group
from ims_avatar.training.faces.face_batches import Crowd
from ims_avatar.training.faces.face_training import FaceTraining, Progress, TrainingPlan
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.people import Person
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape
from ims_avatar.training.faces.robust_weights import load_robust

log = structlog.get_logger(__name__)

PEOPLE = "people"
_HELD_DRAWN = 12
"""Drawn people who are only measured on."""
FILMS = (".mp4", ".mkv", ".mov", ".webm")


def usual_minutes(device: torch.device) -> float:
    """How long to train where nothing else is asked for."""
    return {"cpu": 20.0, "cuda": 2.0}[device.type]


@dataclass(frozen=True, slots=True)
class RobustPlan:
    folder: Path
    """Everything of the run: people, checkpoint."""
    minutes: float = 20.0
    drawn: int = 240
    """Drawn people."""
    crops: int = 24
    """Pictures of each."""
    data: Path | None = None
    """Directory of films."""
    held_out: tuple[str, ...] = ()
    """Names of films that are only measured on, without suffix; without any, every fifth."""
    seed: int = 1
    start: Path | None = None
    """Folder of a renderer's graphs to begin with."""


def gather(plan: RobustPlan, on_progress: Callable[[str, float], None]) -> tuple[list[Person], list[Person]]:
    """People to train on and people held out; kept in the run's folder, so that a second start finds them there."""
    folder = plan.folder / PEOPLE
    folder.mkdir(parents=True, exist_ok=True)
    total = plan.drawn + _HELD_DRAWN
    drawn = [folder / f"drawn_{number:04}.npz" for number in range(total)]
    if not all(path.exists() for path in drawn):
        # Drawing needs skia; what is drawn already does not.
        from ims_avatar.training.drawn.drawn_people import random_people

        for number, person in enumerate(random_people(total, plan.crops, plan.seed)):
            person.save(drawn[number])
            on_progress("drawing people", (number + 1) / total)
    train, held_out = drawn[_HELD_DRAWN:], drawn[:_HELD_DRAWN]
    filmed = list(_filmed(plan, folder, on_progress))
    if filmed:
        # With real people at hand, only those say how good it is.
        held_out = [path for path, held in filmed if held]
        train += [path for path, held in filmed if not held]
    return [Person.load(path) for path in train], [Person.load(path) for path in held_out]


def _filmed(plan: RobustPlan, folder: Path, on_progress: Callable[[str, float], None]) -> Iterator[tuple[Path, bool]]:
    """The people of all films that can be used, and whether each is held out."""
    if plan.data is None:
        return
    # Landmarks need the extra [vision]; drawn people do not.
    from ims_avatar.training.films.film_gathering import gather_film

    films = sorted(path for path in plan.data.iterdir() if path.suffix.lower() in FILMS)
    if not films:
        raise ConfigError(
            f"{plan.data} holds no film ({', '.join(FILMS)})",
            remedy="name a directory of films that show one person each",
        )
    for number, film in enumerate(films):
        path = gather_film(film, folder)
        on_progress("looking at films", (number + 1) / len(films))
        if path is not None:
            yield path, film.stem in plan.held_out if plan.held_out else number % 5 == 4


def train_robust(
    plan: RobustPlan,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_gathering: Callable[[str, float], None] = lambda what, share: None,
    group: Group | None = None,
) -> tuple[FaceTraining, Validation]:
    """Runs (or goes on with) the training of `plan`; the best weights are in the run's `best`. Also what judged it."""
    group = group or join_group()
    with group.first_before_others():
        train, held_out = gather(plan, on_gathering)
    net = RobustRenderer(RobustShape()) if plan.start is None else load_robust(plan.start)
    crowd = Crowd(held_out)
    judged = Validation(
        crowd, {who: np.arange(0, len(p.luma), max(1, len(p.luma) // 40)) for who, p in enumerate(held_out)}
    )
    training = TrainingPlan(plan.folder, plan.minutes, plan.seed)
    run = FaceTraining(training, net, Crowd(train, group.device), judged, group)
    log.info("people", train=len(train), held_out=len(held_out))
    run.run(on_progress)
    return run, judged


def main(arguments: Sequence[str] | None = None) -> None:
    """For torchrun: `ims-avatar train robust` shows more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=usual_minutes(device_here()))
    parser.add_argument("--drawn", type=int, default=240)
    parser.add_argument("--crops", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--held-out", nargs="*", default=())
    parser.add_argument("--start", type=Path)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    group = join_group()
    plan = RobustPlan(
        given.folder,
        given.minutes,
        given.drawn,
        given.crops,
        given.data,
        tuple(given.held_out),
        given.seed,
        given.start,
    )
    train_robust(plan, group=group)
    group.leave()


if __name__ == "__main__":
    main()
