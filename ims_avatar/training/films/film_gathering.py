"""Films of many people for the robust renderer: each is looked at once; what is no use is left out with a reason."""

from __future__ import annotations

from pathlib import Path

import structlog

from ims_avatar.errors import AvatarError
from ims_avatar.training.films.film_people import film_person
from ims_avatar.training.films.film_track import read_track

log = structlog.get_logger(__name__)

_EVERY = 2
"""Of so many frames one is kept: neighbours teach the same."""
_LEAST = 30
"""Frames."""


def gather_film(film: Path, folder: Path) -> Path | None:
    """The person of a film as a file in `folder`, made if it is not there; None if the film cannot be used."""
    path = folder / f"film_{film.stem}.npz"
    if path.exists():
        return path
    try:
        track = read_track(film)
        used = track.has_face.copy()
        used[1::_EVERY] = False
        if used.sum() < _LEAST:
            log.warning("film left out", film=film.name, reason=f"a face in {int(used.sum())} frames only")
            return None
        person, _, _ = film_person(film, track.points, used)
    except AvatarError as error:
        log.warning("film left out", film=film.name, reason=str(error))
        return None
    person.save(path)
    return path
