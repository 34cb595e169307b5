"""From a film's file to what may be learnt from it: looked at once, its sound put in place, its faults known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.training.films.av_offset import SoundOffset, find_offset, heard_lips, with_sound_in_place
from ims_avatar.training.films.film_checks import FilmReport, check_film
from ims_avatar.training.films.film_track import FilmTrack, OnProgress, read_track
from ims_avatar.training.films.lip_measures import openings


@dataclass(frozen=True, slots=True, eq=False)
class CheckedFilm:
    track: FilmTrack
    """Its sound is where the lips are."""
    report: FilmReport
    offset: SoundOffset
    """As it was found, before it was corrected."""
    moved: bool
    """Whether the sound was moved by it."""

    def lines(self) -> list[str]:
        """For people."""
        late = f"sound {abs(self.offset.seconds) * 1000:.0f} ms {'late' if self.offset.seconds > 0 else 'early'}"
        return [*self.report.lines(), f"{late}: {'corrected' if self.moved else 'left as it is'}"]

    def summary(self) -> dict[str, Any]:
        """For model cards, as JSON takes it."""
        found = {
            "sound_late_seconds": round(self.offset.seconds, 3),
            "sound_moved": self.moved,
            "sound_fits_lips_r": round(self.offset.r, 3),
            "sound_fits_lips_deviations": round(self.offset.stands_out, 1),
        }
        return self.report.summary() | found


def read_checked(path: Path, encoder: AudioEncoder, on_progress: OnProgress = lambda done, total: None) -> CheckedFilm:
    """Raises `FilmFileError` for a film that cannot be read, and `FilmRefused` for one that nothing can be learnt from:
    what `check_film` and `with_sound_in_place` refuse."""
    return checked(read_track(path, on_progress), encoder)


def checked(track: FilmTrack, encoder: AudioEncoder) -> CheckedFilm:
    """See `read_checked`."""
    report = check_film(track, openings(track.points))
    assert track.sound is not None, "check_film lets no film without sound pass"
    offset = find_offset(track, report.use, heard_lips(encoder, track.sound))
    placed = with_sound_in_place(track, offset)
    moved = placed is not track
    if moved:  # silence is elsewhere now
        report = check_film(placed, openings(placed.points))
    return CheckedFilm(placed, report, offset, moved)
