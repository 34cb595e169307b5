"""Whether a film can be learnt from, and which of its pictures: looked at before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from ims_avatar.errors import FilmRefused
from ims_avatar.training.films import film_faults as faults
from ims_avatar.training.films.film_faults import Mask
from ims_avatar.training.films.film_identity import of_another_person
from ims_avatar.training.films.film_track import FilmTrack

LEAST_SECONDS = 10.0
"""Of usable film, to train on. Less does not hold every sound of a language."""
MOST_LOST = 0.5
"""Share of the pictures without one usable face: with more, the film is of something else than a face."""
LISTED = 8
"""Stretches of one reason that a report names; the rest is counted."""

WHAT = {
    "no-face": "no face is seen",
    "several-faces": "several faces are seen",
    "another-person": "another person is seen",
    "cut-by-frame": "the picture's edge cuts mouth or chin",
    "turned-away": "the face is turned away",
    "cut": "beside a cut",
    "other-voice": "somebody else is heard",
    "silence": "long silence",
}
"""Reasons by their code. A picture that several apply to counts for the first of them."""
_LOST = ("no-face", "several-faces", "another-person", "cut-by-frame", "turned-away")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Pictures that are left out for one reason."""

    reason: str
    """A key of `WHAT`."""
    pictures: int
    seconds: float
    stretches: tuple[tuple[float, float], ...]
    """Begin and end of each, in seconds of the film."""

    def line(self) -> str:
        shown = ", ".join(f"{begin:.1f} to {end:.1f} s" for begin, end in self.stretches[:LISTED])
        more = f" and {len(self.stretches) - LISTED} more" if len(self.stretches) > LISTED else ""
        return f"{WHAT[self.reason]}: {self.seconds:.1f} s, {self.pictures} pictures ({shown}{more})"


@dataclass(frozen=True, slots=True, eq=False)
class FilmReport:
    """What may be used of a film of T pictures, and why not the rest."""

    use: Mask
    """(T,)."""
    shots: NDArray[np.int64]
    """(T,): 0 up to the first cut, then 1, and so on. Nothing is smoothed or interpolated across a cut."""
    dropped: tuple[Dropped, ...]
    seconds: float
    """Usable."""
    total_seconds: float

    def stretches(self) -> Iterator[slice]:
        """Runs of usable pictures of one shot, in order."""
        key = np.where(self.use, self.shots, -1)
        for begin, end in _runs(key):
            if self.use[begin]:
                yield slice(begin, end)

    def lines(self) -> list[str]:
        """For people."""
        cuts = int(self.shots[-1])
        head = f"{self.seconds:.1f} of {self.total_seconds:.1f} s can be used; {cuts} cut{'' if cuts == 1 else 's'}"
        return [head, *(f"dropped: {one.line()}" for one in self.dropped)]

    def summary(self) -> dict[str, Any]:
        """For model cards, as JSON takes it."""
        return {
            "usable_seconds": round(self.seconds, 2),
            "total_seconds": round(self.total_seconds, 2),
            "cuts": int(self.shots[-1]),
            "dropped": [asdict(one) for one in self.dropped],
        }


def check_film(track: FilmTrack, lip_openings: NDArray[np.float64], *, needs_sound: bool = True) -> FilmReport:
    """Which pictures can be learnt from. `lip_openings` (T,) as `lip_measures.openings` gives them.

    Raises `FilmRefused`: no sound although training needs it, more than `MOST_LOST` of the pictures without one usable
    face, or less than `LEAST_SECONDS` left. Without `needs_sound` neither sound nor silence is looked at.
    """
    if needs_sound:
        _refuse_without_sound(track)
    cuts = faults.cuts(track)
    shots = np.zeros(len(track.times), np.int64)
    shots[cuts] = 1
    shots = np.cumsum(shots)
    masks = {
        "no-face": faults.without_face(track),
        "several-faces": faults.with_several_faces(track),
        "another-person": of_another_person(track, shots),
        "cut-by-frame": faults.cut_by_frame(track),
        "turned-away": faults.turned_away(track),
        "cut": faults.at_cuts(track, cuts),
    }
    if needs_sound:
        speech = faults.speech_at(track)
        masks["other-voice"] = faults.with_other_voice(track, lip_openings)
        masks["silence"] = faults.in_long_silence(track, speech)
    report = _report(track, masks, shots)
    _refuse_lost(report, len(track.times))
    _refuse_short(report)
    log.info("film checked", usable_seconds=round(report.seconds, 1), **{d.reason: d.pictures for d in report.dropped})
    return report


def _report(track: FilmTrack, masks: dict[str, Mask], shots: NDArray[np.int64]) -> FilmReport:
    use = np.ones(len(track.times), bool)
    dropped = []
    for reason, mask in masks.items():
        left_out = use & mask
        use &= ~mask
        if left_out.any():
            ends = tuple(
                (round(float(track.times[a]), 2), round(float(track.times[b - 1]) + 1 / track.rate, 2))
                for a, b in _runs(left_out)
                if left_out[a]
            )
            count = int(left_out.sum())
            dropped.append(Dropped(reason, count, round(count / track.rate, 2), ends))
    seconds, total = float(use.sum()) / track.rate, len(use) / track.rate
    return FilmReport(use, shots, tuple(dropped), seconds, total)


def _refuse_without_sound(track: FilmTrack) -> None:
    remedy = "use a film with the person's own voice"
    if track.sound is None:
        raise FilmRefused("no-sound", "the film has no sound track, and lips are learnt from sound", remedy=remedy)
    if not faults.speech_at(track).any():
        level = 20 * np.log10(max(float(np.sqrt(np.mean(track.sound.astype(np.float64) ** 2))), 1e-2) / 32768)
        raise FilmRefused("no-sound", f"nobody speaks in the film's sound (mean level {level:.0f} dBFS)", remedy=remedy)


def _refuse_lost(report: FilmReport, pictures: int) -> None:
    lost = [one for one in report.dropped if one.reason in _LOST]
    share = sum(one.pictures for one in lost) / pictures
    if share > MOST_LOST:
        parts = ", ".join(f"{WHAT[one.reason]} in {one.pictures / pictures:.0%}" for one in lost)
        raise FilmRefused(
            "face-lost",
            f"{share:.0%} of the pictures do not show one face that can be used, at most {MOST_LOST:.0%} may: {parts}",
            remedy="use a film of one person who looks into the camera, or cut the other parts away",
        )


def _refuse_short(report: FilmReport) -> None:
    if report.seconds >= LEAST_SECONDS:
        return
    dropped = "; ".join(one.line() for one in report.dropped)
    raise FilmRefused(
        "too-short",
        f"{report.seconds:.1f} of the film's {report.total_seconds:.1f} s can be used, at least {LEAST_SECONDS:.0f} s "
        f"are needed{f' ({dropped})' if dropped else ''}",
        remedy="use a longer film; a minute of speech is good",
    )


def _runs(values: NDArray[np.generic]) -> Iterator[tuple[int, int]]:
    """Begin and end of every run of equal values."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    ends = [0, *changes.tolist(), len(values)]
    return pairwise(ends)
